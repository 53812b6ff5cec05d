package dev.modelfile.onnx.schema;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.wire.Texts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/// What a model says of itself in few words: operators, inputs, outputs. Gathered on request, because it means looking
/// at every node.
public final class ModelInfo implements Visitor {
    private final Walker walker;
    private final Map<String, Long> operators = new TreeMap<>();
    private final List<Value> inputs = new ArrayList<>();
    private final List<Value> outputs = new ArrayList<>();
    private final SequencedMap<String, Long> functions = new LinkedHashMap<>();

    /// A named value and its type.
    ///
    /// @param name the name
    /// @param type the type
    public record Value(String name, Types.Type type) {}

    private ModelInfo(Walker walker) {
        this.walker = walker;
    }

    /// Gathers.
    ///
    /// @throws ModelFormatException if the model is broken or exceeds a limit
    public static ModelInfo of(Walker walker) throws ModelFormatException {
        ModelInfo info = new ModelInfo(walker);
        walker.walk(info);
        return info;
    }

    @Override
    public boolean enter(Frame frame) throws ModelFormatException {
        switch (frame.kind()) {
            case NODE -> count(frame);
            case VALUE_INFO -> value(frame);
            case FUNCTION -> {
                String name = frame.text(10) + "::" + frame.text(1);
                walker.charge(2L * name.length(), frame.message().offset());
                functions.merge(name, 1L, Long::sum);
            }
            default -> {}
        }
        return frame.kind().leadsToNodes();
    }

    private void count(Frame node) throws ModelFormatException {
        String domain = node.text(7);
        String operator = domain.isEmpty() || domain.equals("ai.onnx") ? node.text(4) : domain + "::" + node.text(4);
        Long before = operators.get(operator);
        if (before == null) {
            walker.charge(2L * operator.length(), node.message().offset());
        }
        operators.merge(operator, 1L, Long::sum);
    }

    private void value(Frame frame) throws ModelFormatException {
        Frame graph = frame.parent();
        if (graph == null || !graph.isIn(Kind.MODEL, 7) || frame.field() == 13) {
            return;
        }
        Value value = new Value(frame.text(1), Types.read(walker, walker.merged(frame.message(), 2)));
        walker.charge(
                4L * Walker.OBJECT_HEAP + 2L * value.name().length(),
                frame.message().offset());
        (frame.field() == 11 ? inputs : outputs).add(value);
    }

    /// How often each operator is used, subgraphs and functions included; other domains as `domain::Operator`.
    public Map<String, Long> operators() {
        return operators;
    }

    /// The inputs of the main graph; before IR version 4 initializers are among them.
    public List<Value> inputs() {
        return inputs;
    }

    /// The outputs of the main graph.
    public List<Value> outputs() {
        return outputs;
    }

    /// The functions, as `domain::name`, in file order.
    public List<String> functions() {
        return List.copyOf(functions.keySet());
    }

    /// Shortened for messages.
    @Override
    public String toString() {
        return Texts.shown(operators.toString());
    }
}
