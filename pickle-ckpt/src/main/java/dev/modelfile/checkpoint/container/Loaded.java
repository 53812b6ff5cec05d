package dev.modelfile.checkpoint.container;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.torch.Rebuild;
import dev.modelfile.checkpoint.torch.StateDict;
import dev.modelfile.checkpoint.torch.StorageTable;

/// What a container gives: the object graph, and how to make tensors of it.
///
/// @param container which one it is
/// @param root the object graph
/// @param table the storages
/// @param rebuild makes tensors
public record Loaded(CheckpointFile.Container container, PickleValue root, StorageTable table, Rebuild rebuild) {

    /// With a rebuilder of its own.
    static Loaded of(CheckpointFile.Container container, PickleValue root, StorageTable table) {
        return new Loaded(container, root, table, new Rebuild(table));
    }

    /// Names everything that the graph holds.
    ///
    /// @throws ModelFormatException if a tensor is broken, or a limit exceeded
    public StateDict stateDict(Session session) throws ModelFormatException {
        StateDict names = new StateDict(rebuild, table, session.findings());
        names.add(root, "");
        return names;
    }
}
