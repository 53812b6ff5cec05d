package dev.modelfile.onnx.wire;

import dev.modelfile.io.Region;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/// Strings from files, for use and for messages.
public final class Texts {
    private static final int SHOWN = 80;

    private Texts() {}

    /// A range of a file as text; what is not UTF-8 becomes U+FFFD, as protobuf allows it in proto2.
    ///
    /// @param length at most what an array holds
    public static String of(Region file, long start, long length) {
        MemorySegment range = file.bytes().asSlice(start, length);
        return new String(range.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /// A string from a file for a message: short, without control characters.
    public static String shown(String text) {
        StringBuilder out = new StringBuilder("\"");
        int end = Math.min(SHOWN, text.length());
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            out.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '\uFFFD' : c);
        }
        return out.append(text.length() > SHOWN ? "…\"" : "\"").toString();
    }
}
