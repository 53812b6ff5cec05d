package dev.modelfile.checkpoint.container;

import dev.modelfile.ModelFormatException;
import dev.modelfile.UnsafeModelException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.DictNode;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.Opcodes;
import dev.modelfile.checkpoint.pickle.PickleObserver;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.checkpoint.scan.Allowed;
import dev.modelfile.checkpoint.scan.PythonTwo;
import dev.modelfile.io.Region;
import java.util.Set;

/// Refuses what `torch.load(weights_only=True)` of PyTorch 2.13 refuses: opcodes outside its 34, other names, and what
/// may not be done with them.
final class WeightsOnly implements PickleObserver {
    private static final Set<String> DICTIONARIES = Set.of("collections.OrderedDict", "collections.Counter");

    /// Items of a storage's id in an archive.
    static final int ITEMS = 5;
    /// Before 1.6 one more says which part of another storage it is.
    static final int OLD_ITEMS = 6;

    private final Region stream;
    private final int items;

    /// @param items how many items the id of a storage has
    WeightsOnly(Region stream, int items) {
        this.stream = stream;
        this.items = items;
    }

    private UnsafeModelException refused(long offset, String problem) {
        return new UnsafeModelException(
                "checkpoint.weights-only", stream.source(), stream.place(), offset, "weights only: " + problem);
    }

    private static String nameOf(PickleValue.Global global) {
        return PythonTwo.map(global.module(), global.name()).toString();
    }

    @Override
    public void opcode(int opcode, long offset) throws ModelFormatException {
        if (!Opcodes.inWeightsOnly(opcode)) {
            throw refused(offset, "unsupported operand " + opcode + " (" + Opcodes.name(opcode) + ")");
        }
    }

    @Override
    public void global(PickleValue.Global global, int protocol) throws ModelFormatException {
        String name = nameOf(global);
        if (!Allowed.byTorch(name)) {
            throw refused(
                    global.offset(),
                    "unsupported global: " + dev.modelfile.checkpoint.zip.Findings.shown(name)
                            + " was not an allowed global by default");
        }
    }

    @Override
    public void call(InstanceNode call) throws ModelFormatException {
        if (!(call.callable() instanceof PickleValue.Global global)) {
            throw refused(call.offset(), "a call of something that is no global");
        }
        if (!(call.arguments() instanceof SequenceNode)) {
            throw refused(call.offset(), nameOf(global) + " with arguments that are no tuple");
        }
    }

    @Override
    public long build(PickleValue target, PickleValue state, long offset) throws ModelFormatException {
        if (!(target instanceof InstanceNode)) {
            throw refused(offset, "BUILD on something that was not made by a call");
        }
        return 0;
    }

    @Override
    public void fill(PickleValue target, boolean entries, long offset) throws ModelFormatException {
        boolean fits = entries
                ? target instanceof DictNode || isDictionary(target)
                : target instanceof SequenceNode list && list.kind() == PickleValue.Kind.LIST;
        if (!fits) {
            throw refused(offset, (entries ? "entries" : "items") + " for something that takes none");
        }
    }

    private static boolean isDictionary(PickleValue target) {
        return target instanceof InstanceNode call
                && call.callable() instanceof PickleValue.Global global
                && DICTIONARIES.contains(nameOf(global));
    }

    @Override
    public void persistentId(PickleValue id, boolean textual, long offset) throws ModelFormatException {
        boolean storage = id instanceof SequenceNode tuple
                && tuple.kind() == PickleValue.Kind.TUPLE
                && tuple.size() == items
                && tuple.get(0) instanceof PickleValue.Text tag
                && tag.value().equals("storage");
        if (!storage) {
            throw refused(offset, "a persistent id that is no storage");
        }
    }
}
