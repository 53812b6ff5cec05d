package dev.modelfile.safetensors.header;

import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
    /// @param metadata UTF-8 by key; without any there is no `__metadata__`
    /// @throws IllegalArgumentException if a name cannot be written as UTF-8
    public static byte[] json(Map<String, Value.Text> metadata, List<Item> items) {
        HeaderText count = new HeaderText(new byte[0]);
        write(count, metadata, items);
        byte[] json = new byte[count.length()];
        write(new HeaderText(json), metadata, items);
        return json;
    }

    private static void write(HeaderText out, Map<String, Value.Text> metadata, List<Item> items) {
        out.plain("{");
        String separator = "";
        if (!metadata.isEmpty()) {
            out.quoted(Header.METADATA).plain(":{");
            for (Map.Entry<String, Value.Text> entry : metadata.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey(Names.ORDER))
                    .toList()) {
                out.plain(separator).quoted(entry.getKey()).plain(":");
                out.quoted(entry.getValue().bytes());
                separator = ",";
            }
            out.plain("}");
        }
        for (Item item : items) {
            write(out.plain(separator), item);
            separator = ",";
        }
        out.plain("}");
    }

    private static void write(HeaderText out, Item item) {
        out.quoted(item.name()).plain(":{\"dtype\":\"").plain(item.dtype().name());
        out.plain("\",\"shape\":[");
        for (int i = 0; i < item.shape().rank(); i++) {
            out.plain(i == 0 ? "" : ",")
                    .plain(Long.toUnsignedString(item.shape().dim(i)));
        }
        out.plain("],\"data_offsets\":[").plain(item.begin() + "," + item.end()).plain("]}");
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
