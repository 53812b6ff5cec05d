package dev.modelfile.onnx;

import java.util.Map;

/// The metadata keys for what a model says of itself outside `metadata_props`.
final class Properties {
    /// Before the domain of an operator set; the value is its version.
    static final String OPSET = "onnx.opset.";

    private static final Map<Integer, String> MODEL = Map.of(
            1, "onnx.ir_version",
            2, "onnx.producer_name",
            3, "onnx.producer_version",
            4, "onnx.domain",
            5, "onnx.model_version",
            6, "onnx.doc_string");
    private static final Map<Integer, String> GRAPH = Map.of(2, "onnx.graph.name", 10, "onnx.graph.doc_string");

    private Properties() {}

    static String ofModel(int field) {
        return MODEL.getOrDefault(field, "onnx.field_" + field);
    }

    static String ofGraph(int field) {
        return GRAPH.getOrDefault(field, "onnx.graph.field_" + field);
    }

    /// The number of the model's field for a key, 0 if it is none.
    static int modelField(String key) {
        return field(MODEL, key);
    }

    /// The number of the graph's field for a key, 0 if it is none.
    static int graphField(String key) {
        return field(GRAPH, key);
    }

    /// Whether a key stands for something outside `metadata_props`.
    static boolean isReserved(String key) {
        return modelField(key) != 0 || graphField(key) != 0 || key.startsWith(OPSET);
    }

    private static int field(Map<Integer, String> fields, String key) {
        return fields.entrySet().stream()
                .filter(e -> e.getValue().equals(key))
                .mapToInt(Map.Entry::getKey)
                .findFirst()
                .orElse(0);
    }
}
