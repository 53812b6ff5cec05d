package dev.modelfile.cli.json;

import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.scan.Finding;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The parts of a model as JSON; every verb writes them alike.
public final class ModelJson {
    private ModelJson() {}

    /// The keys `path` and `format`.
    public static void head(Json json, ModelFile model) {
        json.put("path", model.path().toString()).put("format", model.format().name());
    }

    /// The key `metadata`: an object of values that keep their types, and arrays in full.
    public static void metadata(Json json, Metadata metadata) {
        json.object("metadata");
        metadata.entries().forEach((key, value) -> {
            json.key(key);
            value(json, value);
        });
        json.end();
    }

    /// A metadata value. What JSON has no type for becomes an object of `type` and `text`.
    public static void value(Json json, Value value) {
        switch (value) {
            case Value.Int number when number.type() == Value.Type.U64 -> json.addUnsigned(number.bits());
            case Value.Int number -> json.add(number.bits());
            case Value.Real number when number.type() == Value.Type.F32 -> json.add((float) number.value());
            case Value.Real number -> json.add(number.value());
            case Value.Bool truth -> json.add(truth.value());
            case Value.Text text -> json.add(text.toString());
            case Value.Array array -> {
                json.array();
                for (long i = 0; i < array.size(); i++) {
                    value(json, array.get(i));
                }
                json.end();
            }
            case Value.Table table -> {
                json.object();
                table.entries().forEach((key, element) -> {
                    json.key(key);
                    value(json, element);
                });
                json.end();
            }
            case Value.None none -> json.addNull();
            case Value.Opaque opaque ->
                json.object()
                        .put("type", opaque.typeName())
                        .put("text", opaque.text())
                        .end();
        }
    }

    /// The keys of a tensor, inside an object that is open.
    ///
    /// @param parts of the tensor's model
    /// @param digest its SHA-256 in hex, or null if it was not asked for
    public static void tensor(Json json, Tensor tensor, Parts parts, @Nullable String digest) {
        json.put("name", tensor.name()).put("dtype", tensor.dtype().name());
        shape(json, tensor.shape());
        json.put("elements", tensor.shape().elements()).put("bytes", tensor.byteSize());
        if (tensor.offset().isPresent()) {
            json.put("offset", tensor.offset().getAsLong());
        } else {
            json.putNull("offset");
        }
        json.put("part", parts.of(tensor));
        json.put("digest", digest == null ? null : "sha256:" + digest);
    }

    /// The key `shape`, outermost dimension first.
    public static void shape(Json json, Shape shape) {
        json.array("shape");
        for (long dim : shape.toArray()) {
            if (dim < 0) {
                json.addUnsigned(dim);
            } else {
                json.add(dim);
            }
        }
        json.end();
    }

    /// An array of findings under a key.
    public static void findings(Json json, String key, List<Finding> findings) {
        json.array(key);
        for (Finding finding : findings) {
            json.object()
                    .put("rule", finding.rule())
                    .put("severity", finding.severity().name().toLowerCase(Locale.ROOT))
                    .put("where", finding.where());
            if (finding.offset() < 0) {
                json.putNull("offset");
            } else {
                json.put("offset", finding.offset());
            }
            json.put("message", finding.message()).end();
        }
        json.end();
    }
}
