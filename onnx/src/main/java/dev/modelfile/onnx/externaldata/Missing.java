package dev.modelfile.onnx.externaldata;

import dev.modelfile.MalformedModelException;
import dev.modelfile.onnx.check.Rules;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Stands for bytes whose file is not there: the tensor can be listed, not read.
record Missing(long byteSize, String model, String place, String problem) implements TensorData {

    @Override
    public @Nullable MemorySegment segment() {
        return null;
    }

    @Override
    public void read(long offset, MemorySegment target) throws IOException {
        throw new MalformedModelException(Rules.MISSING, model, place, -1, problem);
    }
}
