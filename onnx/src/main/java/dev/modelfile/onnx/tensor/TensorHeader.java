package dev.modelfile.onnx.tensor;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.WireCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The fields of one `TensorProto`, without its elements: those stay ranges of the file. Fields may come in any order.
public final class TensorHeader {
    /// `dims`.
    public static final int DIMS = 1;
    /// `data_type`.
    public static final int DATA_TYPE = 2;
    /// `string_data`.
    public static final int STRING_DATA = 6;
    /// `name`.
    public static final int NAME = 8;
    /// `raw_data`.
    public static final int RAW_DATA = 9;
    /// `external_data`.
    public static final int EXTERNAL_DATA = 13;
    /// `data_location`.
    public static final int DATA_LOCATION = 14;
    /// The fields that hold elements, except `raw_data`.
    public static final List<Integer> TYPED = List.of(4, 5, 6, 7, 10, 11);

    private static final Map<Integer, String> NAMES = Map.of(
            4,
            "float_data",
            5,
            "int32_data",
            6,
            "string_data",
            7,
            "int64_data",
            9,
            "raw_data",
            10,
            "double_data",
            11,
            "uint64_data");

    private static final int EXTERNAL = 1;

    private final Walker walker;
    private final Message message;
    private long[] dims = new long[4];
    private int rank;
    private boolean hasType;
    private int dataType;
    private int location;
    private boolean segment;
    private long rawStart = -1;
    private long rawLength;
    private final Map<Integer, Entries> typed = new LinkedHashMap<>();
    private final List<Map.Entry<String, String>> external = new ArrayList<>();

    /// What a typed field holds.
    ///
    /// @param count numbers or strings
    /// @param start absolute offset of the first one
    /// @param bytes what they take if they lie in one piece, -1 if other fields lie between them
    public record Entries(long count, long start, long bytes) {}

    private TensorHeader(Walker walker, Message message) {
        this.walker = walker;
        this.message = message;
    }

    /// Reads the fields of a tensor.
    ///
    /// @throws ModelFormatException if the encoding is broken or exceeds a limit
    public static TensorHeader read(Walker walker, Message message) throws ModelFormatException {
        TensorHeader header = new TensorHeader(walker, message);
        WireCursor at = walker.cursor(message);
        while (at.next()) {
            if (Kind.TENSOR.field(at.field(), at.type()) != null) {
                header.field(at);
            }
        }
        return header;
    }

    /// What the field of a number is called.
    public static String nameOf(int field) {
        return NAMES.getOrDefault(field, "field " + field);
    }

    private void field(WireCursor at) throws ModelFormatException {
        switch (at.field()) {
            case DIMS -> dims(at);
            case DATA_TYPE -> {
                hasType = true;
                dataType = (int) at.value();
            }
            case 3 -> segment = true;
            case 4, 5, 7, 10, 11 -> numbers(at);
            case STRING_DATA -> add(at, 1, at.start(), at.fieldEnd());
            case RAW_DATA -> {
                rawStart = at.valueStart();
                rawLength = at.length();
            }
            case EXTERNAL_DATA -> external.add(entry(at));
            case DATA_LOCATION -> location = (int) at.value();
            default -> {}
        }
    }

    private void dims(WireCursor at) throws ModelFormatException {
        if (at.type() == WireCursor.VARINT) {
            dim(at.value(), at.start());
            return;
        }
        WireCursor.Packed values = at.packed();
        while (values.hasNext()) {
            long offset = values.position();
            dim(values.next(), offset);
        }
    }

    private void dim(long value, long offset) throws ModelFormatException {
        if (rank >= walker.limits().maxRank()) {
            throw walker.file()
                    .limit(
                            "maxRank",
                            "tensor",
                            offset,
                            "more than " + walker.limits().maxRank() + " dimensions");
        }
        if (rank == dims.length) {
            dims = Arrays.copyOf(dims, rank * 2);
        }
        dims[rank++] = value;
    }

    private void numbers(WireCursor at) throws ModelFormatException {
        if (at.type() != WireCursor.LENGTH_DELIMITED) {
            add(at, 1, at.valueStart(), at.fieldEnd());
            return;
        }
        long count = 0;
        if (at.field() == 4 || at.field() == 10) {
            int width = at.field() == 4 ? 4 : 8;
            if (at.length() % width != 0) {
                throw walker.file()
                        .malformed(
                                "onnx.wire-packed",
                                "",
                                at.start(),
                                at.length() + " bytes of packed " + nameOf(at.field()) + " vs a multiple of " + width);
            }
            count = at.length() / width;
        } else {
            WireCursor.Packed values = at.packed();
            while (values.hasNext()) {
                values.next();
                count++;
            }
        }
        add(at, count, at.valueStart(), at.fieldEnd());
    }

    private void add(WireCursor at, long count, long start, long end) {
        typed.merge(at.field(), new Entries(count, start, end - start), TensorHeader::joined);
    }

    private static Entries joined(Entries before, Entries next) {
        if (before.count() == 0) {
            return next;
        }
        boolean together = before.bytes() >= 0 && before.start() + before.bytes() == next.start();
        return new Entries(
                before.count() + next.count(), before.start(), together ? before.bytes() + next.bytes() : -1);
    }

    private Map.Entry<String, String> entry(WireCursor at) throws ModelFormatException {
        WireCursor fields = walker.cursor(Message.of(at.child()));
        String key = "";
        String value = "";
        while (fields.next()) {
            if (fields.type() == WireCursor.LENGTH_DELIMITED && fields.field() == 1) {
                key = walker.text(fields.valueStart(), fields.length());
            } else if (fields.type() == WireCursor.LENGTH_DELIMITED && fields.field() == 2) {
                value = walker.text(fields.valueStart(), fields.length());
            }
        }
        walker.charge(2L * (key.length() + value.length()), at.start());
        return Map.entry(key, value);
    }

    /// The message.
    public Message message() {
        return message;
    }

    /// The dimensions as they are in the file, negative ones too.
    public long[] dims() {
        return Arrays.copyOf(dims, rank);
    }

    /// The number of the data type, 0 if it is missing.
    public int dataType() {
        return dataType;
    }

    /// Whether the data type is there.
    public boolean hasType() {
        return hasType;
    }

    /// Whether the tensor is said to be a piece of a larger one.
    public boolean isSegment() {
        return segment;
    }

    /// Whether the elements lie in another file.
    public boolean isExternal() {
        return location == EXTERNAL;
    }

    /// The keys and values of `external_data` in file order.
    public List<Map.Entry<String, String>> external() {
        return external;
    }

    /// Absolute offset of `raw_data`, -1 if there is none.
    public long rawStart() {
        return rawStart;
    }

    /// Bytes of `raw_data`.
    public long rawLength() {
        return rawLength;
    }

    /// The typed fields that are there and not empty.
    public Map<Integer, Entries> typed() {
        typed.values().removeIf(entries -> entries.count() == 0);
        return typed;
    }
}
