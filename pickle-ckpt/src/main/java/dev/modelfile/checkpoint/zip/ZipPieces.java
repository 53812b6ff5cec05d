package dev.modelfile.checkpoint.zip;

import dev.modelfile.MalformedModelException;
import dev.modelfile.io.Region;
import java.util.ArrayList;
import java.util.List;

/// Splits a file of several archives one after the other, each with offsets of its own, as the files of
/// `torch.distributed.checkpoint` are.
public final class ZipPieces {
    private static final int END = 0x06054b50;
    private static final int END64 = 0x06064b50;
    private static final int LOCAL = 0x04034b50;
    private static final int END_LENGTH = 22;
    private static final int END64_LENGTH = 76;
    private static final int MAX_COMMENT = 0xFFFF;
    private static final int MAX_PIECES = 1_000_000;

    private ZipPieces() {}

    /// Whether the last bytes end an archive that begins in the same bytes, wherever that is.
    ///
    /// @throws MalformedModelException never
    public static boolean endsAsZip(Region file) throws MalformedModelException {
        return file.size() >= END_LENGTH && startOfArchiveEndingAt(file, file.size()) > 0;
    }

    /// The pieces in the order of the file; the file itself if it is one archive. A first piece that is no archive is
    /// what stands before one.
    ///
    /// @throws MalformedModelException if the end of the last archive is damaged
    public static List<Region> split(Region file) throws MalformedModelException {
        List<Region> pieces = new ArrayList<>();
        long end = file.size();
        while (end >= END_LENGTH && pieces.size() < MAX_PIECES) {
            long start = startOfArchiveEndingAt(file, end);
            if (start <= 0) {
                break;
            }
            pieces.add(file.slice(file.place(), start, end - start).at(file.place()));
            end = start;
        }
        pieces.add(end == file.size() ? file : file.slice("", 0, end).at(file.place()));
        return pieces.reversed();
    }

    /// Where an archive begins that ends exactly here, by the sizes in its end record; 0 if there is none or it is the
    /// first.
    private static long startOfArchiveEndingAt(Region file, long end) throws MalformedModelException {
        long at = end - END_LENGTH;
        if (file.i32(at) != END || file.u16(at + 20) != 0) {
            at = end == file.size() ? commentedEnd(file) : -1;
        }
        if (at < 0) {
            return 0;
        }
        long size = file.i32(at + 12) & 0xFFFF_FFFFL;
        long offset = file.i32(at + 16) & 0xFFFF_FFFFL;
        long directoryEnd = at;
        if (at >= END64_LENGTH && file.i32(at - END64_LENGTH) == END64) {
            directoryEnd = at - END64_LENGTH;
            size = file.i64(directoryEnd + 40);
            offset = file.i64(directoryEnd + 48);
        }
        boolean sane = size >= 0 && offset >= 0 && size <= directoryEnd && offset <= directoryEnd - size;
        long start = sane ? directoryEnd - size - offset : 0;
        return start > 0 && start + 4 <= end && file.i32(start) == LOCAL ? start : 0;
    }

    /// Where the end record of an archive is whose comment ends the file; -1 if there is none.
    private static long commentedEnd(Region file) throws MalformedModelException {
        long from = Math.max(0, file.size() - END_LENGTH - MAX_COMMENT);
        byte[] tail = file.copy("end of the archive", from, file.size() - from);
        for (int i = tail.length - END_LENGTH; i >= 0; i--) {
            boolean signed = tail[i] == 'P' && tail[i + 1] == 'K' && tail[i + 2] == 5 && tail[i + 3] == 6;
            int comment = signed ? tail[i + 20] & 0xFF | (tail[i + 21] & 0xFF) << 8 : 0;
            if (signed && i + END_LENGTH + comment == tail.length) {
                return from + i;
            }
        }
        return -1;
    }
}
