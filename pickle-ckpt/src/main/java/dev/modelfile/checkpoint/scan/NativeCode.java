package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.io.Region;
import java.util.Set;

/// Programs and libraries of the common systems, by their first bytes.
final class NativeCode {
    /// ELF, and Mach-O in both orders and widths.
    private static final Set<Integer> MAGIC = Set.of(0x464C457F, 0xFEEDFACE, 0xFEEDFACF, 0xCEFAEDFE, 0xCFFAEDFE);

    private static final int PE_OFFSET = 0x3C;
    private static final int PE = 0x00004550;

    private NativeCode() {}

    static boolean is(Region content) throws ModelFormatException {
        if (content.size() < 4) {
            return false;
        }
        return MAGIC.contains(content.i32(0)) || isWindows(content);
    }

    private static boolean isWindows(Region content) throws ModelFormatException {
        if (content.size() < PE_OFFSET + 4 || content.u8(0) != 'M' || content.u8(1) != 'Z') {
            return false;
        }
        long header = content.i32(PE_OFFSET) & 0xFFFF_FFFFL;
        return header <= content.size() - 4 && content.i32(header) == PE;
    }
}
