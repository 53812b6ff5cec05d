package dev.modelfile.checkpoint.zip;

import dev.modelfile.MalformedModelException;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.io.Segments;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/// Reads the few bytes between the records of an archive. If these are large, the bytes are far apart, and are read
/// from the file instead of the mapping, a window for each place.
final class Glimpse {
    /// Records of that size on average make an archive a large one.
    private static final long FAR = 1 << 16;
    private static final int WINDOW = 1024;
    /// What stands before a local header is the descriptor of the record before.
    private static final int BEFORE = 32;

    private final Region file;
    private final MemorySegment window = MemorySegment.ofArray(new byte[WINDOW]);
    private @Nullable FileChannel channel;
    private long start;
    private long end;

    Glimpse(Region file) {
        this.file = file;
    }

    /// Reads from the file from now on, until [#close()], if that is worth it.
    ///
    /// @param mapped what the archive is a part of
    void open(MappedFile mapped, int records) {
        if (file.bytes().isMapped() && file.size() / Math.max(1, records) >= FAR) {
            try {
                channel = mapped.reopen();
            } catch (IOException unreadable) {
                channel = null;
            }
        }
    }

    /// Whether bytes are read from the file.
    boolean isOpen() {
        return channel != null;
    }

    void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException harmless) {
            // It was only read from.
        }
        channel = null;
    }

    private boolean has(long at, int length) {
        if (at >= start && at + length <= end) {
            return true;
        }
        if (channel == null || at < 0 || length > file.size() - at) {
            return false;
        }
        long from = Math.max(0, at - BEFORE);
        long most = Math.min(WINDOW, file.size() - from);
        try {
            start = from;
            end = from + Segments.read(channel, file.base() + from, window.asSlice(0, most));
        } catch (IOException unreadable) {
            end = start;
        }
        return at + length <= end;
    }

    int u8(long at) throws MalformedModelException {
        return has(at, 1) ? window.get(ValueLayout.JAVA_BYTE, at - start) & 0xFF : file.u8(at);
    }

    int u16(long at) throws MalformedModelException {
        return has(at, 2) ? window.get(Segments.LE_I16, at - start) & 0xFFFF : file.u16(at);
    }

    int i32(long at) throws MalformedModelException {
        return has(at, 4) ? window.get(Segments.LE_I32, at - start) : file.i32(at);
    }
}
