package dev.modelfile.onnx.tensor;

import dev.modelfile.ModelFormatException;
import dev.modelfile.Tensor;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.Span;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// Tensors of text. Their bytes are the `string_data` fields as they are in the file, tags and lengths included, which
/// is the only form of text that ONNX has.
public final class Strings {
    private Strings() {}

    /// The fields of a tensor: a range of the file, or gathered if other fields lie between them.
    static TensorData data(MappedFile file, Walker walker, Message message, TensorHeader.Entries entries)
            throws ModelFormatException {
        if (entries.bytes() >= 0) {
            return TensorData.of(file, entries.start(), entries.bytes());
        }
        List<MemorySegment> pieces = new ArrayList<>();
        long size = 0;
        WireCursor at = walker.cursor(message);
        while (at.next()) {
            if (at.field() == TensorHeader.STRING_DATA && at.type() == WireCursor.LENGTH_DELIMITED) {
                long length = at.fieldEnd() - at.start();
                walker.charge(length + Walker.OBJECT_HEAP, at.start());
                pieces.add(file.bytes().asSlice(at.start(), length));
                size += length;
            }
        }
        MemorySegment all = MemorySegment.ofArray(new byte[Math.toIntExact(size)]);
        long done = 0;
        for (MemorySegment piece : pieces) {
            MemorySegment.copy(piece, 0, all, done, piece.byteSize());
            done += piece.byteSize();
        }
        return TensorData.of(all);
    }

    /// The elements of a tensor of text as bytes, which should be UTF-8.
    ///
    /// @throws IOException if they cannot be had
    public static List<byte[]> of(Tensor tensor, Walker walker) throws IOException {
        List<byte[]> elements = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = tensor.isMapped() ? tensor.segment() : tensor.toSegment(arena);
            Region region = Region.of(bytes, walker.file().source());
            WireCursor at = new WireCursor(region, Message.of(Span.file(bytes.byteSize())), 1);
            while (at.next()) {
                walker.charge(at.length(), -1);
                elements.add(bytes.asSlice(at.valueStart(), at.length()).toArray(ValueLayout.JAVA_BYTE));
            }
        }
        return elements;
    }
}
