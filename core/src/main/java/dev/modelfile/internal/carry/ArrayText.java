package dev.modelfile.internal.carry;

import dev.modelfile.Value;
import dev.modelfile.spi.TextData;

/// The JSON of an array, made while it is read.
final class ArrayText implements TextData {
    /// How much is made at once.
    private static final int CHUNK = 4096;

    private final Value.Array array;
    private final String note;
    private volatile long byteSize = -1;

    /// @param note the type of the array
    ArrayText(Value.Array array, String note) {
        this.array = array;
        this.note = note;
    }

    Value.Array array() {
        return array;
    }

    String note() {
        return note;
    }

    @Override
    public long byteSize() {
        long size = byteSize;
        if (size < 0) {
            Chunks all = new Chunks();
            while (all.fill()) {
                // Only the size is wanted.
            }
            size = all.position();
            byteSize = size;
        }
        return size;
    }

    /// The strings in it are UTF-8, otherwise they would be noted as bytes.
    @Override
    public boolean isUtf8() {
        return true;
    }

    @Override
    public Input open(long position) {
        Chunks input = new Chunks();
        while (input.position() < position && input.read() >= 0) {
            // There are no marks in what is not stored.
        }
        return input;
    }

    private final class Chunks extends Input {
        private final String element = note.equals(Note.JSON) ? note : Note.element(note);
        private long index = -1;
        private byte[] chunk = {};
        private int at;
        private long before;

        @Override
        public long position() {
            return before + at;
        }

        @Override
        public int read() {
            return at < chunk.length || fill() ? chunk[at++] & 0xFF : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (length == 0 || at == chunk.length && !fill()) {
                return length == 0 ? 0 : -1;
            }
            int count = Math.min(length, chunk.length - at);
            System.arraycopy(chunk, at, target, offset, count);
            at += count;
            return count;
        }

        /// Makes the next chunk; false at the end.
        private boolean fill() {
            before += chunk.length;
            at = 0;
            JsonText text = new JsonText();
            if (index < 0) {
                text.ascii("[");
                index = 0;
            }
            for (; index < array.size() && text.length() < CHUNK; index++) {
                text.ascii(index == 0 ? "" : ", ");
                text.value(array.get(index), element);
            }
            if (index == array.size()) {
                text.ascii("]");
                index++;
            }
            chunk = text.toByteArray();
            return chunk.length > 0;
        }
    }
}
