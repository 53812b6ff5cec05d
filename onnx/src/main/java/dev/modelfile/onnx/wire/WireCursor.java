package dev.modelfile.onnx.wire;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.io.Region;
import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Steps through the fields of a message. Knows no schema: a field is a number, a wire type and a range of bytes, and
/// what lies in that range is not touched. Accepts what protobuf's own parsers accept, and lengths beyond 2 GiB.
public final class WireCursor {
    /// Wire type of integers.
    public static final int VARINT = 0;
    /// Wire type of eight bytes.
    public static final int FIXED64 = 1;
    /// Wire type of strings, bytes, messages and packed numbers.
    public static final int LENGTH_DELIMITED = 2;
    /// Wire type that opens a group.
    public static final int START_GROUP = 3;
    /// Wire type that closes a group.
    public static final int END_GROUP = 4;
    /// Wire type of four bytes.
    public static final int FIXED32 = 5;

    private static final int MAX_VARINT = 10;

    private final Region file;
    private final MemorySegment bytes;
    private final Message message;
    private final int maxDepth;
    private final @Nullable Pages pages;
    private int span = -1;
    private long position;
    private long end;

    private int field;
    private int type;
    private long start;
    private long valueStart;
    private long value;

    /// A cursor before the first field of a message.
    ///
    /// @param file the whole file
    /// @param message a message in it
    /// @param maxDepth how deeply unknown groups may be nested
    public WireCursor(Region file, Message message, int maxDepth) {
        this(file, message, maxDepth, null);
    }

    /// A cursor before the first field of a message.
    ///
    /// @param pages through which to look at the fields; null to look at the mapping
    public WireCursor(Region file, Message message, int maxDepth, @Nullable Pages pages) {
        this.pages = pages;
        this.file = file;
        this.bytes = file.bytes();
        this.message = message;
        this.maxDepth = maxDepth;
    }

    /// Steps to the next field.
    ///
    /// @return false if there is none
    /// @throws ModelFormatException if the encoding is broken
    public boolean next() throws ModelFormatException {
        while (position >= end) {
            if (span + 1 >= message.spans().size()) {
                return false;
            }
            Span next = message.spans().get(++span);
            position = next.start();
            end = next.end();
        }
        start = position;
        int tag = (int) varint();
        field = tag >>> 3;
        type = tag & 7;
        if (field == 0) {
            throw malformed(WireRules.TAG, start, "field number 0");
        }
        readValue();
        return true;
    }

    private void readValue() throws ModelFormatException {
        valueStart = position;
        switch (type) {
            case VARINT -> value = varint();
            case FIXED64 -> {
                need(8);
                value = bytes.get(Segments.LE_I64, position);
                position += 8;
            }
            case FIXED32 -> {
                need(4);
                value = bytes.get(Segments.LE_I32, position);
                position += 4;
            }
            case LENGTH_DELIMITED -> {
                long length = varint();
                valueStart = position;
                need(length);
                position += length;
            }
            case START_GROUP -> skipGroup();
            default -> throw malformed(WireRules.TAG, start, badType());
        }
    }

    private String badType() {
        return type == END_GROUP
                ? "group " + field + " ends without having begun"
                : "wire type " + type + " of field " + field + " does not exist";
    }

    /// Skips a group with all that is in it; its fields do not become visible.
    private void skipGroup() throws ModelFormatException {
        long groupStart = start;
        int[] open = {field};
        int depth = 1;
        while (depth > 0) {
            if (position >= end) {
                throw malformed(WireRules.TRUNCATED, groupStart, "group " + open[depth - 1] + " does not end");
            }
            start = position;
            int tag = (int) varint();
            field = tag >>> 3;
            type = tag & 7;
            if (type == START_GROUP && field != 0) {
                if (depth >= maxDepth) {
                    throw file.limit("maxDepth", "", start, "groups nested more than " + maxDepth + " deep");
                }
                open = depth < open.length ? open : Arrays.copyOf(open, depth * 2);
                open[depth++] = field;
            } else if (type == END_GROUP && field == open[depth - 1]) {
                depth--;
            } else if (field == 0) {
                throw malformed(WireRules.TAG, start, "field number 0");
            } else {
                readValue();
            }
        }
        start = groupStart;
        valueStart = groupStart;
        field = open[0];
        type = START_GROUP;
    }

