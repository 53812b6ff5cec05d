package dev.modelfile.checkpoint.torch;

import dev.modelfile.DType;
import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.DictNode;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.scan.Severity;
import dev.modelfile.spi.TensorData;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Gives every tensor and every plain value of an object graph a dotted name. For a whole module these are the names
/// of its `state_dict()`. A value that is reachable under several names appears under each of them; cycles end where
/// they close.
public final class StateDict {
    private static final int HEAP_PER_NAME = 150;
    /// Visits of values that give nothing, before the graph counts as made to explode.
    private static final long FREE_VISITS = 1_000_000;
    /// The longest name, whose parts are the keys that lead to a value.
    public static final int MAX_PATH = 4096;
    /// The attribute of the root that files written here carry their metadata in.
    private static final String OWN_METADATA = "metadata";

    private Rebuild rebuild;
    private StorageTable table;
    private final Findings findings;
    private final List<Tensor> tensors = new ArrayList<>();
    private final Map<String, Value> metadata = new LinkedHashMap<>();
    /// Names of tensors, and those of plain values: one of each may be the same.
    private final Set<String> names = new HashSet<>();

    private final Set<String> keys = new HashSet<>();
    private final Map<String, Integer> next = new HashMap<>();
    private final ArrayDeque<Step> pending = new ArrayDeque<>();
    private final Set<PickleValue> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private long visits;

    /// A value to visit, or to leave again.
    private record Step(PickleValue value, String path, int depth, boolean leave) {}

    /// Names what a rebuilder finds.
    public StateDict(Rebuild rebuild, StorageTable table, Findings findings) {
        this.rebuild = rebuild;
        this.table = table;
        this.findings = findings;
    }

    /// The tensors in the order of the pickle.
    public List<Tensor> tensors() {
        return tensors;
    }

    /// The plain values by name.
    public Map<String, Value> metadata() {
        return metadata;
    }

    /// Adds everything that a value holds.
    ///
    /// @param prefix the name of the value itself, empty for the root of a file
    /// @throws ModelFormatException if a tensor is broken, or there is more than the limits allow
    public void add(PickleValue root, String prefix) throws ModelFormatException {
        pending.push(new Step(root, prefix, 0, false));
        while (!pending.isEmpty()) {
            Step step = pending.pop();
            if (step.leave()) {
                open.remove(step.value());
            } else {
                visit(step);
            }
        }
    }

    /// Adds what a value of another pickle holds.
    ///
    /// @throws ModelFormatException if a tensor is broken, or there is more than the limits allow
    public void addFrom(Rebuild otherRebuild, StorageTable otherTable, PickleValue root, String prefix)
            throws ModelFormatException {
        Rebuild ownRebuild = rebuild;
        StorageTable ownTable = table;
        rebuild = otherRebuild;
        table = otherTable;
        add(root, prefix);
        rebuild = ownRebuild;
        table = ownTable;
    }

    /// Adds a tensor that is known already.
    ///
    /// @throws ModelFormatException if there are too many
    public void addPart(String name, DType dtype, long[] size, TensorData data) throws ModelFormatException {
        tensor(name, new Rebuilt.Part("", dtype, Shape.of(size), data));
    }

    private void tensor(String path, Rebuilt.Part part) throws ModelFormatException {
        table.heap(HEAP_PER_NAME);
        if (tensors.size() >= table.budget().limits().maxTensors()) {
            throw limit("maxTensors", tensors.size() + " tensors and more");
        }
        String name = unused(Rebuilt.join(path, part.suffix()), names);
        tensors.add(new Tensor(name, part.dtype(), part.shape(), part.data()));
    }

    private void visit(Step step) throws ModelFormatException {
        if (++visits > FREE_VISITS + 8 * table.budget().opcodes()) {
            throw limit("maxTensors", "the object graph holds more names than its size explains");
        }
        PickleValue value = step.value();
        Rebuilt rebuilt = rebuild.find(value);
        rebuilt = rebuilt == null ? NumpyArrays.find(value, table) : rebuilt;
        Value leaf = rebuilt == null ? Leaves.of(value) : null;
        if (leaf != null) {
            note(step.path(), leaf);
            return;
        }
        if (!open.add(value)) {
            note(step.path(), new Value.Opaque("cycle", "an object that contains itself"));
            return;
        }
        if (step.depth() > table.budget().limits().maxDepth()) {
            throw limit("maxDepth", "more than " + table.budget().limits().maxDepth() + " objects inside each other");
        }
        List<Step> children = new ArrayList<>();
        if (rebuilt != null) {
            emit(step, rebuilt, children);
        } else {
            parts(step, children);
        }
        pending.push(new Step(value, "", 0, true));
        for (Step child : children.reversed()) {
            pending.push(child);
        }
    }

