package dev.modelfile.onnx;

import dev.modelfile.DType;
import dev.modelfile.ModelFormat;
import dev.modelfile.ScalarType;
import dev.modelfile.contract.WriterContract;
import java.util.EnumSet;
import java.util.List;

/// ONNX keeps the writer's promises.
final class OnnxWriterTest extends WriterContract {
    @Override
    protected ModelFormat format() {
        return Onnx.FORMAT;
    }

    @Override
    protected String fileName() {
        return "model.onnx";
    }

    @Override
    protected List<DType> types() {
        return List.copyOf(EnumSet.complementOf(EnumSet.of(ScalarType.F6_E2M3, ScalarType.F6_E3M2)));
    }
}
