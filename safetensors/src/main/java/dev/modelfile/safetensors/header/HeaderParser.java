package dev.modelfile.safetensors.header;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.ScalarType;
import dev.modelfile.Value;
import dev.modelfile.io.Region;
import dev.modelfile.json.JsonCursor;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.TextData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads the JSON object of a header into entries, with the shape that the reference's deserialiser demands.
final class HeaderParser {
    /// Estimated heap of one entry beside its name and dimensions: record, arrays' headers, map node, list slot.
    private static final long ENTRY_HEAP = 260;
    /// Bytes of JSON that a tensor usually takes, for guessing how many there are.
    private static final int USUAL_ENTRY = 100;

    private static final long MAX_GUESS = 1 << 15;

    private final Region header;
    private final ReadLimits limits;
    private final Deviations deviations;
    private final JsonCursor json;
    private final Map<String, Integer> positions;
    private final List<HeaderEntry> entries = new ArrayList<>();
    private @Nullable Map<String, Value> metadata;
    private boolean metadataSeen;
    private long heap;

    private HeaderParser(Region header, ReadLimits limits, Deviations deviations) {
        this.header = header;
        this.limits = limits;
        this.deviations = deviations;
        this.json = new JsonCursor(header, Rules.INVALID_JSON, limits);
        this.positions = HashMap.newHashMap((int) Math.min(MAX_GUESS, header.size() / USUAL_ENTRY));
    }

    /// What a header says, before its offsets are checked.
    ///
    /// @param entries the tensors in header order; of duplicates the last
    /// @param metadata the texts of `__metadata__`
    /// @param heap estimate of the heap that they take
    record Parsed(List<HeaderEntry> entries, Map<String, Value> metadata, long heap) {}

    static Parsed parse(Region header, ReadLimits limits, Deviations deviations) throws ModelFormatException {
        HeaderParser parser = new HeaderParser(header, limits, deviations);
        parser.object();
        Map<String, Value> found = parser.metadata;
        return new Parsed(parser.entries, found == null ? Map.of() : found, parser.heap);
    }

    private void object() throws ModelFormatException {
        if (json.peek() == -1) {
            throw json.error("EOF while parsing a value");
        }
        if (json.offset() > 0) {
            deviations.add(Rules.LEADING_SPACE, "", 0, "white space before the opening brace");
        }
        json.expect('{', "the header is not an object");
        if (!json.accept('}')) {
            do {
                member();
            } while (json.more('}'));
        }
        long end = json.offset();
        if (json.peek() != -1) {
            throw json.error("trailing characters");
        }
        deviations.padding(header, end);
    }

    private void member() throws ModelFormatException {
        long at = json.offset();
        if (json.peek() != '"') {
            throw json.error(json.peek() == -1 ? "EOF while parsing an object" : "key must be a string");
        }
        String name = json.string();
        json.expect(':', "expected ':'");
        if (name.equals(Header.METADATA)) {
            if (metadataSeen) {
                throw json.error("duplicate field `__metadata__`", at);
            }
            metadataSeen = true;
            metadata = metadata();
            return;
        }
        charge(ENTRY_HEAP + 2L * name.length(), at);
        if (isUnusual(name)) {
            deviations.info(
                    Rules.UNUSUAL_NAME, name, at, "the name is empty, has control characters, or looks like a path");
        }
        HeaderEntry entry = tensor(name, at);
        Integer earlier = positions.putIfAbsent(name, entries.size());
        if (earlier == null) {
            if (entries.size() >= limits.maxTensors()) {
                throw header.limit("maxTensors", "", at, "more than " + limits.maxTensors() + " tensors");
            }
            entries.add(entry);
        } else {
            deviations.add(
                    Rules.DUPLICATE_KEY,
                    name,
                    at,
                    "the name occurs twice; the last entry counts, other readers may differ");
            entries.set(earlier, entry);
        }
    }

    private boolean isUnusual(String name) {
        return name.isEmpty()
                || name.contains("..")
                || json.lastStringHadEscapes() && name.chars().anyMatch(Character::isISOControl);
    }

    private void charge(long bytes, long at) throws LimitExceededException {
        heap += bytes;
        if (heap > limits.maxHeapBytes()) {
            throw header.limit(
                    "maxHeapBytes", "", at, "the header needs more than " + limits.maxHeapBytes() + " bytes of heap");
        }
        json.heapLeft(limits.maxHeapBytes() - heap);
    }

