package dev.modelfile.json;

import dev.modelfile.spi.TextData;
import java.lang.foreign.MemorySegment;

/// A JSON string that has been checked, decoded while it is read.
///
/// @param escaped what stands between the quotes
/// @param byteSize the size of what that means
record EscapedText(MemorySegment escaped, long byteSize) implements TextData {
    @Override
    public boolean isUtf8() {
        return true;
    }

    @Override
    public Input open(long position) {
        return new Unescaping(TextData.of(escaped).open(position));
    }

    private static final class Unescaping extends Input {
        private final Input stored;
        /// What is left of an escape's bytes, the next one lowest.
        private int pending;

        private int pendingCount;

        Unescaping(Input stored) {
            this.stored = stored;
        }

        @Override
        public long position() {
            return stored.position();
        }

        @Override
        public int read() {
            if (pendingCount == 0) {
                int next = stored.read();
                if (next != '\\') {
                    return next;
                }
                int codePoint = Escapes.codePoint(stored::read);
                if (codePoint < 0) {
                    throw new IllegalStateException("the text has changed since it was checked");
                }
                pending = Escapes.utf8(codePoint);
                pendingCount = Escapes.byteSize(codePoint);
            }
            int next = pending & 0xFF;
            pending >>>= 8;
            pendingCount--;
            return next;
        }
    }
}
