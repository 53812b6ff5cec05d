package dev.modelfile.onnx.wire;

import dev.modelfile.io.Region;
import dev.modelfile.spi.Printable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Strings from files, for use and for messages.
public final class Texts {
    private Texts() {}

    /// A range of a file as text; what is not UTF-8 becomes U+FFFD, as protobuf allows it in proto2.
    ///
    /// @param length at most what an array holds
    public static String of(Region file, long start, long length) {
        MemorySegment range = file.bytes().asSlice(start, length);
        return new String(range.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /// A range of a file as text, looked at through its pages if there are any.
    ///
    /// @param length at most what an array holds
    public static String of(Region file, @Nullable Pages pages, long start, long length) {
        return pages == null ? of(file, start, length) : pages.text(start, Math.toIntExact(length));
    }

    /// A string from a file in quotes for a message: short, without control characters.
    public static String shown(String text) {
        return "\"" + Printable.of(text) + "\"";
    }
}
