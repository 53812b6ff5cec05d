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
import java.util.HashSet;
import java.util.Set;

/// The model as protobuf messages. The only class that needs protobuf-java; it is loaded when somebody asks for the
/// graph.
final class GraphView {
    /// Elements of larger tensors are left out.
    private static final long SMALL = 1024;

    /// What protobuf-java needs for a message, about; and for a value in a list.
    private static final int MESSAGE_HEAP = 160;

    private static final int VALUE_HEAP = 56;

    /// A number in a list that grows.
    private static final long NUMBER_HEAP = 20;

    private static final int MANY = 64;

    /// protobuf-java recurses: more levels than this can be more than the stack holds.
    private static final int MAX_DEPTH = 500;

    private GraphView() {}

    static ModelProto of(OnnxFile model) throws IOException {
        Patches patches = new Patches(model.file());
        Walker walker = model.walker();
        Set<Long> emptied = new HashSet<>();
        for (TensorEntry entry : model.entries()) {
            if (entry.external() == null && entry.tensor().byteSize() > SMALL) {
                TensorPatch.empty(patches, walker, entry);
                emptied.add(entry.message().offset());
            }
        }
        WritePlan.File small = patches.plan("graph");
        Region file = model.region();
        if (small.size() > Integer.MAX_VALUE - 8) {
            throw file.limit("maxHeapBytes", "graph", -1, small.size() + " bytes of graph do not fit one array");
        }
        Walker estimate = model.walker();
        estimate.charge(small.size(), -1);
        estimate.walk(new Estimate(estimate, emptied));
        try {
            CodedInputStream input = CodedInputStream.newInstance(MemorySink.bytes(small));
            input.setRecursionLimit(Math.min(model.options().limits().maxDepth(), MAX_DEPTH));
            return ModelProto.parseFrom(input);
        } catch (InvalidProtocolBufferException broken) {
            throw new MalformedModelException(
                    "onnx.graph", file.source(), "graph", -1, "protobuf cannot read it: " + broken.getMessage());
        }
    }

    /// Counts the heap that the messages will take, before they take it.
    private static final class Estimate implements Visitor {
        private final Walker walker;
        private final Set<Long> emptied;
        private int numbers;

        Estimate(Walker walker, Set<Long> emptied) {
            this.walker = walker;
            this.emptied = emptied;
        }

        @Override
        public boolean enter(Frame frame) throws ModelFormatException {
            walker.charge(MESSAGE_HEAP, frame.message().offset());
            return true;
        }

        @Override
        public void value(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {
            boolean leftOut = frame.kind() == Kind.TENSOR
                    && TensorPatch.STORAGE.contains(field.number())
                    && emptied.contains(frame.message().offset());
            if (leftOut) {
                return;
            }
            if (at.type() == WireCursor.LENGTH_DELIMITED) {
                boolean small = field.packable() && field.type() == WireCursor.VARINT;
                walker.charge(VALUE_HEAP + (small ? NUMBER_HEAP : 3) * at.length(), at.start());
            } else if (field.repeated() && ++numbers % MANY == 0) {
                walker.charge(MANY * NUMBER_HEAP, at.start());
            }
        }

        @Override
        public void unknown(Frame frame, WireCursor at) throws ModelFormatException {
            walker.charge(MESSAGE_HEAP + 2 * (at.fieldEnd() - at.start()), at.start());
        }
    }
}
