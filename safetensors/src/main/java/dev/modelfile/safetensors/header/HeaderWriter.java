package dev.modelfile.safetensors.header;

import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Value;
import dev.modelfile.spi.Structure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

    /// The JSON text without padding, as UTF-8. Making it throws an [IllegalArgumentException] if a name cannot be
    /// written as UTF-8.
    ///
    /// @param metadata UTF-8 by key; without any there is no `__metadata__`
    public static Structure json(Map<String, Value.Text> metadata, List<Item> items) {
        return out -> write(new HeaderText(out), metadata, items);
    }

    private static void write(HeaderText out, Map<String, Value.Text> metadata, List<Item> items) throws IOException {
        out.plain("{");
        String separator = "";
        if (!metadata.isEmpty()) {
            out.quoted(Header.METADATA).plain(":{");
            for (Map.Entry<String, Value.Text> entry : metadata.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey(Names.ORDER))
                    .toList()) {
                out.plain(separator).quoted(entry.getKey()).plain(":");
                out.quoted(entry.getValue().data());
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

    private static void write(HeaderText out, Item item) throws IOException {
        out.quoted(item.name()).plain(":{\"dtype\":\"").plain(item.dtype().name());
        out.plain("\",\"shape\":[");
        for (int i = 0; i < item.shape().rank(); i++) {
            out.plain(i == 0 ? "" : ",")
                    .plain(Long.toUnsignedString(item.shape().dim(i)));
        }
        out.plain("],\"data_offsets\":[").plain(item.begin() + "," + item.end()).plain("]}");
    }

    /// Where the data begins behind a text.
    ///
    /// @param jsonBytes the length of the text
    /// @param room spare bytes behind the text
    /// @param alignment a power of two; less than 8 counts as 8
    public static long dataOffset(long jsonBytes, int room, int alignment) {
        long unit = Math.max(ALIGNMENT, alignment);
        return Math.ceilDiv(Header.PREFIX + jsonBytes + room, unit) * unit;
    }

    /// The whole header: its length, the text, and spaces up to where the data begins.
    ///
    /// @param jsonBytes the length of the text
    /// @throws IllegalArgumentException if there is no room for the text, or the header exceeds what the format allows
    public static Structure header(Structure json, long jsonBytes, long dataOffset) {
        long length = dataOffset - Header.PREFIX;
        if (length > Header.MAX_LENGTH || jsonBytes > length) {
            throw new IllegalArgumentException("a header of " + Math.max(length, jsonBytes) + " bytes vs "
                    + Math.min(length, Header.MAX_LENGTH) + " allowed");
        }
        return out -> {
            out.write(ByteBuffer.allocate(Header.PREFIX)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(length)
                    .array());
            json.writeTo(out);
            for (long i = jsonBytes; i < length; i++) {
                out.write(' ');
            }
        };
    }
}