    private void emit(Step step, Rebuilt rebuilt, List<Step> children) throws ModelFormatException {
        boolean attributes = false;
        for (PickleValue state : rebuilt.attributes()) {
            attributes |= state instanceof DictNode || state instanceof SequenceNode;
        }
        String path = step.path().isEmpty() ? "tensor" : step.path();
        for (Rebuilt.Part part : rebuilt.parts()) {
            tensor(path, part);
        }
        for (Map.Entry<String, Value> note : rebuilt.notes().entrySet()) {
            note(Rebuilt.join(path, note.getKey()), note.getValue());
        }
        if (attributes) {
            for (PickleValue state : rebuilt.attributes()) {
                state(step, state, children);
            }
        }
    }

    private String unused(String name, Set<String> taken) throws LimitExceededException {
        table.heap(HEAP_PER_NAME + 2L * name.length());
        if (taken.add(name)) {
            return name;
        }
        // Counting on from the last one keeps many equal names linear.
        int number = next.getOrDefault(name, 2);
        while (!taken.add(name + "#" + number)) {
            number++;
        }
        next.put(name, number + 1);
        String other = name + "#" + number;
        findings.add(
                "checkpoint.same-name",
                Severity.INFO,
                table.place(),
                Findings.shown(name),
                -1,
                "two things have this name; the later one is called " + Findings.shown(other));
        return other;
    }

    private void note(String path, Value value) throws LimitExceededException {
        long size = value instanceof Value.Array array && !(value instanceof PackedArray) ? array.size() : 1;
        table.heap(64 * size);
        metadata.put(unused(path.isEmpty() ? "value" : path, keys), value);
    }

    private LimitExceededException limit(String limit, String problem) {
        return table.place().limit(limit, "", -1, problem);
    }

    private void parts(Step step, List<Step> children) throws ModelFormatException {
        switch (step.value()) {
            case SequenceNode sequence -> items(step, sequence.items(), children);
            case DictNode dict -> entries(step, dict.entries(), children);
            case InstanceNode instance -> instance(step, instance, children);
            default -> throw new AssertionError(step.value());
        }
    }

    private void child(Step parent, String key, PickleValue value, List<Step> children) throws ModelFormatException {
        String path = Rebuilt.join(parent.path(), key);
        if (path.length() > MAX_PATH) {
            throw limit("maxStringBytes", "a dotted name of more than " + MAX_PATH + " characters");
        }
        table.heap(48 + 2L * path.length());
        children.add(new Step(value, path, parent.depth() + 1, false));
    }

    private void items(Step step, List<PickleValue> items, List<Step> children) throws ModelFormatException {
        for (int i = 0; i < items.size(); i++) {
            child(step, Integer.toString(i), items.get(i), children);
        }
    }

    private void entries(Step step, List<PickleValue.Entry> entries, List<Step> children) throws ModelFormatException {
        if (entries.isEmpty()) {
            note(step.path(), new Value.Table(new LinkedHashMap<>()));
        }
        int position = 0;
        for (PickleValue.Entry entry : entries) {
            child(step, key(entry.key(), position++), entry.value(), children);
        }
    }

    /// A key as a part of a name: the text itself, or a printed form.
    private static String key(PickleValue key, int position) {
        return switch (key) {
            case PickleValue.Text text -> text.byteSize() > MAX_PATH ? "key-" + position : text.value();
            case PickleValue.None none -> "None";
            case PickleValue.Bool bool -> bool.value() ? "True" : "False";
            case PickleValue.Int number -> Long.toString(number.value());
            case PickleValue.Real real -> Double.toString(real.value());
            case PickleValue.Global global -> global.toString();
            case SequenceNode tuple when tuple.size() <= 16 -> tuple(tuple, position);
            default -> "key-" + position;
        };
    }

    private static String tuple(SequenceNode tuple, int position) {
        StringBuilder text = new StringBuilder("(");
        for (int i = 0; i < tuple.size(); i++) {
            boolean plain = tuple.get(i) instanceof PickleValue.Text || tuple.get(i) instanceof PickleValue.Int;
            if (!plain) {
                return "key-" + position;
            }
            text.append(i == 0 ? "" : ", ").append(key(tuple.get(i), 0));
        }
        return text.append(')').toString();
    }

