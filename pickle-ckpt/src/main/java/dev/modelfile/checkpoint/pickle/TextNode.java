package dev.modelfile.checkpoint.pickle;

import dev.modelfile.checkpoint.PickleValue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Text: decoded at once if it is short, otherwise when it is asked for.
public final class TextNode implements PickleValue.Text {
    /// Longer text stays in the file until it is asked for.
    static final int SHORT = 512;

    private final @Nullable String text;
    private final @Nullable MemorySegment bytes;
    private final long byteSize;

    /// Text that is decoded already.
    public TextNode(String text, long byteSize) {
        this.text = text;
        this.bytes = null;
        this.byteSize = byteSize;
    }

    /// Long text that stays in the file.
    TextNode(MemorySegment utf8) {
        this.text = null;
        this.bytes = utf8;
        this.byteSize = utf8.byteSize();
    }

    @Override
    public String value() {
        if (text != null || bytes == null) {
            return String.valueOf(text);
        }
        byte[] copy = bytes.toArray(ValueLayout.JAVA_BYTE);
        return PythonText.utf8(copy, 0, copy.length);
    }

    /// Whether it is so short that reading it again costs next to nothing.
    boolean isShort() {
        return bytes == null && byteSize <= SHORT;
    }

    /// The undecoded bytes, or null if the text is decoded.
    public @Nullable MemorySegment bytes() {
        return bytes;
    }

    @Override
    public long byteSize() {
        return byteSize;
    }

    @Override
    public String toString() {
        return byteSize > 200 ? "text of " + byteSize + " bytes" : value();
    }
}
