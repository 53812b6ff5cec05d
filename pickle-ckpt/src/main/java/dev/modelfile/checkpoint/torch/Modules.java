package dev.modelfile.checkpoint.torch;

import dev.modelfile.ModelFormatException;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.DictNode;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Pickled `torch.nn.Module`s of any class, known by their attributes.
final class Modules {
    private static final String PARAMETERS = "_parameters";
    private static final String BUFFERS = "_buffers";
    private static final String CHILDREN = "_modules";
    private static final String TRANSIENT = "_non_persistent_buffers_set";

    /// Takes a named part.
    @FunctionalInterface
    interface Taker<T> {
        void take(String name, T part) throws ModelFormatException;
    }

    private Modules() {}

    /// The attributes of a module, or null if the object is none.
    static @Nullable DictNode stateOf(InstanceNode instance) {
        if (instance.states().size() != 1) {
            return null;
        }
        PickleValue state = instance.states().get(0);
        if (state instanceof SequenceNode pair && pair.size() == 2 && pair.get(0) instanceof DictNode) {
            state = pair.get(0);
        }
        boolean module = state instanceof DictNode dict
                && dict.find(PARAMETERS) != null
                && dict.find(BUFFERS) != null
                && dict.find(CHILDREN) != null;
        return module ? (DictNode) state : null;
    }

    /// Whether a pair holds attributes and slots.
    static boolean isState(SequenceNode pair) {
        PickleValue first = pair.get(0);
        PickleValue second = pair.get(1);
        return (first instanceof DictNode || first instanceof PickleValue.None)
                && (second instanceof DictNode || second instanceof PickleValue.None);
    }

    /// Goes through parameters, persistent buffers and submodules in the order of `state_dict()`.
    ///
    /// @param child takes tensors, submodules and plain attributes
    /// @param note takes what `state_dict()` leaves out
    static void parts(DictNode module, Taker<PickleValue> child, Taker<Value> note) throws ModelFormatException {
        Set<String> left = new HashSet<>();
        for (PickleValue item : items(module.find(TRANSIENT))) {
            if (item instanceof PickleValue.Text name) {
                left.add(name.value());
            }
        }
        for (String group : List.of(PARAMETERS, BUFFERS, CHILDREN)) {
            for (PickleValue.Entry entry : entries(module.find(group))) {
                String name = entry.key() instanceof PickleValue.Text text ? text.value() : "?";
                if (group.equals(BUFFERS) && left.contains(name)) {
                    note.take(name, new Value.Opaque("buffer", "a buffer that is not part of the state"));
                } else if (!(entry.value() instanceof PickleValue.None)) {
                    child.take(name, entry.value());
                }
            }
        }
        for (PickleValue.Entry entry : module.entries()) {
            if (entry.key() instanceof PickleValue.Text key && isWorthNaming(key.value(), entry.value())) {
                child.take(key.value(), entry.value());
            }
        }
    }

    /// The hooks and caches of a module are usually empty.
    private static boolean isWorthNaming(String key, PickleValue value) {
        if (!key.startsWith("_")) {
            return true;
        }
        boolean known = key.equals(PARAMETERS) || key.equals(BUFFERS) || key.equals(CHILDREN) || key.equals(TRANSIENT);
        boolean plain = value instanceof PickleValue.None || value instanceof PickleValue.Bool;
        return !known && !plain && !(entries(value).isEmpty() && items(value).isEmpty());
    }

    private static List<PickleValue.Entry> entries(@Nullable PickleValue value) {
        return switch (value) {
            case DictNode dict -> dict.entries();
            case InstanceNode ordered -> ordered.entries();
            case null, default -> List.of();
        };
    }

    /// The items of a set, which protocol 2 writes as a call with a list.
    private static List<PickleValue> items(@Nullable PickleValue value) {
        return switch (value) {
            case SequenceNode sequence -> sequence.items();
            case InstanceNode call when call.argument(0) instanceof SequenceNode list -> list.items();
            case null, default -> List.of();
        };
    }
}
