package dev.modelfile.onnx;

import dev.modelfile.Metadata;
import dev.modelfile.Value;
import dev.modelfile.spi.Printable;
import java.util.LinkedHashMap;
import java.util.List;
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

    /// Whether the value of a key is an integer.
    static boolean isNumber(String key) {
        return key.equals(ofModel(1)) || key.equals(ofModel(5)) || key.startsWith(OPSET);
    }

    /// The metadata with numbers where a text says one, and the key stands for a number.
    static Metadata typed(Metadata metadata) {
        Map<String, Value> typed = new LinkedHashMap<>(metadata.entries());
        typed.replaceAll((key, value) -> isNumber(key) && value instanceof Value.Text text ? number(text) : value);
        return Metadata.of(typed);
    }

    private static Value number(Value.Text text) {
        try {
            return text.byteSize() <= 20 ? Value.of(Long.parseLong(text.toString())) : text;
        } catch (NumberFormatException none) {
            // It stays a text, which whoever stores it judges.
            return text;
        }
    }

    /// Refuses changes after which nothing loads the model.
    ///
    /// @throws IllegalArgumentException if the IR version or the last operator set would be gone, or is impossible
    static void checkLoadable(Metadata before, Metadata after) {
        String version = ofModel(1);
        for (String key : missing(before, after)) {
            boolean opset = key.startsWith(OPSET);
            refuse(!opset, key, "is removed");
            refuse(opset, OPSET + "…", "is removed, and no other operator set is imported");
        }
        after.entries().forEach((key, value) -> {
            boolean number = key.equals(version) || key.startsWith(OPSET);
            boolean changed = before.find(key).filter(value::equals).isEmpty();
            refuse(
                    number && changed && value instanceof Value.Int to && to.bits() < 1,
                    key,
                    "becomes " + value + ", which is no version");
        });
    }

    /// The keys that are gone though nothing loads a model without: that of the IR version, and those of all operator
    /// sets if none is left.
    static List<String> missing(Metadata before, Metadata after) {
        boolean imports = after.keys().stream().anyMatch(key -> key.startsWith(OPSET));
        return before.keys().stream()
                .filter(key -> after.find(key).isEmpty())
                .filter(key -> key.equals(ofModel(1)) || key.startsWith(OPSET) && !imports)
                .toList();
    }

    private static void refuse(boolean when, String key, String why) {
        if (when) {
            throw new IllegalArgumentException("metadata \"" + Printable.of(key) + "\" " + why
                    + ": no program would load the model; set it to another version instead");
        }
    }

    /// The number of the model's field for a key, 0 if it is none.
    static int modelField(String key) {
        return field(MODEL, key);
    }

    /// The number of the graph's field for a key, 0 if it is none.
    static int graphField(String key) {
        return field(GRAPH, key);
    }

    /// Whether an entry is stored outside `metadata_props`. A text under the key of a number is a property of that
    /// name.
    static boolean isField(String key, Value value) {
        return isReserved(key) && (value instanceof Value.Int || !isNumber(key));
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
