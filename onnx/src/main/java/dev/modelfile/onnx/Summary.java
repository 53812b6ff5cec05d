package dev.modelfile.onnx;

import dev.modelfile.ModelFormatException;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.onnx.schema.ModelInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/// What to show of a model first.
final class Summary {
    private Summary() {}

    static SequencedMap<String, Value> of(OnnxFile model) {
        SequencedMap<String, Value> summary = new LinkedHashMap<>();
        summary.put("IR version", Value.of(model.irVersion()));
        if (!model.producer().isEmpty()) {
            summary.put("producer", Value.of(model.producer()));
        }
        summary.put(
                "operator sets",
                Value.of(model.opsets().entrySet().stream()
                        .map(set -> (set.getKey().isEmpty() ? "ai.onnx" : set.getKey()) + " " + set.getValue())
                        .collect(Collectors.joining(", "))));
        try {
            ModelInfo info = model.info();
            summary.put("inputs", values(model.inputs(info)));
            summary.put("outputs", values(OnnxFile.values(info.outputs().stream())));
            summary.put(
                    "nodes",
                    Value.of(info.operators().values().stream()
                            .mapToLong(Long::longValue)
                            .sum()));
            summary.put(
                    "operators",
                    Value.of(info.operators().entrySet().stream()
                            .map(count -> count.getKey() + " " + count.getValue())
                            .collect(Collectors.joining(", "))));
            if (!info.functions().isEmpty()) {
                summary.put("functions", Value.strings(info.functions()));
            }
        } catch (ModelFormatException limited) {
            summary.put("graph", Value.of("not shown: " + limited.getMessage()));
        }
        summary.put("parameters", Value.of(model.parameters()));
        long outside = model.tensors().stream()
                .filter(tensor -> model.isExternal(tensor))
                .mapToLong(Tensor::byteSize)
                .sum();
        summary.put("bytes inside", Value.of(model.tensors().byteSize() - outside));
        summary.put("bytes outside", Value.of(outside));
        return summary;
    }

    /// What another format cannot hold of the graph.
    static List<String> remainder(OnnxFile model) {
        try {
            long nodes = model.operatorCounts().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            return nodes == 0 ? List.of() : List.of("the graph of " + nodes + (nodes == 1 ? " node" : " nodes"));
        } catch (ModelFormatException limited) {
            return List.of("the graph");
        }
    }

    private static Value values(List<OnnxValue> values) {
        return Value.strings(values.stream().map(OnnxValue::toString).toList());
    }
}
