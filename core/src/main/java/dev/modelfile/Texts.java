package dev.modelfile;

import dev.modelfile.json.Utf8;
import dev.modelfile.spi.TextData;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The bytes of texts.
final class Texts {
    private Texts() {}

    /// Bytes that a text has for itself.
    ///
    /// @param utf8 not changed by anybody
    record Held(byte[] utf8) implements TextData {
        @Override
        public long byteSize() {
            return utf8.length;
        }

        @Override
        public byte[] bytes() {
            return utf8.clone();
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            out.write(utf8);
        }

        @Override
        public boolean isUtf8() {
            return Utf8.firstError(MemorySegment.ofArray(utf8)) < 0;
        }

        @Override
        public Input open(long position) {
            return TextData.of(MemorySegment.ofArray(utf8)).open(position);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Held held && Arrays.equals(utf8, held.utf8);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(utf8);
        }
    }

    static boolean equal(TextData left, TextData right) {
        if (left == right || left instanceof Held && right instanceof Held) {
            return left.equals(right);
        }
        if (left.byteSize() != right.byteSize()) {
            return false;
        }
        TextData.Input one = left.open(0);
        TextData.Input other = right.open(0);
        int next = one.read();
        while (next >= 0 && next == other.read()) {
            next = one.read();
        }
        return next < 0;
    }

    /// That of an array of the bytes.
    static int hash(TextData data) {
        if (data instanceof Held held) {
            return held.hashCode();
        }
        int hash = 1;
        TextData.Input input = data.open(0);
        for (int next = input.read(); next >= 0; next = input.read()) {
            hash = 31 * hash + (byte) next;
        }
        return hash;
    }
}
