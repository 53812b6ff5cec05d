package dev.modelfile.internal.carry;

import dev.modelfile.Value;
import java.util.Objects;

/// An array over its text, which has been checked: it costs a number for every [#STRIDE] elements until elements are
/// asked for.
final class TextArray implements Value.Array {
    static final int STRIDE = 32;
    private static final int SHOWN = 8;

    private final byte[] bytes;
    private final int[] starts;
    private final int size;
    private final String element;
    private final Type elementType;

    /// @param starts where every [#STRIDE]th element begins
    /// @param size the number of elements
    /// @param element the note of the elements
    /// @throws IllegalArgumentException if there is no such type of elements
    TextArray(byte[] bytes, int[] starts, int size, String element) {
        this.bytes = bytes;
        this.starts = starts;
        this.size = size;
        this.element = element;
        this.elementType = Note.type(element);
    }

    @Override
    public Type elementType() {
        return elementType;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public Value get(long index) {
        int at = (int) Objects.checkIndex(index, (long) size);
        JsonReader reader = new JsonReader(bytes, starts[at / STRIDE], bytes.length);
        for (int before = at % STRIDE; before > 0; before--) {
            reader.value(element);
            reader.expect(',');
        }
        return reader.value(element);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < Math.min(size, SHOWN); i++) {
            text.append(i == 0 ? "" : ", ").append(get(i));
        }
        return text.append(size > SHOWN ? ", … " + size + " in all]" : "]").toString();
    }
}
