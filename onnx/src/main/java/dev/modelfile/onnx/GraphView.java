package dev.modelfile.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.io.Region;
import dev.modelfile.onnx.edit.MemorySink;
import dev.modelfile.onnx.edit.Patches;
import dev.modelfile.onnx.edit.TensorPatch;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Visitor;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;

/// The model as protobuf messages. The only class that needs protobuf-java; it is loaded when somebody asks for the
/// graph.
final class GraphView {
    /// Elements of larger tensors are left out.
    private static final long SMALL = 1024;

    /// What protobuf-java needs for a message, about; and for a value in a list.
    private static final int MESSAGE_HEAP = 160;

    private static final int VALUE_HEAP = 56;

    private GraphView() {}

    static ModelProto of(OnnxFile model) throws IOException {
        Patches patches = new Patches(model.file());
        Walker walker = model.walker();
        for (TensorEntry entry : model.entries()) {
            if (entry.external() == null && entry.tensor().byteSize() > SMALL) {
                TensorPatch.empty(patches, walker, entry);
            }
        }
        WritePlan.File small = patches.plan("graph");
        Region file = model.region();
        if (small.size() > Integer.MAX_VALUE - 8) {
            throw file.limit("maxHeapBytes", "graph", -1, small.size() + " bytes of graph do not fit one array");
        }
        Walker estimate = model.walker();
        estimate.charge(small.size(), -1);
        estimate.walk(new Estimate(estimate));
        try {
            CodedInputStream input = CodedInputStream.newInstance(MemorySink.bytes(small));
            input.setRecursionLimit(model.options().limits().maxDepth());
            return ModelProto.parseFrom(input);
        } catch (InvalidProtocolBufferException broken) {
            throw new MalformedModelException(
                    "onnx.graph", file.source(), "graph", -1, "protobuf cannot read it: " + broken.getMessage());
        }
    }

    /// Counts the heap that the messages will take, before they take it.
    private record Estimate(Walker walker) implements Visitor {
        @Override
        public boolean enter(Frame frame) throws ModelFormatException {
            walker.charge(MESSAGE_HEAP, frame.message().offset());
            return frame.kind() != Kind.TENSOR;
        }

        @Override
        public void value(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {
            if (at.type() == WireCursor.LENGTH_DELIMITED) {
                long expansion = field.packable() ? 8 * at.length() : 2 * at.length();
                walker.charge(VALUE_HEAP + expansion, at.start());
            }
        }

        @Override
        public void unknown(Frame frame, WireCursor at) throws ModelFormatException {
            walker.charge(MESSAGE_HEAP, at.start());
        }
    }
}
