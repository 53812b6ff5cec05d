package dev.modelfile.spi;

import dev.modelfile.json.Utf8;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Text that is stored as it is.
record StoredText(MemorySegment segment) implements TextData {
    private static final int WINDOW = 4096;

    @Override
    public long byteSize() {
        return segment.byteSize();
    }

    @Override
    public byte[] bytes() {
        Math.toIntExact(segment.byteSize());
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    @Override
    public boolean isUtf8() {
        return Utf8.firstError(segment) < 0;
    }

    @Override
    public Input open(long position) {
        return new Window(segment, position);
    }

    /// Reads through a window on the heap, which is much faster than asking a mapping for each byte.
    private static final class Window extends Input {
        private final MemorySegment segment;
        private final byte[] window;
        private long start;
        private int at;
        private int limit;

        Window(MemorySegment segment, long start) {
            this.segment = segment;
            this.start = start;
            this.window = new byte[Math.clamp(segment.byteSize() - start, 0, WINDOW)];
        }

        @Override
        public long position() {
            return start + at;
        }

        @Override
        public int read() {
            return at < limit || fill() ? window[at++] & 0xFF : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (length == 0 || at == limit && !fill()) {
                return length == 0 ? 0 : -1;
            }
            int count = Math.min(length, limit - at);
            System.arraycopy(window, at, target, offset, count);
            at += count;
            return count;
        }

        private boolean fill() {
            start += limit;
            at = 0;
            limit = (int) Math.min(window.length, segment.byteSize() - start);
            MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, start, window, 0, limit);
            return limit > 0;
        }
    }
}
