package dev.modelfile.checkpoint.container;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.io.Region;
import dev.modelfile.json.JsonCursor;
import dev.modelfile.json.Utf8;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The `…_config.json` of an exported program: which record holds which weight, and how.
///
/// Source: `PayloadConfig` and `TensorMeta` in PyTorch 2.13's `torch/_export/serde/schema.py`.
public final class ExportConfig {
    private static final int HEAP_PER_ENTRY = 400;
    private static final int STRIDED = 7;

    private final Region text;
    private final Budget budget;
    private final JsonCursor json;
    private final Map<String, Payload> payloads = new LinkedHashMap<>();

    /// Where the content of a name is.
    ///
    /// @param record its record beside the configuration
    /// @param parameter whether it is a parameter of its module
    /// @param pickled whether that is a file of its own
    /// @param meta how to view it, or null for what is no tensor
    public record Payload(
            String record,
            boolean parameter,
            boolean pickled,
            @Nullable Meta meta) {}

    /// A tensor over the bytes of a record.
    ///
    /// @param dtype number of the type
    /// @param sizes the dimensions
    /// @param strides distances between neighbours, in elements
    /// @param offset of the first element, in elements
    /// @param dense whether the elements are in the record
    /// @param requiresGrad what PyTorch calls so
    public record Meta(int dtype, long[] sizes, long[] strides, long offset, boolean dense, boolean requiresGrad) {}

    private ExportConfig(Region text, Budget budget) {
        this.text = text;
        this.budget = budget;
        this.json = new JsonCursor(text, "checkpoint.export", budget.limits());
    }

    /// Reads a configuration.
    ///
    /// @throws ModelFormatException if it is none, or exceeds a limit
    public static Map<String, Payload> read(Region text, Budget budget) throws ModelFormatException {
        if (text.size() > budget.limits().maxHeaderBytes()) {
            throw text.limit(
                    "maxHeaderBytes",
                    "",
                    0,
                    text.size() + " bytes vs " + budget.limits().maxHeaderBytes());
        }
        ExportConfig config = new ExportConfig(text, budget);
        long wrong = Utf8.firstError(text.bytes());
        if (wrong >= 0) {
            throw config.json.error("not UTF-8", wrong);
        }
        config.json.object(name -> {
            if (name.equals("config")) {
                config.json.object(config::payload);
            } else {
                config.json.skip(1);
            }
        });
        if (config.json.peek() != -1) {
            throw config.json.error("text behind the end of the JSON object");
        }
        return config.payloads;
    }

    private void payload(String name) throws ModelFormatException {
        long at = json.offset();
        budget.heap(HEAP_PER_ENTRY + 2L * name.length(), text, at);
        if (payloads.size() >= budget.limits().maxTensors()) {
            throw text.limit(
                    "maxTensors", "", at, "more than " + budget.limits().maxTensors() + " names");
        }
        PayloadFields fields = new PayloadFields();
        json.object(fields::take);
        if (fields.record == null) {
            throw json.error("an entry without path_name", at);
        }
        if (payloads.put(name, new Payload(fields.record, fields.parameter, fields.pickled, fields.meta)) != null) {
            throw json.error("a name that is there twice", at);
        }
    }

    /// The fields of an entry while they are read.
    private final class PayloadFields {
        @Nullable
        String record;

        boolean parameter;
        boolean pickled;

        @Nullable
        Meta meta;

        void take(String name) throws ModelFormatException {
            switch (name) {
                case "path_name" -> {
                    record = json.string();
                    budget.heap(2L * record.length(), text, json.offset());
                }
                case "is_param" -> parameter = truth();
                case "use_pickle" -> pickled = truth();
                case "tensor_meta" -> meta = meta();
                default -> json.skip(3);
            }
        }
    }

    private boolean truth() throws ModelFormatException {
        boolean value = json.peek() == 't';
        json.literal(value ? "true" : "false");
        return value;
    }

    private @Nullable Meta meta() throws ModelFormatException {
        if (json.peek() == 'n') {
            json.literal("null");
            return null;
        }
        MetaFields fields = new MetaFields();
        long at = json.offset();
        json.object(fields::take);
        if (fields.sizes == null || fields.strides == null || fields.dtype < 0) {
            throw json.error("a tensor without dtype, sizes or strides", at);
        }
        return new Meta(
                fields.dtype,
                fields.sizes,
                fields.strides,
                fields.offset,
                fields.layout == STRIDED,
                fields.requiresGrad);
    }

    /// The fields of a tensor's description while they are read.
    private final class MetaFields {
        int dtype = -1;
        int layout = STRIDED;
        boolean requiresGrad;
        long offset;
        long @Nullable [] sizes;
        long @Nullable [] strides;

        void take(String name) throws ModelFormatException {
            switch (name) {
                case "dtype" -> dtype = number();
                case "layout" -> layout = number();
                case "requires_grad" -> requiresGrad = truth();
                case "storage_offset" -> offset = symbolic();
                case "sizes" -> sizes = dims();
                case "strides" -> strides = dims();
                default -> json.skip(4);
            }
        }
    }

    private int number() throws ModelFormatException {
        long at = json.offset();
        long value = json.unsigned();
        if (value < 0 || value > 1000) {
            throw json.error("a number that stands for nothing", at);
        }
        return (int) value;
    }

    private long[] dims() throws ModelFormatException {
        List<Long> dims = new ArrayList<>();
        json.expect('[', "expected a list of sizes");
        if (!json.accept(']')) {
            do {
                budget.heap(32, text, json.offset());
                if (dims.size() >= budget.limits().maxRank()) {
                    throw text.limit("maxRank", "", json.offset(), "more dimensions than " + dims.size());
                }
                dims.add(symbolic());
            } while (json.more(']'));
        }
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    /// A number as the schema wraps it: `{"as_int": 3}`.
    private long symbolic() throws ModelFormatException {
        long[] value = {-1};
        long at = json.offset();
        json.object(name -> {
            if (!name.equals("as_int") || value[0] >= 0) {
                throw json.error("a size that is no number", at);
            }
            value[0] = json.unsigned();
        });
        if (value[0] < 0) {
            throw json.error("a size that is no number, or beyond 2^63", at);
        }
        return value[0];
    }
}
