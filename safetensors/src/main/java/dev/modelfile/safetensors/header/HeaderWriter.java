package dev.modelfile.safetensors.header;

import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Writes headers as the reference does: compact, `__metadata__` first, fields in the order dtype, shape,
/// data_offsets, padded with spaces to a multiple of eight. Metadata keys are sorted, so that equal models have equal
/// bytes.
public final class HeaderWriter {
    private static final int ALIGNMENT = 8;

    private HeaderWriter() {}

    /// A tensor and the place of its data.
    ///
    /// @param name the name
    /// @param dtype the element type
    /// @param shape the dimensions
    /// @param begin first byte in the data section
    /// @param end the byte behind the last
    public record Item(String name, ScalarType dtype, Shape shape, long begin, long end) {}

    /// The JSON text without padding, as UTF-8.
    ///
    /// @param metadata strings by key; without any there is no `__metadata__`
    /// @throws IllegalArgumentException if a text cannot be written as UTF-8
    public static byte[] json(Map<String, String> metadata, List<Item> items) {
        StringBuilder out = new StringBuilder("{");
        if (!metadata.isEmpty()) {
            JsonText.quote(out, Header.METADATA);
            out.append(":{");
            metadata.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey(Names.ORDER))
                    .forEach(entry -> {
                        JsonText.quote(out, entry.getKey());
                        out.append(':');
                        JsonText.quote(out, entry.getValue());
                        out.append(',');
                    });
            out.setCharAt(out.length() - 1, '}');
            out.append(',');
        }
        for (Item item : items) {
            append(out, item);
        }
        if (out.length() > 1) {
            out.setLength(out.length() - 1);
        }
        return out.append('}').toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void append(StringBuilder out, Item item) {
        JsonText.quote(out, item.name());
        out.append(":{\"dtype\":\"").append(item.dtype().name()).append("\",\"shape\":[");
        for (int i = 0; i < item.shape().rank(); i++) {
            out.append(i == 0 ? "" : ",")
                    .append(Long.toUnsignedString(item.shape().dim(i)));
        }
        out.append("],\"data_offsets\":[").append(item.begin()).append(',').append(item.end());
        out.append("]},");
    }

    /// The whole header: length, text, and padding so that the data begins at a multiple of `alignment`.
    ///
    /// @param json the text
    /// @param room spare bytes behind the text
    /// @param alignment a power of two; less than 8 counts as 8
    /// @throws IllegalArgumentException if the header exceeds what the format allows
    public static byte[] header(byte[] json, int room, int alignment) {
        long unit = Math.max(ALIGNMENT, alignment);
        long dataOffset = Math.ceilDiv((long) Header.PREFIX + json.length + room, unit) * unit;
        return padded(json, dataOffset - Header.PREFIX);
    }

    /// The whole header with a text of exactly `length` bytes, the rest being spaces.
    ///
    /// @throws IllegalArgumentException if the text is longer, or the length exceeds what the format allows
    public static byte[] padded(byte[] json, long length) {
        if (length > Header.MAX_LENGTH || json.length > length) {
            throw new IllegalArgumentException("a header of " + Math.max(length, json.length) + " bytes vs "
                    + Math.min(length, Header.MAX_LENGTH) + " allowed");
        }
        byte[] header = new byte[Header.PREFIX + (int) length];
        ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(json);
        Arrays.fill(header, Header.PREFIX + json.length, header.length, (byte) ' ');
        return header;
    }
}
