package dev.modelfile.onnx.check;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Visitor;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Looks in the main graph for results that are chosen by comparing an input, without any weights in between, with
/// constants: the form of published backdoors in graphs, and of many honest masks. So it only points, and never judges.
public final class TriggerSearch implements Visitor {
    private static final Set<String> COMPARISONS =
            Set.of("Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "IsInf", "IsNaN");
    private static final Set<String> PLAIN = Set.of(
            "Slice",
            "Gather",
            "GatherND",
            "GatherElements",
            "ReduceSum",
            "ReduceMean",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "Cast",
            "Identity",
            "Squeeze",
            "Unsqueeze",
            "Reshape",
            "Flatten",
            "Transpose",
            "Abs",
            "Sign",
            "Sub",
            "Add",
            "Mul",
            "Div",
            "Mod",
            "Floor",
            "Ceil",
            "Round",
            "Split",
            "Not",
            "And",
            "Or",
            "Xor",
            "ArgMax",
            "ArgMin",
            "TopK",
            "Concat",
            "Expand",
            "Shape",
            "BitwiseXor",
            "BitwiseAnd",
            "BitwiseOr",
            "Clip");
    private static final Set<String> CHOICES = Set.of("If", "Where", "Mul");
    /// A weight has more elements than what one compares with.
    private static final long FEW = 64;
    /// What a finding costs.
    private static final int FINDING_HEAP = 1024;

    private final Walker walker;
    private final Map<String, Long> initializers;
    private final Map<String, Origin> origins = new HashMap<>();
    private final List<Finding> findings = new ArrayList<>();

    /// Where a value comes from: constants only, an input without weights, a comparison of such, or anything else.
    private enum Origin {
        CONSTANT,
        INPUT,
        PREDICATE,
        OTHER
    }

    private TriggerSearch(Walker walker, Map<String, Long> initializers) {
        this.walker = walker;
        this.initializers = initializers;
    }

    /// Searches.
    ///
    /// @param initializers the number of elements of each
    /// @throws ModelFormatException if a limit is exceeded
    public static List<Finding> of(Walker walker, Map<String, Long> initializers) throws ModelFormatException {
        TriggerSearch search = new TriggerSearch(walker, initializers);
        walker.walk(search);
        return search.findings;
    }

    @Override
    public boolean enter(Frame frame) throws ModelFormatException {
        if (frame.isIn(Kind.MODEL, 7)) {
            inputs(frame);
        }
        if (frame.kind() == Kind.NODE) {
            node(frame);
        }
        return frame.kind() == Kind.MODEL || frame.isIn(Kind.MODEL, 7);
    }

    private void inputs(Frame graph) throws ModelFormatException {
        initializers.forEach((name, elements) -> origins.put(name, elements > FEW ? Origin.OTHER : Origin.CONSTANT));
        for (String input : graph.names(11)) {
            if (!initializers.containsKey(input)) {
                set(input, Origin.INPUT);
            }
        }
    }

    private void set(String value, Origin origin) throws ModelFormatException {
        walker.charge(2L * value.length(), -1);
        origins.put(value, origin);
    }

    private void node(Frame node) throws ModelFormatException {
        String operator = node.text(4);
        List<String> inputs = node.texts(1);
        Set<Origin> from = new HashSet<>();
        for (String input : inputs) {
            from.add(input.isEmpty() ? Origin.CONSTANT : origins.getOrDefault(input, Origin.OTHER));
        }
        boolean chosen = operator.equals("Mul")
                ? from.contains(Origin.PREDICATE) && from.contains(Origin.OTHER)
                : !inputs.isEmpty() && origins.get(inputs.getFirst()) == Origin.PREDICATE;
        if (CHOICES.contains(operator) && chosen) {
            walker.charge(FINDING_HEAP, node.message().offset());
            findings.add(new Finding(
                    Rules.INPUT_TRIGGER,
                    Severity.INFO,
                    node.place(),
                    node.message().offset(),
                    operator + " chooses by a comparison of an input with constants, without weights in between: "
                            + Texts.shown(String.join(", ", inputs)) + "; a mask, or a trigger"));
        }
        Origin result = result(operator, from);
        for (String output : node.texts(2)) {
            set(output, result);
        }
    }

    private static Origin result(String operator, Set<Origin> from) {
        if (operator.equals("Constant")) {
            return Origin.CONSTANT;
        }
        if (from.contains(Origin.OTHER) || !PLAIN.contains(operator) && !COMPARISONS.contains(operator)) {
            return Origin.OTHER;
        }
        if (from.contains(Origin.PREDICATE) || COMPARISONS.contains(operator) && from.contains(Origin.INPUT)) {
            return Origin.PREDICATE;
        }
        return from.contains(Origin.INPUT) ? Origin.INPUT : Origin.CONSTANT;
    }
}
