package dev.modelfile.onnx;

import dev.modelfile.ModelFormatException;
import dev.modelfile.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/// The facts that people look for first.
final class Summary {
    private Summary() {}

    static SequencedMap<String, Value> of(OnnxFile model) {
        SequencedMap<String, Value> facts = new LinkedHashMap<>();
        if (!model.producer().isEmpty()) {
            facts.put("producer", Value.of(model.producer()));
        }
        facts.put("IR version", Value.of(model.irVersion()));
        facts.put(
                "operator sets",
                Value.of(model.opsets().entrySet().stream()
                        .map(set -> (set.getKey().isEmpty() ? "ai.onnx" : set.getKey()) + " " + set.getValue())
                        .collect(Collectors.joining(", "))));
        try {
            graph(model, facts);
        } catch (ModelFormatException problem) {
            facts.put("graph", Value.of(String.valueOf(problem.getMessage())));
        }
        return facts;
    }

    private static void graph(OnnxFile model, SequencedMap<String, Value> facts) throws ModelFormatException {
        values(facts, "input", model.inputs());
        values(facts, "output", model.outputs());
        Map<String, Long> operators = model.operatorCounts();
        facts.put(
                "nodes",
                Value.of(operators.values().stream().mapToLong(Long::longValue).sum()));
        facts.put(
                "operators",
                Value.of(operators.entrySet().stream()
                        .sorted(Map.Entry.<String, Long>comparingByValue()
                                .reversed()
                                .thenComparing(Map.Entry.comparingByKey()))
                        .map(operator -> operator.getKey() + " " + operator.getValue())
                        .collect(Collectors.joining(", "))));
        if (!model.functions().isEmpty()) {
            facts.put("functions", Value.strings(model.functions()));
        }
    }

    private static void values(SequencedMap<String, Value> facts, String label, List<OnnxValue> values) {
        facts.put(
                label + "s",
                Value.strings(values.stream().map(OnnxValue::toString).toList()));
    }
}
