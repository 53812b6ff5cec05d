package dev.modelfile.onnx;

import dev.modelfile.Metadata;
import dev.modelfile.Value;
import dev.modelfile.onnx.edit.ModelPatch;
import dev.modelfile.onnx.wire.WireBytes;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Applies new metadata.
final class MetadataPatch {
    private MetadataPatch() {}

    static void apply(ModelPatch patch, OnnxFile model, Metadata wanted) throws IOException {
        Metadata before = model.metadata();
        Map<String, byte @Nullable []> opsets = new LinkedHashMap<>();
        Map<String, byte @Nullable []> properties = new LinkedHashMap<>();
        for (String key : before.keys()) {
            if (wanted.find(key).isEmpty()) {
                change(patch, opsets, properties, key, null);
            }
        }
        for (Map.Entry<String, Value> entry : wanted.entries().entrySet()) {
            if (!before.find(entry.getKey()).equals(Optional.of(entry.getValue()))) {
                change(patch, opsets, properties, entry.getKey(), entry.getValue());
            }
        }
        patch.entries(8, opsets);
        patch.entries(14, properties);
    }

    private static void change(
            ModelPatch patch,
            Map<String, byte @Nullable []> opsets,
            Map<String, byte @Nullable []> properties,
            String key,
            @Nullable Value value)
            throws IOException {
        if (Properties.modelField(key) > 0) {
            patch.model(Properties.modelField(key), encoded(Properties.modelField(key), value));
        } else if (Properties.graphField(key) > 0) {
            patch.graph(Properties.graphField(key), encoded(Properties.graphField(key), value));
        } else if (key.startsWith(Properties.OPSET)) {
            String domain = key.substring(Properties.OPSET.length());
            opsets.put(
                    domain,
                    value instanceof Value.Int version
                            ? new WireBytes()
                                    .text(1, domain)
                                    .integer(2, version.bits())
                                    .toByteArray()
                            : null);
        } else {
            properties.put(
                    key,
                    value == null
                            ? null
                            : new WireBytes()
                                    .text(1, key)
                                    .text(2, value.toString())
                                    .toByteArray());
        }
    }

    private static byte[] encoded(int field, @Nullable Value value) {
        if (value == null) {
            return new byte[0];
        }
        return value instanceof Value.Int number
                ? new WireBytes().integer(field, number.bits()).toByteArray()
                : new WireBytes().text(field, value.toString()).toByteArray();
    }
}
