package dev.modelfile.gguf;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormats;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.Tensors;
import dev.modelfile.Value;
import dev.modelfile.gguf.container.Budget;
import dev.modelfile.gguf.container.ByteSwap;
import dev.modelfile.gguf.container.Deviations;
import dev.modelfile.gguf.container.Header;
import dev.modelfile.gguf.container.HeaderReader;
import dev.modelfile.gguf.container.Layout;
import dev.modelfile.gguf.container.Names;
import dev.modelfile.gguf.container.Rules;
import dev.modelfile.gguf.container.SwappedData;
import dev.modelfile.gguf.container.TensorInfo;
import dev.modelfile.gguf.shard.GgufFolder;
import dev.modelfile.gguf.shard.ShardName;
import dev.modelfile.gguf.shard.Splits;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads one file, or all shards of which the first is given.
final class ModelReader {
    private final Path given;
    private final Path path;
    private final ReadOptions options;
    private final Arena arena;
    private final List<Header> headers = new ArrayList<>();
    private final List<MappedFile> parts = new ArrayList<>();
    private final List<Tensor> tensors = new ArrayList<>();
    private final Deviations deviations = new Deviations();
    private final Budget budget;

    private ModelReader(Path given, Path path, ReadOptions options, Arena arena) {
        this.given = given;
        this.path = path;
        this.options = options;
        this.arena = arena;
        this.budget = new Budget(options.limits());
    }

    static GgufFile read(Path path, ReadOptions options) throws IOException {
        return read(path, 0, options, true);
    }

    static GgufFile readAt(Path path, long offset, ReadOptions options) throws IOException {
        return read(path, offset, options, false);
    }

    /// One file alone, even if it says that it is one of several.
    static GgufFile readAlone(Path path, ReadOptions options) throws IOException {
        return read(path, 0, options, false);
    }

    private static GgufFile read(Path given, long offset, ReadOptions options, boolean all) throws IOException {
        Path path = GgufFolder.fileOf(given);
        if (options.strict()) {
            checkStrictly(path, offset, options, all);
        }
        Arena arena = Arena.ofShared();
        try {
            ModelReader reader = new ModelReader(given, path, options, arena);
            reader.file(path, offset);
            if (all) {
                reader.otherShards();
            }
            return reader.model();
        } catch (Throwable failure) {
            arena.close();
            throw failure;
        }
    }

    private static void checkStrictly(Path path, long offset, ReadOptions options, boolean all) throws IOException {
        try {
            if (all) {
                LoaderVerdict.check(path, options);
            } else {
                LoaderVerdict.checkAlone(path, offset, options);
            }
        } catch (MalformedModelException refused) {
            throw explained(path, refused);
        }
    }

    private GgufFile model() {
        return new GgufFile(
                new ModelFile.Contents(
                        Gguf.FORMAT,
                        given,
                        Metadata.of(headers.get(0).metadata()),
                        Tensors.of(tensors),
                        parts,
                        deviations.findings(),
                        arena),
                headers);
    }

    private void file(Path file, long offset) throws IOException {
        MappedFile mapped = MappedFile.open(file, arena);
        Region whole = mapped.region();
        Region region = offset == 0 ? whole : whole.slice("embedded model", offset, whole.size() - offset);
        Header header;
        try {
            header = HeaderReader.read(region, options, budget, deviations);
        } catch (MalformedModelException broken) {
            throw explained(file, broken);
        }
        List<TensorInfo> infos = Layout.check(region, header, deviations);
        headers.add(header);
        parts.add(mapped);
        Path backup = HeaderEdit.backup(file.toRealPath());
        if (Files.exists(backup)) {
            deviations.add(
                    new Finding(Rules.INTERRUPTED_EDIT, Severity.WARNING, "header", 0, HeaderEdit.interrupted(backup)));
        }
        for (TensorInfo info : infos) {
            tensors.add(new Tensor(info.name(), info.dtype(), info.shape(), data(mapped, header, info)));
        }
    }

    /// Says what a file is that has no header, or why the header is broken.
    private static IOException explained(Path file, MalformedModelException broken) throws IOException {
        Path backup = HeaderEdit.backup(file.toRealPath());
        if (Files.exists(backup)) {
            return new MalformedModelException(
                    Rules.INTERRUPTED_EDIT, file.toString(), "header", 0, HeaderEdit.interrupted(backup));
        }
        if (broken.rule().equals(Rules.MAGIC)) {
            ModelFormats.of(Gguf.FORMAT).detect(file);
        }
        return broken;
    }