    private long varint() throws ModelFormatException {
        long result = 0;
        long at = position;
        for (int shift = 0; shift < MAX_VARINT * 7; shift += 7) {
            if (at >= end) {
                throw malformed(WireRules.TRUNCATED, position, "a number is cut off by the end of its message");
            }
            byte next = pages == null ? bytes.get(ValueLayout.JAVA_BYTE, at) : pages.get(at);
            at++;
            result |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                position = at;
                return result;
            }
        }
        throw malformed(WireRules.VARINT, position, "a number of more than " + MAX_VARINT + " bytes");
    }

    private void need(long length) throws ModelFormatException {
        if (length < 0 || length > end - position) {
            throw malformed(
                    WireRules.TRUNCATED,
                    start,
                    "field " + field + " has " + Long.toUnsignedString(length) + " bytes vs " + (end - position)
                            + " available");
        }
    }

    private MalformedModelException malformed(String rule, long offset, String problem) {
        return file.malformed(rule, "", offset, problem);
    }

    /// The field's number.
    public int field() {
        return field;
    }

    /// The field's wire type; a whole group shows as [#START_GROUP].
    public int type() {
        return type;
    }

    /// Absolute offset of the field's tag.
    public long start() {
        return start;
    }

    /// Absolute offset of the value; of the content for a length-delimited field.
    public long valueStart() {
        return valueStart;
    }

    /// Absolute offset behind the field.
    public long fieldEnd() {
        return position;
    }

    /// Bytes of the content of a length-delimited field.
    public long length() {
        return position - valueStart;
    }

    /// The number of a varint or fixed field; four-byte values are sign-extended.
    public long value() {
        return value;
    }

    /// The occurrence of a message that a length-delimited field holds.
    public Span child() {
        return new Span(span(), start, valueStart, position);
    }

    /// The occurrence of the message that the current field lies in.
    public Span span() {
        return message.spans().get(span);
    }

    /// Makes the varints of a packed field the fields of a cursor of their own.
    ///
    /// @return a reader of the current field's content
    public Packed packed() {
        return new Packed(file, valueStart, position);
    }

    /// The numbers of a packed field.
    public static final class Packed {
        private final Region file;
        private final MemorySegment bytes;
        private final long end;
        private long position;

        Packed(Region file, long start, long end) {
            this.file = file;
            this.bytes = file.bytes();
            this.position = start;
            this.end = end;
        }

        /// Whether there is another number.
        public boolean hasNext() {
            return position < end;
        }

        /// The next varint.
        ///
        /// @throws ModelFormatException if it is cut off or too long
        public long next() throws ModelFormatException {
            long result = 0;
            long at = position;
            for (int shift = 0; shift < MAX_VARINT * 7 && at < end; shift += 7) {
                byte next = bytes.get(ValueLayout.JAVA_BYTE, at++);
                result |= (long) (next & 0x7F) << shift;
                if (next >= 0) {
                    position = at;
                    return result;
                }
            }
            boolean cut = at >= end;
            throw file.malformed(
                    cut ? WireRules.TRUNCATED : WireRules.VARINT,
                    "",
                    position,
                    cut ? "a packed number is cut off" : "a number of more than " + MAX_VARINT + " bytes");
        }

        /// The next number of four or eight bytes.
        ///
        /// @throws ModelFormatException if it is cut off
        public long nextFixed(int width) throws ModelFormatException {
            if (end - position < width) {
                throw file.malformed(WireRules.TRUNCATED, "", position, "a packed number is cut off");
            }
            position += width;
            return width == 4 ? bytes.get(Segments.LE_I32, position - 4) : bytes.get(Segments.LE_I64, position - 8);
        }

        /// Absolute offset of the next number.
        public long position() {
            return position;
        }
    }
}
