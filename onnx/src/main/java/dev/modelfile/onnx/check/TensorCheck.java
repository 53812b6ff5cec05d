package dev.modelfile.onnx.check;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.DataType;
import dev.modelfile.onnx.tensor.Strings;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// What can only be said of tensors by looking at their elements: truth values and text.
final class TensorCheck {
    private final Walker walker;
    private final Elements elements;
    private final Problems problems;

    TensorCheck(Walker walker, Elements elements, Problems problems) {
        this.walker = walker;
        this.elements = elements;
        this.problems = problems;
    }

    void check(List<TensorEntry> entries) throws IOException {
        for (TensorEntry entry : entries) {
            Tensor tensor = entry.tensor();
            if (tensor.dtype() == ScalarType.BOOL) {
                bools(tensor);
            } else if (tensor.dtype().equals(DataType.TEXT)) {
                texts(tensor);
            }
        }
    }

    private void bools(Tensor tensor) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            bools(tensor, elements.of(tensor, arena));
        } catch (MalformedModelException missing) {
            // That the file is not there is reported already.
        }
    }

    private void bools(Tensor tensor, MemorySegment bytes) throws IOException {
        for (long at = 0; at < bytes.byteSize(); at++) {
            if ((bytes.get(ValueLayout.JAVA_BYTE, at) & 0xFE) != 0) {
                problems.note(
                        Severity.WARNING,
                        Rules.BOOL_VALUE,
                        place(tensor),
                        tensor.offset().orElse(-1),
                        "truth value " + (bytes.get(ValueLayout.JAVA_BYTE, at) & 0xFF) + " at element " + at
                                + "; readers may differ");
                return;
            }
        }
    }

    private void texts(Tensor tensor) throws IOException {
        int at = 0;
        for (byte[] element : Strings.of(tensor, walker)) {
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(element));
            } catch (CharacterCodingException notText) {
                problems.note(
                        Severity.ERROR,
                        Rules.STRING_UTF8,
                        place(tensor),
                        tensor.offset().orElse(-1),
                        "element " + at + " is not UTF-8");
                return;
            }
            at++;
        }
    }

    private static String place(Tensor tensor) {
        return "tensor " + Texts.shown(tensor.name());
    }
}
