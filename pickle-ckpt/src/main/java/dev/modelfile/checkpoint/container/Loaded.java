package dev.modelfile.checkpoint.container;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.torch.Rebuild;
import dev.modelfile.checkpoint.torch.StateDict;
import dev.modelfile.checkpoint.torch.StorageTable;
import java.util.List;

/// What a container gives: object graphs, and how to make tensors of them.
///
/// @param container which one it is
/// @param root the whole, for those who want to see it
/// @param graphs what to name, in order; at least one
public record Loaded(CheckpointFile.Container container, PickleValue root, List<Graph> graphs) {

    /// One object graph over its own storages.
    ///
    /// @param prefix the name of its root, empty for none
    /// @param root where it begins
    /// @param table the storages
    /// @param rebuild makes tensors
    public record Graph(String prefix, PickleValue root, StorageTable table, Rebuild rebuild) {}

    /// One graph with a rebuilder of its own.
    static Loaded of(CheckpointFile.Container container, PickleValue root, StorageTable table) {
        return of(container, root, table, new Rebuild(table));
    }

    /// One graph.
    static Loaded of(CheckpointFile.Container container, PickleValue root, StorageTable table, Rebuild rebuild) {
        return new Loaded(container, root, List.of(new Graph("", root, table, rebuild)));
    }

    /// The only graph.
    Graph graph() {
        return graphs.get(0);
    }

    /// Names everything that the graphs hold.
    ///
    /// @throws ModelFormatException if a tensor is broken, or a limit exceeded
    public StateDict stateDict(Session session) throws ModelFormatException {
        StateDict names = new StateDict(graph().rebuild(), graph().table(), session.findings());
        for (Graph graph : graphs) {
            names.addFrom(graph.rebuild(), graph.table(), graph.root(), graph.prefix());
        }
        return names;
    }
}
