package dev.modelfile.gguf;

import dev.modelfile.DType;
import dev.modelfile.ModelFormat;
import dev.modelfile.ScalarType;
import dev.modelfile.contract.WriterContract;
import java.util.ArrayList;
import java.util.List;

/// What every writer promises, for GGUF and all its types.
class GgufWriterTest extends WriterContract {
    @Override
    protected ModelFormat format() {
        return Gguf.FORMAT;
    }

    @Override
    protected String fileName() {
        return "model.gguf";
    }

    @Override
    protected List<DType> types() {
        List<DType> types = new ArrayList<>(List.of(GgmlType.values()));
        for (ScalarType type : ScalarType.values()) {
            if (format().canStore(type)) {
                types.add(type);
            }
        }
        return types;
    }
}
