package dev.modelfile.checkpoint.container;

import dev.modelfile.MalformedModelException;
import dev.modelfile.io.Region;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// One header block of a tar archive, read as leniently as Python's `tarfile` does, which PyTorch uses.
///
/// @param name the name that stands in the block
/// @param size the size that stands in the block
/// @param type the type, a folder also if only its name says so
record TarHeader(String name, long size, int type) {
    static final int BLOCK = 512;
    static final int FOLDER = '5';
    private static final int NAME_LENGTH = 100;
    private static final int CHECKSUM = 148;
    private static final int CHECKSUM_LENGTH = 8;

    /// Whether a block holds nothing, as those at the end do.
    static boolean isEmpty(Region file, long at) throws MalformedModelException {
        for (int i = 0; i < BLOCK; i += Long.BYTES) {
            if (file.i64(at + i) != 0) {
                return false;
            }
        }
        return true;
    }

    /// Whether the checksum of a block is right, in one of the two ways in which programs have counted it.
    static boolean isValid(Region file, long at) throws MalformedModelException {
        long unsigned = CHECKSUM_LENGTH * ' ';
        long signed = unsigned;
        for (int i = 0; i < BLOCK; i++) {
            if (i < CHECKSUM || i >= CHECKSUM + CHECKSUM_LENGTH) {
                int value = file.u8(at + i);
                unsigned += value;
                signed += (byte) value;
            }
        }
        long declared = number(file, at + CHECKSUM, CHECKSUM_LENGTH);
        return declared == unsigned || declared == signed;
    }

    /// Reads a block whose checksum is right.
    static TarHeader read(Region file, long at) throws MalformedModelException {
        int type = file.u8(at + 156);
        String name = text(file, at, NAME_LENGTH);
        boolean folder = type == 0 && name.endsWith("/");
        boolean ustar = text(file, at + 257, 5).equals("ustar");
        String prefix = ustar ? text(file, at + 345, 155) : "";
        String full = prefix.isEmpty() ? name : prefix + "/" + name;
        return new TarHeader(full, number(file, at + 124, 12), folder ? FOLDER : type);
    }

    /// Whether content stands behind the header: links, devices, folders and pipes have none, whatever their size.
    boolean hasContent() {
        return type < '1' || type > '6';
    }

    /// An octal number as Python reads it, or a binary one where the first byte says so; -1 if it is neither.
    private static long number(Region file, long at, int length) throws MalformedModelException {
        if (file.u8(at) == 0x80) {
            long value = 0;
            for (int i = 1; i < length; i++) {
                if (value >>> 55 != 0) {
                    return -1;
                }
                value = value << 8 | file.u8(at + i);
            }
            return value;
        }
        return octal(text(file, at, length).strip());
    }

    private static long octal(String text) {
        int from = text.startsWith("+") ? 1 : 0;
        from += text.startsWith("0o", from) || text.startsWith("0O", from) ? 2 : 0;
        long value = 0;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '_') {
                continue;
            }
            if (c < '0' || c > '7') {
                return -1;
            }
            value = value * 8 + c - '0';
        }
        return value;
    }

    /// The bytes up to the first zero.
    static String text(Region file, long at, long most) throws MalformedModelException {
        byte[] copy = file.copy("tar header", at, most);
        int length = 0;
        while (length < copy.length && copy[length] != 0) {
            length++;
        }
        return new String(copy, 0, length, StandardCharsets.UTF_8);
    }

    /// The name and the size that a pax header gives to the member behind it.
    ///
    /// @param path its name, if it says one
    /// @param size its size, -1 if it says none
    /// @param sparse whether the content has holes, which are described inside it
    record Pax(@Nullable String path, long size, boolean sparse) {
        static final Pax NONE = new Pax(null, -1, false);
        private static final int LONGEST = 1 << 20;

        /// Reads records of the form `length key=value`.
        static Pax read(Region content) throws MalformedModelException {
            if (content.size() > LONGEST) {
                throw content.malformed("tar.pax", "", 0, "a pax header of " + content.size() + " bytes");
            }
            String text = new String(content.copy("pax header", 0, content.size()), StandardCharsets.ISO_8859_1);
            String path = null;
            long size = -1;
            boolean sparse = false;
            for (int at = 0; at < text.length() && text.charAt(at) != 0; ) {
                int blank = text.indexOf(' ', at);
                int equals = text.indexOf('=', at);
                int length = blank > at && blank - at < 9 ? whole(text.substring(at, blank)) : -1;
                if (length <= 0 || length > text.length() - at || equals < blank || equals >= at + length) {
                    throw content.malformed("tar.pax", "", at, "a record that is not of the form: length key=value");
                }
                String key = text.substring(blank + 1, equals);
                String value = text.substring(equals + 1, Math.max(equals + 1, at + length - 1));
                sparse |= key.startsWith("GNU.sparse.");
                if (key.equals("path")) {
                    path = new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
                } else if (key.equals("size")) {
                    size = value.length() < 19 ? wholeLong(value) : -1;
                    if (size < 0) {
                        throw content.malformed("tar.pax", "", at, "a size that is no number");
                    }
                }
                at += length;
            }
            return new Pax(path, size, sparse);
        }

        private static int whole(String digits) {
            return (int) wholeLong(digits);
        }

        private static long wholeLong(String digits) {
            return digits.matches("[0-9]{1,18}") ? Long.parseLong(digits) : -1;
        }
    }
}
