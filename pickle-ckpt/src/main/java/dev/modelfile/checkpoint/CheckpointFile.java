package dev.modelfile.checkpoint;

import dev.modelfile.ModelFile;
import java.util.List;

/// An open checkpoint. Its tensors and plain values are reached by dotted names; [#root()] is everything else.
public final class CheckpointFile extends ModelFile {
    private final Container container;
    private final PickleValue root;
    private final List<Storage> storages;
    private final List<PickleValue.Global> globals;

    /// The ways in which PyTorch has stored checkpoints.
    public enum Container {
        /// `torch.save` since 1.6: a zip archive.
        ZIP,
        /// `torch.jit.save`: a zip archive with code, which stays unread.
        TORCHSCRIPT,
        /// `torch.save` before 1.6: five pickles, then the storages.
        LEGACY,
        /// `torch.save` up to 0.1.9.
        TAR,
        /// A pickle without storages.
        PICKLE,
        /// A folder of `torch.distributed.checkpoint`.
        DISTRIBUTED,
        /// `torch.export.save`: a zip archive with a program, which stays unread, and its weights and constants.
        EXPORT,
        /// Several files and the index that says which tensor is in which of them.
        SHARDED
    }

    /// A block of memory that tensors view.
    ///
    /// @param key its key in the file
    /// @param location the device that it was on, for instance `cuda:0`
    /// @param type PyTorch's name of its element type
    /// @param byteSize its size
    /// @param tensors how many tensors view it; more than one share it
    /// @param reached bytes up to the last one that a tensor shows; the rest is carried for nothing
    public record Storage(String key, String location, String type, long byteSize, int tensors, long reached) {}

    /// Makes a checkpoint from what its container holds; for the reader.
    CheckpointFile(
            Contents contents,
            Container container,
            PickleValue root,
            List<Storage> storages,
            List<PickleValue.Global> globals) {
        super(contents);
        this.container = container;
        this.root = root;
        this.storages = List.copyOf(storages);
        this.globals = List.copyOf(globals);
    }

    /// How the file stores its objects.
    public Container container() {
        return container;
    }

    @Override
    public List<String> remainder() {
        return switch (container) {
            case TORCHSCRIPT -> List.of("the code of the TorchScript module");
            case EXPORT -> List.of("the graph of the exported program");
            default -> List.of();
        };
    }

    /// The whole object graph, inert. Of an exported program it is a dictionary from the names of its weights and
    /// constants, of a sharded checkpoint one from the names of its files to what is in them.
    public PickleValue root() {
        return root;
    }

    /// The storages that tensors refer to, in the order in which they are met.
    public List<Storage> storages() {
        return storages;
    }

    /// Every distinct name that unpickling would import, in the order of the file.
    public List<PickleValue.Global> globals() {
        return globals;
    }
}
