package dev.modelfile.onnx.check;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.io.Segments;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Visitor;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The rules of sparse tensors, as ONNX's checker has them: a value for each position, positions inside the dense shape
/// and ascending strictly.
final class SparseCheck implements Visitor {
    private final Walker walker;
    private final Elements elements;
    private final Problems problems;
    private final Map<Long, Tensor> byOffset = new HashMap<>();
    private boolean hasValues;
    private boolean hasIndices;
    private @Nullable Tensor values;
    private @Nullable Tensor indices;

    SparseCheck(Walker walker, Elements elements, Problems problems, List<TensorEntry> entries) {
        this.walker = walker;
        this.elements = elements;
        this.problems = problems;
        for (TensorEntry entry : entries) {
            if (entry.site() == TensorEntry.Site.SPARSE_VALUES || entry.site() == TensorEntry.Site.SPARSE_INDICES) {
                byOffset.put(entry.message().offset(), entry.tensor());
            }
        }
    }

    @Override
    public boolean enter(Frame frame) throws ModelFormatException {
        if (frame.isIn(Kind.SPARSE, 1)) {
            hasValues = true;
            values = byOffset.get(frame.message().offset());
        } else if (frame.isIn(Kind.SPARSE, 2)) {
            hasIndices = true;
            indices = byOffset.get(frame.message().offset());
        } else if (frame.kind() == Kind.SPARSE) {
            hasValues = false;
            hasIndices = false;
            values = null;
            indices = null;
        }
        return frame.kind().leadsToNodes() || frame.kind() == Kind.SPARSE;
    }

    @Override
    public void leave(Frame frame) throws ModelFormatException {
        if (frame.kind() == Kind.SPARSE) {
            try {
                sparse(frame);
            } catch (ModelFormatException limit) {
                throw limit;
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
    }

    private void sparse(Frame frame) throws IOException {
        long[] dense = dense(frame);
        if (dense.length == 0 || Arrays.stream(dense).anyMatch(dim -> dim <= 0)) {
            error(frame, "the dense shape is " + Arrays.toString(dense) + ", which holds no element");
        } else if (!hasValues) {
            error(frame, "there are no values");
        } else if (values != null && counted(frame, values) && indices != null) {
            indices(frame, indices, dense);
        }
    }

    private long[] dense(Frame sparse) throws ModelFormatException {
        List<Long> dims = new ArrayList<>();
        WireCursor at = sparse.fields();
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

    /// Whether there are as many values as positions.
    private boolean counted(Frame frame, Tensor stored) throws ModelFormatException {
        if (stored.shape().rank() != 1) {
            error(frame, "the values have " + stored.shape().rank() + " dimensions");
            return false;
        }
        long count = stored.shape().dim(0);
        Tensor positions = indices;
        long listed = positions == null || positions.shape().rank() == 0
                ? -1
                : positions.shape().dim(0);
        if (!hasIndices && count > 0 || listed >= 0 && listed != count) {
            error(frame, count + " values vs " + Math.max(0, listed) + " indices");
            return false;
        }
        return true;
    }

    private void indices(Frame frame, Tensor positions, long[] dense) throws IOException {
        int rank = positions.shape().rank();
        if (positions.dtype() != ScalarType.I64 || rank < 1 || rank > 2) {
            error(frame, "the indices are " + positions.dtype().name() + " " + positions.shape());
            return;
        }
        if (rank == 2 && positions.shape().dim(1) != dense.length) {
            error(
                    frame,
                    "the indices have " + positions.shape().dim(1) + " columns, the dense shape has " + dense.length
                            + " dimensions");
            return;
        }
        long[] bounds = dense;
        if (rank == 1) {
            try {
                bounds = new long[] {Shape.of(dense).elements()};
            } catch (ArithmeticException | IllegalArgumentException impossible) {
                error(frame, "the dense shape " + Arrays.toString(dense) + " is impossible");
                return;
            }
        }
        try (Arena arena = Arena.ofConfined()) {
            ascending(frame, elements.of(positions, arena), bounds);
        } catch (MalformedModelException missing) {
            // That the file is not there is reported already.
        }
    }

    /// Flat positions as numbers, others row by row.
    private void ascending(Frame frame, MemorySegment bytes, long[] bounds) throws ModelFormatException {
        int width = bounds.length;
        long rows = bytes.byteSize() / 8 / width;
        for (long row = 0; row < rows; row++) {
            int order = row == 0 ? 1 : 0;
            for (int i = 0; i < width; i++) {
                long value = bytes.get(Segments.LE_I64, (row * width + i) * 8);
                if (value < 0 || value >= bounds[i]) {
                    error(frame, "index " + value + " at position " + row + " is outside of 0 to " + bounds[i]);
                    return;
                }
                if (order == 0) {
                    order = Long.compare(value, bytes.get(Segments.LE_I64, ((row - 1) * width + i) * 8));
                }
            }
            if (order <= 0) {
                error(frame, "the index at position " + row + " is not in ascending order");
                return;
            }
        }
    }

    private void error(Frame frame, String problem) throws ModelFormatException {
        problems.note(
                Severity.ERROR, Rules.SPARSE, frame.place(), frame.message().offset(), problem);
    }
}
