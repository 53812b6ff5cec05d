package dev.modelfile.onnx.check;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Segments;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.DataType;
import dev.modelfile.onnx.tensor.Strings;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.Span;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What can only be said of tensors by looking at their elements: truth values, text, and the positions in sparse
/// tensors.
final class TensorCheck {
    private static final long LARGE = 64L << 20;

    private final Walker walker;
    private final Problems problems;
    private final Map<MappedFile, Long> examined = new IdentityHashMap<>();

    TensorCheck(Walker walker, Problems problems) {
        this.walker = walker;
        this.problems = problems;
    }

    void check(List<TensorEntry> entries) throws IOException {
        Map<Span, TensorEntry> values = new LinkedHashMap<>();
        Map<Span, TensorEntry> indices = new HashMap<>();
        for (TensorEntry entry : entries) {
            Tensor tensor = entry.tensor();
            Span holder = entry.message().spans().getFirst().parent();
            if (tensor.dtype() == ScalarType.BOOL) {
                bools(tensor);
            } else if (tensor.dtype().equals(DataType.TEXT)) {
                texts(tensor);
            }
            if (holder != null && entry.site() == TensorEntry.Site.SPARSE_VALUES) {
                values.put(holder, entry);
            } else if (holder != null && entry.site() == TensorEntry.Site.SPARSE_INDICES) {
                indices.put(holder, entry);
                indices(tensor, dense(holder));
            }
        }
        for (Map.Entry<Span, TensorEntry> sparse : values.entrySet()) {
            sparse(sparse.getValue().tensor(), indices.get(sparse.getKey()));
        }
    }

    /// As many values as positions.
    private void sparse(Tensor values, @Nullable TensorEntry indices) throws IOException {
        if (values.shape().rank() != 1) {
            error(Rules.SPARSE, values, "the values have " + values.shape().rank() + " dimensions");
        } else if (indices != null
                && indices.tensor().shape().rank() > 0
                && indices.tensor().shape().dim(0) != values.shape().dim(0)) {
            error(
                    Rules.SPARSE,
                    values,
                    values.shape().dim(0) + " values vs "
                            + indices.tensor().shape().dim(0) + " indices");
        }
    }

    /// The dimensions of the tensor that a sparse one stands for.
    private long[] dense(Span sparse) throws IOException {
        List<Long> dims = new ArrayList<>();
        WireCursor at = walker.cursor(Message.of(sparse));
        while (at.next() && dims.size() <= walker.limits().maxRank()) {
            if (at.field() == 3 && at.type() == WireCursor.VARINT) {
                dims.add(at.value());
            } else if (at.field() == 3 && at.type() == WireCursor.LENGTH_DELIMITED) {
                WireCursor.Packed packed = at.packed();
                while (packed.hasNext() && dims.size() <= walker.limits().maxRank()) {
                    dims.add(packed.next());
                }
            }
        }
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    /// The elements in memory; those in typed fields are decoded, unless that would take too much. A file is not looked
    /// through more often than tensors that do not overlap need: that they overlap is reported elsewhere.
    private MemorySegment bytes(Tensor tensor, Arena arena) throws IOException {
        MappedFile part = tensor.part();
        if (part != null && examined.merge(part, tensor.byteSize(), Long::sum) > part.size()) {
            examined.put(part, part.size());
            return MemorySegment.NULL;
        }
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

    /// Positions are inside the dense shape and ascend strictly: flat ones as numbers, others row by row.
    private void indices(Tensor tensor, long[] dense) throws IOException {
        int rank = tensor.shape().rank();
        if (tensor.dtype() != ScalarType.I64 || rank < 1 || rank > 2) {
            error(Rules.SPARSE, tensor, "the indices are " + tensor.dtype().name() + " " + tensor.shape());
            return;
        }
        if (rank == 2 && tensor.shape().dim(1) != dense.length) {
            error(
                    Rules.SPARSE,
                    tensor,
                    "the indices have " + tensor.shape().dim(1) + " columns, the dense shape has " + dense.length
                            + " dimensions");
            return;
        }
        long[] bounds = dense;
        if (rank == 1) {
            try {
                bounds = new long[] {Shape.of(dense).elements()};
            } catch (ArithmeticException | IllegalArgumentException impossible) {
                error(Rules.SPARSE, tensor, "the dense shape " + Arrays.toString(dense) + " is impossible");
                return;
            }
        }
        try (Arena arena = Arena.ofConfined()) {
            ascending(tensor, bytes(tensor, arena), bounds);
        } catch (MalformedModelException missing) {
            // That the file is not there is reported already.
        }
    }

    private void ascending(Tensor tensor, MemorySegment bytes, long[] bounds) throws IOException {
        int width = bounds.length;
        long rows = width == 0 ? 0 : bytes.byteSize() / 8 / width;
        for (long row = 0; row < rows; row++) {
            int order = row == 0 ? 1 : 0;
            for (int i = 0; i < width; i++) {
                long value = bytes.get(Segments.LE_I64, (row * width + i) * 8);
                if (value < 0 || value >= bounds[i]) {
                    error(
                            Rules.SPARSE,
                            tensor,
                            "index " + value + " at position " + row + " is outside of 0 to " + bounds[i]);
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
