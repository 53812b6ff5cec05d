package dev.modelfile.onnx.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// Collects encoded fields.
public final class WireBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /// Makes an empty collection.
    public WireBytes() {}

    /// Bytes that a varint takes.
    public static int size(long value) {
        return Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
    }

    /// Appends a varint.
    public WireBytes varint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return this;
    }

    /// Appends the tag of a field.
    public WireBytes tag(int field, int type) {
        return varint((long) field << 3 | type);
    }

    /// Appends an integer field.
    public WireBytes integer(int field, long value) {
        return tag(field, WireCursor.VARINT).varint(value);
    }

    /// Appends a string field.
    public WireBytes text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /// Appends a field of bytes or of an encoded message.
    public WireBytes bytes(int field, byte[] value) {
        header(field, value.length);
        out.writeBytes(value);
        return this;
    }

    /// Appends an encoded message.
    public WireBytes message(int field, WireBytes value) {
        return bytes(field, value.toByteArray());
    }

    /// Appends a key-value pair, a `StringStringEntryProto`.
    public WireBytes entry(int field, String key, String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return entry(field, key, utf8.length).raw(utf8);
    }

    /// Appends a key-value pair up to its value, which is written elsewhere.
    ///
    /// @param valueBytes the length of the value in UTF-8
    public WireBytes entry(int field, String key, long valueBytes) {
        byte[] name = key.getBytes(StandardCharsets.UTF_8);
        long length = 2L + size(name.length) + name.length + size(valueBytes) + valueBytes;
        return header(field, length).bytes(1, name).header(2, valueBytes);
    }

    /// Appends what comes before a length-delimited value that is written elsewhere.
    public WireBytes header(int field, long length) {
        return tag(field, WireCursor.LENGTH_DELIMITED).varint(length);
    }

    /// Appends encoded fields.
    public WireBytes raw(byte[] fields) {
        out.writeBytes(fields);
        return this;
    }

    /// Bytes collected.
    public int length() {
        return out.size();
    }

    /// A copy of the bytes.
    public byte[] toByteArray() {
        return out.toByteArray();
    }
}
