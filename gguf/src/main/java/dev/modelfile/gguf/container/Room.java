package dev.modelfile.gguf.container;

import dev.modelfile.Value;
import java.util.Arrays;

/// Spare bytes in a header: a string of spaces at the end of the key-value pairs. GGUF fixes where the data section
/// begins, the padding is never a whole alignment long, so room for later changes has to be a value.
public final class Room {
    /// The key.
    public static final String KEY = "modelfile.room";

    private Room() {}

    /// What the pair takes with an empty string: length and bytes of the key, type, length of the value.
    public static int overhead(Encoding encoding) {
        return encoding.lengthBytes() + KEY.length() + Integer.BYTES + encoding.lengthBytes();
    }

    /// A value of so many spaces.
    public static Value of(int length) {
        byte[] spaces = new byte[length];
        Arrays.fill(spaces, (byte) ' ');
        return Value.text(spaces);
    }
}
