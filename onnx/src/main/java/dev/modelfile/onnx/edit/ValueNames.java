package dev.modelfile.onnx.edit;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Visitor;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.wire.WireCursor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// The names of the values in a model's graphs, and what holds them to their names. Functions have names of their own
/// and do not count.
public final class ValueNames implements Visitor {
    private final Walker walker;
    private final Set<String> inputs = new HashSet<>();
    private final Set<String> main = new HashSet<>();
    private final Set<String> ambiguous = new HashSet<>();
    private final Set<String> fixed = new HashSet<>();
    private final Map<Long, Set<String>> others = new HashMap<>();
    private final Set<String> elsewhere = new HashSet<>();
    private boolean training;

    private ValueNames(Walker walker) {
        this.walker = walker;
    }

    /// Gathers the names. Looks at every node.
    ///
    /// @throws ModelFormatException if the model is broken or exceeds a limit
    public static ValueNames of(Walker walker) throws ModelFormatException {
        ValueNames names = new ValueNames(walker);
        walker.walk(names);
        return names;
    }

    @Override
    public boolean enter(Frame frame) throws ModelFormatException {
        switch (frame.kind()) {
            case TENSOR -> tensor(frame);
            case VALUE_INFO -> info(frame);
            case ANNOTATION, SHARDING ->
                add(fixed, frame.text(1), frame.message().offset());
            case TRAINING -> training = true;
            default -> {}
        }
        return switch (frame.kind()) {
            case MODEL, GRAPH, NODE, ATTRIBUTE, SPARSE, TRAINING, NODE_DEVICES -> true;
            default -> false;
        };
    }

    private void tensor(Frame frame) throws ModelFormatException {
        Frame holder = frame.parent();
        if (holder == null) {
            return;
        }
        boolean sparse = frame.isIn(Kind.SPARSE, 1) && holder.isIn(Kind.GRAPH, 15);
        Frame graph = sparse ? holder.parent() : holder;
        if (graph != null && (sparse || frame.isIn(Kind.GRAPH, 5))) {
            define(graph, frame.text(8), frame.message().offset());
        }
    }

    private void info(Frame frame) throws ModelFormatException {
        Frame graph = frame.parent();
        long offset = frame.message().offset();
        if (graph == null || graph.kind() != Kind.GRAPH) {
            return;
        }
        if (frame.field() == 12) {
            add(fixed, frame.text(1), offset);
        } else if (frame.field() == 11) {
            if (isMain(graph)) {
                add(inputs, frame.text(1), offset);
            } else {
                addInner(graph, frame.text(1), offset);
            }
        }
    }

    @Override
    public void value(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {
        Frame graph = frame.parent();
        if (frame.kind() == Kind.NODE && field.number() == 2 && graph != null && at.length() > 0) {
            define(graph, walker.text(at.valueStart(), at.length()), at.start());
        }
    }

    private void define(Frame graph, String name, long offset) throws ModelFormatException {
        if (!isMain(graph)) {
            addInner(graph, name, offset);
        } else if (!add(main, name, offset)) {
            add(ambiguous, name, offset);
        }
    }

    private void addInner(Frame graph, String name, long offset) throws ModelFormatException {
        add(others.computeIfAbsent(graph.message().offset(), at -> new HashSet<>()), name, offset);
        add(elsewhere, name, offset);
    }

    private boolean add(Set<String> names, String name, long offset) throws ModelFormatException {
        walker.charge(Walker.OBJECT_HEAP + 2L * name.length(), offset);
        return names.add(name);
    }

    private static boolean isMain(Frame graph) {
        return graph.isIn(Kind.MODEL, 7);
    }

    /// Whether a value is an input of the main graph.
    boolean isInput(String name) {
        return inputs.contains(name);
    }

    /// Whether several things of the main graph have the name.
    boolean isAmbiguous(String name) {
        return ambiguous.contains(name);
    }

    /// Whether a value cannot do without its name: an output of a graph, or one that annotations are about.
    boolean isFixed(String name) {
        return fixed.contains(name);
    }

    /// Whether a graph other than the main one defines a value of this name.
    boolean isDefinedElsewhere(String name) {
        return elsewhere.contains(name);
    }

    /// Whether a graph other than the main one defines a value of this name itself.
    boolean defines(Frame graph, String name) {
        return others.getOrDefault(graph.message().offset(), Set.of()).contains(name);
    }

    /// Whether the name stands for a value anywhere.
    boolean isTaken(String name) {
        return main.contains(name) || inputs.contains(name) || isDefinedElsewhere(name);
    }

    /// Whether the model can be trained: its initializers are variables then.
    boolean hasTraining() {
        return training;
    }
}