    private void instance(Step step, InstanceNode instance, List<Step> children) throws ModelFormatException {
        PickleValue first = instance.argument(0);
        if (first != null && isTransparent(instance)) {
            children.add(new Step(first, step.path(), step.depth() + 1, false));
            return;
        }
        boolean dictionary = isDictionary(instance);
        DictNode module = Modules.stateOf(instance);
        if (module != null) {
            note(Rebuilt.join(step.path(), "class"), new Value.Opaque("class", Leaves.shown(className(instance))));
            Modules.parts(
                    module,
                    (name, value) -> child(step, name, value, children),
                    (name, value) -> note(Rebuilt.join(step.path(), name), value));
            return;
        }
        if (!dictionary) {
            note(step.path(), new Value.Opaque("object", Leaves.shown(className(instance))));
            arguments(step, instance, children);
        } else if (first instanceof SequenceNode pairs) {
            pairs(step, pairs, children);
        } else if (first instanceof DictNode dict) {
            entries(step, dict.entries(), children);
        } else if (instance.entries().isEmpty() && instance.states().isEmpty()) {
            note(step.path(), new Value.Table(new LinkedHashMap<>()));
        }
        if (!instance.entries().isEmpty()) {
            entries(step, instance.entries(), children);
        }
        items(step, instance.items(), children);
        for (PickleValue state : instance.states()) {
            state(step, state, children);
        }
    }

    /// What an object is called; old files say it in a persistent id with the source text.
    private static String className(InstanceNode instance) {
        boolean legacy = instance.callable() instanceof PickleValue.PersistentId id
                && id.id() instanceof SequenceNode tuple
                && tuple.size() > 1
                && tuple.get(1) instanceof PickleValue.Global;
        return legacy
                ? String.valueOf(((SequenceNode) ((PickleValue.PersistentId) instance.callable()).id()).get(1))
                : String.valueOf(instance.callable());
    }

    /// The attributes of an object: a dictionary, or a pair of one and the slots.
    private void state(Step step, PickleValue state, List<Step> children) throws ModelFormatException {
        switch (state) {
            case PickleValue.None none -> {}
            case DictNode dict -> {
                boolean ours = step.path().isEmpty() && dict.find(OWN_METADATA) instanceof DictNode;
                for (PickleValue.Entry entry : dict.entries()) {
                    String key = key(entry.key(), 0);
                    if (ours && key.equals(OWN_METADATA) && entry.value() instanceof DictNode own) {
                        metadata(step, own, children);
                    } else {
                        child(step, key, entry.value(), children);
                    }
                }
            }
            case SequenceNode pair
            when pair.size() == 2 && Modules.isState(pair) -> {
                state(step, pair.get(0), children);
                state(step, pair.get(1), children);
            }
            default -> child(step, "state", state, children);
        }
    }

    /// Metadata as files written here carry it: each value as a whole.
    private void metadata(Step step, DictNode own, List<Step> children) throws ModelFormatException {
        PlainValues plain = new PlainValues(table);
        for (PickleValue.Entry entry : own.entries()) {
            String key = key(entry.key(), 0);
            Value value = plain.of(entry.value());
            if (value != null) {
                note(key, value);
            } else {
                child(step, key, entry.value(), children);
            }
        }
    }

    private void arguments(Step step, InstanceNode instance, List<Step> children) throws ModelFormatException {
        boolean none = instance.arguments() instanceof SequenceNode tuple && tuple.size() == 0;
        if (!none) {
            child(step, "args", instance.arguments(), children);
        }
        PickleValue keywords = instance.keywords();
        if (keywords != null) {
            child(step, "kwargs", keywords, children);
        }
    }

    /// An `OrderedDict` made from a list of pairs, as Python 2 wrote it.
    private void pairs(Step step, SequenceNode pairs, List<Step> children) throws ModelFormatException {
        for (int i = 0; i < pairs.size(); i++) {
            if (pairs.get(i) instanceof SequenceNode pair && pair.size() == 2) {
                child(step, key(pair.get(0), i), pair.get(1), children);
            } else {
                child(step, Integer.toString(i), pairs.get(i), children);
            }
        }
    }

    private static boolean isDictionary(InstanceNode instance) {
        return instance.isCallOf("collections", "OrderedDict")
                || instance.isCallOf("collections", "Counter")
                || instance.isCallOf("collections", "defaultdict");
    }

    /// Wrappers that only say what type an argument has.
    private static boolean isTransparent(InstanceNode instance) {
        return instance.isCallOf("torch.jit._pickle", "restore_type_tag")
                || instance.isCallOf("torch.jit._pickle", "build_intlist")
                || instance.isCallOf("torch.jit._pickle", "build_doublelist")
                || instance.isCallOf("torch.jit._pickle", "build_boollist")
                || instance.isCallOf("torch.jit._pickle", "build_tensorlist")
                || instance.isCallOf("torch.jit._pickle", "build_tensor_from_id")
                || instance.isCallOf("builtins", "set")
                || instance.isCallOf("__builtin__", "set")
                || instance.isCallOf("builtins", "frozenset")
                || instance.isCallOf("__builtin__", "frozenset")
                || instance.isCallOf("torch", "Size");
    }
}
