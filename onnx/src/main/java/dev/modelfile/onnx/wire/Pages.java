package dev.modelfile.onnx.wire;

import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/// Looks at a file through a small window instead of its mapping. The fields between large tensors are few and far
/// apart, and to read them costs less than to map the page of each. Not safe for use by several threads.
public final class Pages {
    private static final int SMALL = 1 << 12;
    private static final int LARGE = 1 << 16;

    private final FileChannel channel;
    private final MemorySegment bytes;
    private final ByteBuffer window = ByteBuffer.allocate(LARGE);
    private final byte[] content = window.array();
    private long start;
    private int filled;

    /// A window on a file.
    ///
    /// @param channel the same file as the mapping
    public Pages(FileChannel channel, MappedFile file) {
        this.channel = channel;
        this.bytes = file.bytes();
    }

    /// The byte at an absolute offset inside the file.
    byte get(long at) {
        long inside = at - start;
        if (inside >= 0 && inside < filled) {
            return content[(int) inside];
        }
        return load(at) ? content[0] : bytes.get(ValueLayout.JAVA_BYTE, at);
    }

    /// A range of the file as text.
    String text(long from, int length) {
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = get(from + i);
        }
        return new String(text, StandardCharsets.UTF_8);
    }

    /// Moves the window. Whoever reads on gets a larger one each time.
    ///
    /// @return false if the file cannot be read there, and the mapping is all that there is
    private boolean load(long at) {
        int size = at == start + filled ? Math.clamp(2L * filled, SMALL, LARGE) : SMALL;
        start = at;
        filled = 0;
        try {
            window.clear().limit((int) Math.min(size, bytes.byteSize() - at));
            filled = Math.max(0, channel.read(window, at));
        } catch (IOException unreadable) {
            return false;
        }
        return filled > 0;
    }
}
