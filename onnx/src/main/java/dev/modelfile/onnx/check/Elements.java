package dev.modelfile.onnx.check;

import dev.modelfile.Tensor;
import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.Map;

/// Gives checks the elements of tensors without letting them look at a file again and again.
final class Elements {
    private static final long LARGE = 64L << 20;

    private final Map<MappedFile, Long> examined = new IdentityHashMap<>();

    /// The elements in memory; those in typed fields are decoded, unless that would take too much. A file is not looked
    /// through more often than tensors that do not overlap need: that they overlap is reported elsewhere.
    ///
    /// @return nothing if they are not to be looked at
    /// @throws IOException if they cannot be had
    MemorySegment of(Tensor tensor, Arena arena) throws IOException {
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
}
