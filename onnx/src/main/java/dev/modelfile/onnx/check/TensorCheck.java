package dev.modelfile.onnx.check;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.io.Segments;
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
import java.util.Map;
import java.util.TreeMap;

/// What can only be said of tensors by looking at their elements: truth values, text, and the positions in sparse
/// tensors.
final class TensorCheck {
    private static final int PIECE = 1 << 16;
    private static final long LARGE = 64L << 20;

    private final Walker walker;
    private final Problems problems;

    TensorCheck(Walker walker, Problems problems) {
        this.walker = walker;
        this.problems = problems;
    }

    void check(List<TensorEntry> entries) throws IOException {
        Map<String, TensorEntry> values = new TreeMap<>();
        for (TensorEntry entry : entries) {
            Tensor tensor = entry.tensor();
            if (tensor.dtype() == ScalarType.BOOL) {
                bools(tensor);
            } else if (tensor.dtype().equals(DataType.TEXT)) {
                texts(tensor);
            } else if (entry.site() == TensorEntry.Site.SPARSE_VALUES) {
                values.put(tensor.name(), entry);
            } else if (entry.site() == TensorEntry.Site.SPARSE_INDICES) {
                indices(tensor);
            }
        }
        for (TensorEntry entry : values.values()) {
            if (entry.tensor().shape().rank() != 1) {
                error(
                        Rules.SPARSE,
                        entry.tensor(),
                        "the values have " + entry.tensor().shape().rank() + " dimensions");
            }
        }
    }

    /// The elements in memory; those in typed fields are decoded, unless that would take too much.
    private static MemorySegment bytes(Tensor tensor, Arena arena) throws IOException {
        if (tensor.isMapped()) {
            return tensor.segment();
        }
        return tensor.byteSize() > LARGE ? MemorySegment.NULL : tensor.toSegment(arena);
    }

    private void bools(Tensor tensor) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            bools(tensor, bytes(tensor, arena));
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
                error(Rules.STRING_UTF8, tensor, "element " + at + " is not UTF-8");
                return;
            }
            at++;
        }
    }

    /// Positions ascend strictly: flat ones as numbers, others row by row.
    private void indices(Tensor tensor) throws IOException {
        if (tensor.dtype() != ScalarType.I64
                || tensor.shape().rank() < 1
                || tensor.shape().rank() > 2) {
            error(Rules.SPARSE, tensor, "the indices are " + tensor.dtype().name() + " " + tensor.shape());
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            ascending(tensor, bytes(tensor, arena));
        } catch (MalformedModelException missing) {
            // That the file is not there is reported already.
        }
    }

    private void ascending(Tensor tensor, MemorySegment bytes) throws IOException {
        int width = (int)
                Math.min(PIECE, tensor.shape().rank() == 1 ? 1 : tensor.shape().dim(1));
        long rows = tensor.shape().dim(0);
        for (long row = 0; row < rows && width > 0 && bytes.byteSize() > 0; row++) {
            int order = row == 0 ? 1 : 0;
            for (int i = 0; i < width; i++) {
                long value = bytes.get(Segments.LE_I64, (row * width + i) * 8);
                if (value < 0) {
                    error(Rules.SPARSE, tensor, "negative index " + value + " at position " + row);
                    return;
                }
                if (order == 0) {
                    order = Long.compare(value, bytes.get(Segments.LE_I64, ((row - 1) * width + i) * 8));
                }
            }
            if (order <= 0) {
                error(Rules.SPARSE, tensor, "the index at position " + row + " is not in ascending order");
                return;
            }
        }
    }

    private void error(String rule, Tensor tensor, String problem) throws IOException {
        problems.note(Severity.ERROR, rule, place(tensor), tensor.offset().orElse(-1), problem);
    }

    private static String place(Tensor tensor) {
        return "tensor " + Texts.shown(tensor.name());
    }
}