    private static TensorData data(MappedFile file, Header header, TensorInfo info) {
        long start = header.base() + header.dataOffset() + info.offset();
        ByteSwap swap =
                header.encoding().order() == ByteOrder.BIG_ENDIAN && info.size() > 0 ? ByteSwap.of(info.dtype()) : null;
        return swap == null
                ? TensorData.of(file, info.size() == 0 ? 0 : start, info.size())
                : new SwappedData(file, start, info.size(), swap);
    }

    private void otherShards() throws IOException {
        OptionalLong count = Splits.number(headers.get(0).metadata(), Splits.COUNT);
        if (count.isEmpty() || count.getAsLong() <= 1) {
            return;
        }
        ShardName first = ShardName.of(path)
                .orElseThrow(() -> wrong(
                        path,
                        "one of " + count.getAsLong() + " shards, but not named like one (name-00001-of-"
                                + "0000N.gguf), so the others cannot be found"));
        OptionalLong number = Splits.number(headers.get(0).metadata(), Splits.NUMBER);
        if (number.isEmpty() || number.getAsLong() != 0) {
            throw wrong(path, "not the first shard; open " + first.withNumber(1));
        }
        if (first.number() != 1 || first.count() != count.getAsLong()) {
            throw wrong(
                    path,
                    "the name says " + first.number() + " of " + first.count() + ", the file says 1 of "
                            + count.getAsLong());
        }
        if (count.getAsLong() > options.limits().maxParts()) {
            throw new LimitExceededException(
                    "maxParts",
                    path.toString(),
                    "",
                    -1,
                    count.getAsLong() + " shards vs " + options.limits().maxParts());
        }
        for (int i = 2; i <= first.count(); i++) {
            shard(path.resolveSibling(first.withNumber(i).toString()), i);
        }
        checkComplete();
    }

    private void shard(Path file, int number) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw wrong(file, "the shard is missing");
        }
        file(file, 0);
        Header header = headers.getLast();
        Header first = headers.get(0);
        OptionalLong own = Splits.number(header.metadata(), Splits.NUMBER);
        if (own.isEmpty() || own.getAsLong() != number - 1) {
            throw wrong(
                    file,
                    "its " + Splits.NUMBER + " is " + (own.isEmpty() ? "missing" : own.getAsLong()) + ", expected "
                            + (number - 1));
        }
        for (String key : List.of(Splits.COUNT, Splits.TENSORS)) {
            if (!Splits.number(header.metadata(), key).equals(Splits.number(first.metadata(), key))) {
                throw wrong(file, "its " + key + " differs from the first shard's");
            }
        }
        header.metadata().forEach((key, value) -> {
            if (!Splits.KEYS.contains(key)
                    && !key.equals(Header.ALIGNMENT)
                    && !isEqual(value, first.metadata().get(key))) {
                deviations.add(new Finding(
                        Rules.SHARD,
                        Severity.WARNING,
                        "shard " + number,
                        -1,
                        "key \"" + Names.shown(key) + "\" is not as in the first shard; the first counts"));
            }
        });
    }

    /// Arrays are compared by their elements.
    private static boolean isEqual(Value one, @Nullable Value other) {
        return other != null && Metadata.of(Map.of("", one)).equals(Metadata.of(Map.of("", other)));
    }

    private void checkComplete() throws MalformedModelException {
        Set<String> names = new HashSet<>();
        for (Tensor tensor : tensors) {
            if (!names.add(tensor.name())) {
                throw wrong(path, "tensor \"" + Names.shown(tensor.name()) + "\" is in several shards");
            }
        }
        OptionalLong expected = Splits.number(headers.get(0).metadata(), Splits.TENSORS);
        if (expected.isPresent() && expected.getAsLong() != tensors.size()) {
            throw wrong(path, expected.getAsLong() + " tensors expected vs " + tensors.size() + " in the shards");
        }
    }

    private static MalformedModelException wrong(Path file, String problem) {
        return new MalformedModelException(Rules.SHARD, file.toString(), "", -1, problem);
    }
}
