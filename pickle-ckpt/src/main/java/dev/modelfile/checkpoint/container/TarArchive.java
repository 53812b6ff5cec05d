package dev.modelfile.checkpoint.container;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.io.Region;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The members of a tar archive: POSIX ustar, GNU and pax headers, as far as names and sizes need them.
///
/// @param members the regular files in order
/// @param end where the archive ends, behind its empty blocks
/// @param complete whether two empty blocks end it
public record TarArchive(List<Member> members, long end, boolean complete) {
    private static final int BLOCK = 512;
    private static final int NAME_LENGTH = 100;

    /// One file.
    ///
    /// @param name its name
    /// @param content its bytes
    public record Member(String name, Region content) {}

    /// Whether bytes begin with a tar header whose checksum is right.
    ///
    /// @throws MalformedModelException never
    public static boolean isTar(Region file) throws MalformedModelException {
        return file.size() >= BLOCK && file.u8(0) != 0 && checksum(file, 0);
    }

    private static boolean checksum(Region file, long at) throws MalformedModelException {
        long sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : file.u8(at + i);
        }
        return sum == number(file, at + 148, 8);
    }

    /// An octal number, or a binary one where the first bit is set; -1 if it is neither.
    private static long number(Region file, long at, int length) throws MalformedModelException {
        long value = 0;
        if ((file.u8(at) & 0x80) != 0) {
            for (int i = 1; i < length; i++) {
                value = value >>> 55 == 0 ? value << 8 | file.u8(at + i) : -1;
            }
            return value;
        }
        boolean digits = false;
        for (int i = 0; i < length; i++) {
            int c = file.u8(at + i);
            if (c >= '0' && c <= '7') {
                value = value * 8 + c - '0';
                digits = true;
            } else if (c != ' ' || digits) {
                return c == 0 || c == ' ' ? value : -1;
            }
        }
        return value;
    }

    /// Reads the headers.
    ///
    /// @throws ModelFormatException if one is damaged, or there are too many
    public static TarArchive read(Region file, ReadLimits limits) throws ModelFormatException {
        List<Member> members = new ArrayList<>();
        String longName = null;
        long at = 0;
        while (at + BLOCK <= file.size() && file.u8(at) != 0) {
            if (!checksum(file, at)) {
                throw file.malformed("tar.checksum", "", at, "a header whose checksum is wrong");
            }
            long size = number(file, at + 124, 12);
            String name = longName == null ? name(file, at) : longName;
            longName = null;
            Region content = file.slice("member " + shown(name), at + BLOCK, size);
            int type = file.u8(at + 156);
            if (type == 'L') {
                longName = text(content, Math.min(size, 4096));
            } else if (type == 0 || type == '0' || type == '7') {
                members.add(new Member(name, content));
            } else if (type == 'x') {
                longName = paxPath(content);
            }
            if (members.size() > limits.maxParts()) {
                throw tooMany(file, at, limits);
            }
            at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
        }
        boolean complete = at + BLOCK <= file.size();
        while (at + BLOCK <= file.size() && isEmpty(file, at)) {
            at += BLOCK;
        }
        return new TarArchive(List.copyOf(members), Math.min(at, file.size()), complete);
    }

    private static LimitExceededException tooMany(Region file, long at, ReadLimits limits) {
        return file.limit("maxParts", "", at, "more than " + limits.maxParts() + " members");
    }

    private static boolean isEmpty(Region file, long at) throws MalformedModelException {
        for (int i = 0; i < BLOCK; i += 8) {
            if (file.i64(at + i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static String name(Region file, long at) throws MalformedModelException {
        String name = text(file.slice("name", at, NAME_LENGTH), NAME_LENGTH);
        boolean ustar = text(file.slice("magic", at + 257, 5), 5).equals("ustar");
        String prefix = ustar ? text(file.slice("prefix", at + 345, 155), 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private static String text(Region bytes, long most) throws MalformedModelException {
        byte[] copy = bytes.copy("name", 0, most);
        int length = 0;
        while (length < copy.length && copy[length] != 0) {
            length++;
        }
        return new String(copy, 0, length, StandardCharsets.UTF_8);
    }

    /// The value of `path` in a pax header.
    private static @org.jspecify.annotations.Nullable String paxPath(Region content) throws MalformedModelException {
        String text = text(content, Math.min(content.size(), 8192));
        for (String line : text.split("\n")) {
            int key = line.indexOf(" path=");
            if (key > 0) {
                return line.substring(key + 6);
            }
        }
        return null;
    }

    private static String shown(String name) {
        return dev.modelfile.checkpoint.zip.Findings.shown(name);
    }
}
