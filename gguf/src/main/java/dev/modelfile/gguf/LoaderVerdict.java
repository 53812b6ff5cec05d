package dev.modelfile.gguf;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Value.Type;
import dev.modelfile.gguf.container.Budget;
import dev.modelfile.gguf.container.LoaderHeader;
import dev.modelfile.gguf.container.LoaderTensors;
import dev.modelfile.gguf.container.Names;
import dev.modelfile.gguf.container.Rules;
import dev.modelfile.gguf.shard.GgufFolder;
import dev.modelfile.gguf.shard.ShardName;
import dev.modelfile.gguf.shard.Splits;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;

/// What llama.cpp's `llama_model_loader` does with a model before it looks at the architecture: the header, the bounds
/// of all tensors, the shards. Nothing is read into the model here, so that what we could not hold can be judged too.
final class LoaderVerdict {
    private final Path path;
    private final ReadOptions options;
    private final Budget budget;
    private final Set<String> names = new HashSet<>();

    private LoaderVerdict(Path path, ReadOptions options) {
        this.path = path;
        this.options = options;
        this.budget = new Budget(options.limits());
    }

    /// Judges a model: a file, the first of its shards, or a folder with one of them.
    ///
    /// @throws MalformedModelException where llama.cpp stops, if it does
    /// @throws ModelFormatException if a limit is exceeded, so that nothing can be said
    static void check(Path path, ReadOptions options) throws IOException {
        new LoaderVerdict(GgufFolder.fileOf(path), options).check();
    }

    /// Judges one file alone.
    ///
    /// @param offset where the model begins in it
    /// @throws MalformedModelException where llama.cpp stops, if it does
    /// @throws ModelFormatException if a limit is exceeded, so that nothing can be said
    static void checkAlone(Path path, long offset, ReadOptions options) throws IOException {
        LoaderVerdict verdict = new LoaderVerdict(path, options);
        verdict.checkKeys(verdict.file(path, offset), false);
    }

    private void check() throws IOException {
        checkKeys(file(path, 0), true);
    }

    private LoaderHeader file(Path file, long offset) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Region whole = MappedFile.open(file, arena).region();
            LoaderHeader header = LoaderHeader.read(
                    offset == 0 ? whole : whole.slice("embedded model", offset, whole.size() - offset), budget);
            header.requireType("general.architecture", Type.STRING);
            for (LoaderTensors.Info tensor : header.tensors()) {
                if (!names.add(tensor.name())) {
                    throw wrong(file, "tensor \"" + Names.shown(tensor.name()) + "\" is in several shards");
                }
            }
            header.checkBounds();
            return header;
        }
    }

    private void checkKeys(LoaderHeader first, boolean withShards) throws IOException {
        int count = (int) first.number(Splits.COUNT, Type.U16).orElse(0);
        if (withShards && count > 1) {
            checkShards(first, count);
        }
        first.requireType("general.file_type", Type.U32);
    }

    private void checkShards(LoaderHeader first, int count) throws IOException {
        OptionalLong number = first.number(Splits.NUMBER, Type.U16);
        if (number.isEmpty() || number.getAsLong() != 0) {
            throw wrong(path, "not the first shard, or without " + Splits.NUMBER);
        }
        ShardName name = ShardName.of(path)
                .filter(it -> it.number() == 1 && it.count() == count)
                .orElseThrow(() -> wrong(path, "not named like the first of " + count + " shards"));
        if (count > options.limits().maxParts()) {
            throw new LimitExceededException(
                    "maxParts",
                    path.toString(),
                    "",
                    -1,
                    count + " shards vs " + options.limits().maxParts());
        }
        for (int i = 2; i <= count; i++) {
            checkShard(path.resolveSibling(name.withNumber(i).toString()), i);
        }
        OptionalLong tensors = first.number(Splits.TENSORS, Type.I32);
        if (tensors.isEmpty() || tensors.getAsLong() != names.size()) {
            throw wrong(
                    path,
                    Splits.TENSORS + " is " + (tensors.isEmpty() ? "missing" : tensors.getAsLong())
                            + ", the shards hold " + names.size() + " tensors");
        }
    }

    private void checkShard(Path file, int position) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw wrong(file, "the shard is missing");
        }
        OptionalLong number = file(file, 0).number(Splits.NUMBER, Type.U16);
        if (number.isEmpty() || number.getAsLong() != position - 1) {
            throw wrong(
                    file,
                    "its " + Splits.NUMBER + " is " + (number.isEmpty() ? "missing" : number.getAsLong())
                            + ", expected " + (position - 1));
        }
    }

    private static MalformedModelException wrong(Path file, String problem) {
        return new MalformedModelException(Rules.SHARD, file.toString(), "", -1, problem);
    }
}
