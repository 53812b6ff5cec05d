package dev.modelfile.checkpoint;

import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.checkpoint.container.CheckpointPath;
import dev.modelfile.checkpoint.container.Containers;
import dev.modelfile.checkpoint.container.LegacyContainer;
import dev.modelfile.checkpoint.container.ShardedReader;
import dev.modelfile.checkpoint.container.TarArchive;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.pickle.PickleMachine;
import dev.modelfile.checkpoint.pickle.PickleObserver;
import dev.modelfile.checkpoint.torch.StateDict;
import dev.modelfile.checkpoint.write.Planner;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.checkpoint.zip.ZipDirectory;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.spi.CarriedMetadata;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.Probe;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The checkpoint format. Use [Checkpoints#FORMAT]; this class is public so that it can be found as a service.
public final class CheckpointFormat implements ModelFormat {
    private static final Set<String> TAR_MEMBERS = Set.of("sys_info", "pickle", "tensors", "storages");

    /// Makes the format; it has no state.
    public CheckpointFormat() {}

    @Override
    public String name() {
        return "checkpoint";
    }

    @Override
    public List<String> extensions() {
        return List.of(
                ".pt",
                ".pth",
                ".ckpt",
                ".bin",
                ".pt2",
                ".pkl",
                ".pickle",
                ".bin.index.json",
                ".pt.index.json",
                ".pth.index.json",
                ".ckpt.index.json");
    }

    @Override
    public boolean recognises(Probe probe) throws IOException {
        if (probe.directory()) {
            return CheckpointPath.isFolder(probe.path());
        }
        if (CheckpointPath.isIndex(probe.path())) {
            return true;
        }
        Region head = probe.head();
        if (head.size() < 2) {
            return false;
        }
        if (ZipDirectory.isZip(head)) {
            return isArchive(probe.path());
        }
        if (LegacyContainer.isLegacy(head)) {
            return true;
        }
        if (TarArchive.isTar(head)) {
            byte[] name = head.copy("name", 0, 100);
            String first = new String(name, java.nio.charset.StandardCharsets.ISO_8859_1);
            String plain = first.substring(0, Math.max(0, first.indexOf('\0'))).replaceFirst("^\\./", "");
            return plain.isEmpty() || TAR_MEMBERS.contains(plain);
        }
        return (head.u8(0) == 0x80 && head.u8(1) >= 2 && head.u8(1) <= 5) || isOldPickle(head, probe.size());
    }

    /// Whether bytes without a magic number run as a pickle of protocol 0 or 1, as far as they are known.
    private static boolean isOldPickle(Region head, long size) throws IOException {
        if ("(}])lc".indexOf(head.u8(0)) < 0) {
            return false;
        }
        PickleMachine machine =
                new PickleMachine(head, new Budget(ReadOptions.defaults().limits()), PickleObserver.NONE);
        try {
            boolean plain = machine.load() instanceof PickleValue.Text;
            return !plain && machine.position() == size;
        } catch (ModelFormatException broken) {
            return broken.rule().equals("pickle.truncated") && size > head.size() && machine.lastOpcode() > 16;
        }
    }

    /// Whether a zip archive has the pickle of a checkpoint in its folder, or is an exported program.
    private static boolean isArchive(Path path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Region file = MappedFile.open(path, arena).region();
            Budget budget = new Budget(ReadOptions.defaults().limits());
            return Containers.isArchive(ZipDirectory.read(file, budget, new Findings()));
        } catch (ModelFormatException broken) {
            return false;
        }
    }

    @Override
    public CheckpointFile open(Path path, ReadOptions options) throws IOException {
        return CheckpointReader.read(path, options);
    }

    @Override
    public List<Path> shards(Path path, ReadOptions options) throws IOException {
        return CheckpointPath.isIndex(path) ? List.copyOf(ShardedReader.files(path, options)) : List.of();
    }

    @Override
    public List<Finding> validate(Path path, ReadOptions options) throws IOException {
        try (CheckpointFile file = CheckpointReader.read(path, options)) {
            return file.warnings();
        } catch (ModelFormatException broken) {
            return List.of(Finding.of(broken));
        }
    }

    @Override
    public boolean canStore(DType type) {
        return Planner.canStore(type);
    }

    /// PyTorch stores F4 in pairs along the rows.
    @Override
    public boolean canStore(DType type, Shape shape) {
        return Planner.canStore(type, shape);
    }

    /// The path of a tensor is never empty.
    @Override
    public boolean canName(String name) {
        return !name.isEmpty();
    }

    @Override
    public int maxNameBytes() {
        return StateDict.MAX_PATH;
    }

    @Override
    public Metadata adapt(Metadata metadata, List<String> dropped) {
        Map<String, Value> named = new LinkedHashMap<>();
        metadata.entries().forEach((key, value) -> {
            if (key.getBytes(StandardCharsets.UTF_8).length > StateDict.MAX_PATH) {
                dropped.add("metadata \"" + Printable.of(key) + "\": keys of more than " + StateDict.MAX_PATH
                        + " bytes are not read back");
            } else {
                named.put(key, value);
            }
        });
        return CarriedMetadata.store(Metadata.of(named), (key, value) -> comesBack(value), dropped);
    }

    /// Whether a value is read back as it is. Python has no other widths of numbers than the widest, except for bytes.
    private static boolean comesBack(Value value) {
        return CarriedMetadata.isPlain(value)
                || (value instanceof Value.Array array && array.elementType() == Value.Type.U8)
                || (value instanceof Value.Int number && number.type() == Value.Type.U64 && number.bits() < 0);
    }

    @Override
    public boolean keepsSharing() {
        return true;
    }

    /// One file with all tensors in a dictionary by their names. Metadata becomes the attribute `metadata` of that
    /// dictionary, so that `load_state_dict` sees only tensors.
    @Override
    public WritePlan plan(Path target, Metadata metadata, List<TensorSource> tensors, WriteOptions options) {
        return new Planner(metadata, options).plan(target, tensors);
    }
}