    private @Nullable Map<String, Value> metadata() throws ModelFormatException {
        if (json.peek() == 'n') {
            long at = json.offset();
            json.literal("null");
            deviations.add(Rules.NULL_METADATA, Header.METADATA, at, "null instead of an object");
            return null;
        }
        json.expect('{', "`__metadata__` is not an object of strings");
        Map<String, Value> values = new LinkedHashMap<>();
        if (json.accept('}')) {
            return values;
        }
        do {
            long at = json.offset();
            if (json.peek() != '"') {
                throw json.error("key must be a string");
            }
            String key = json.string();
            json.expect(':', "expected ':'");
            if (json.peek() != '"') {
                throw json.error("the value of metadata \"" + Printable.of(key) + "\" is not a string");
            }
            long begin = json.offset();
            Value value = json.text();
            long stored = json.offset() - begin;
            charge(150 + 2L * (key.length() + (stored > TextData.LONG ? 0 : stored)), at);
            if (values.put(key, value) != null) {
                deviations.add(
                        Rules.DUPLICATE_KEY, Header.METADATA + "." + key, at, "the key occurs twice; the last counts");
            }
        } while (json.more('}'));
        return values;
    }

    private HeaderEntry tensor(String name, long at) throws ModelFormatException {
        Fields fields = new Fields();
        int opening = json.peek();
        if (opening == '[') {
            deviations.add(Rules.UNUSUAL_FORM, name, json.offset(), "the entry is an array instead of an object");
            json.expect('[', "");
            fields.dtype = dtype(name);
            json.expect(',', "expected shape");
            fields.dims = shape(name);
            json.expect(',', "expected data_offsets");
            fields.offsets = offsets();
            json.expect(']', "expected the end of the entry");
        } else {
            if (opening != '{') {
                throw json.error("the entry of tensor \"" + Printable.of(name) + "\" is not an object");
            }
            json.expect('{', "");
            if (!json.accept('}')) {
                do {
                    field(name, fields);
                } while (json.more('}'));
            }
        }
        if (fields.dtype == null || fields.dims == null || fields.offsets == null) {
            String missing = fields.dtype == null ? "dtype" : fields.dims == null ? "shape" : "data_offsets";
            throw json.error("tensor \"" + Printable.of(name) + "\" has no field `" + missing + "`", at);
        }
        return new HeaderEntry(name, fields.dtype, fields.dims, fields.offsets[0], fields.offsets[1], at);
    }

    /// The fields of an entry while it is read.
    private static final class Fields {
        @Nullable
        ScalarType dtype;

        long @Nullable [] dims;
        long @Nullable [] offsets;
    }

    private void field(String name, Fields fields) throws ModelFormatException {
        long at = json.offset();
        if (json.peek() != '"') {
            throw json.error("key must be a string");
        }
        String field = json.string();
        json.expect(':', "expected ':'");
        boolean twice;
        switch (field) {
            case "dtype" -> {
                twice = fields.dtype != null;
                fields.dtype = dtype(name);
            }
            case "shape" -> {
                twice = fields.dims != null;
                fields.dims = shape(name);
            }
            case "data_offsets" -> {
                twice = fields.offsets != null;
                fields.offsets = offsets();
            }
            default -> {
                twice = false;
                deviations.add(Rules.UNKNOWN_FIELD, name, at, "unknown field \"" + Printable.of(field) + "\"");
                json.skip(2);
            }
        }
        if (twice) {
            throw json.error("duplicate field `" + field + "`", at);
        }
    }

    private ScalarType dtype(String name) throws ModelFormatException {
        boolean wrapped = json.peek() == '{';
        if (wrapped) {
            deviations.add(Rules.UNUSUAL_FORM, name, json.offset(), "the dtype is an object instead of a string");
            json.expect('{', "");
        }
        if (json.peek() != '"') {
            throw json.error("the dtype is not a string");
        }
        long at = json.offset();
        String dtype = json.string();
        ScalarType type = Dtypes.named(dtype);
        if (type == null) {
            throw json.error("unknown dtype \"" + Printable.of(dtype) + "\"", at);
        }
        if (wrapped) {
            json.expect(':', "expected ':'");
            json.literal("null");
            json.expect('}', "expected the end of the dtype");
        }
        return type;
    }

    private long[] shape(String name) throws ModelFormatException {
        json.expect('[', "the shape is not an array");
        long at = json.offset();
        long[] dims = new long[4];
        int rank = 0;
        if (!json.accept(']')) {
            do {
                if (rank >= limits.maxRank()) {
                    throw header.limit(
                            "maxRank",
                            "tensor \"" + Printable.of(name) + "\"",
                            at,
                            "more than " + limits.maxRank() + " dimensions");
                }
                dims = rank < dims.length ? dims : Arrays.copyOf(dims, 2 * rank);
                dims[rank++] = json.unsigned();
            } while (json.more(']'));
        }
        charge(8L * rank, at);
        return Arrays.copyOf(dims, rank);
    }

    private long[] offsets() throws ModelFormatException {
        json.expect('[', "data_offsets is not an array");
        long begin = json.unsigned();
        json.expect(',', "data_offsets has one number, two are needed");
        long end = json.unsigned();
        json.expect(']', "data_offsets has more than two numbers");
        return new long[] {begin, end};
    }
}
