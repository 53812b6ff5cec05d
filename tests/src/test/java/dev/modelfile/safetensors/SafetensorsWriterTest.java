package dev.modelfile.safetensors;

import dev.modelfile.DType;
import dev.modelfile.ModelFormat;
import dev.modelfile.ScalarType;
import dev.modelfile.contract.WriterContract;
import java.util.EnumSet;
import java.util.List;

/// Safetensors keeps the writer's promises.
final class SafetensorsWriterTest extends WriterContract {
    @Override
    protected ModelFormat format() {
        return Safetensors.FORMAT;
    }

    @Override
    protected String fileName() {
        return "model.safetensors";
    }

    @Override
    protected List<DType> types() {
        EnumSet<ScalarType> types = EnumSet.allOf(ScalarType.class);
        types.removeAll(EnumSet.of(ScalarType.I4, ScalarType.U4, ScalarType.I2, ScalarType.U2, ScalarType.C128));
        return List.copyOf(types);
    }
}
