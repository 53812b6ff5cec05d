package dev.modelfile.gguf.container;

import dev.modelfile.Shape;
import dev.modelfile.Value;
import dev.modelfile.io.Segments;
import dev.modelfile.spi.Structure;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/// Writes a header.
public final class HeaderWriter {
    private final Encoding encoding;
    private final OutputStream out;
    private final byte[] number = new byte[Long.BYTES];
    private final MemorySegment numberSegment = MemorySegment.ofArray(number);

    /// What is written of a tensor.
    ///
    /// @param name the name
    /// @param shape the dimensions, outermost first
    /// @param typeId the number of the element type
    /// @param offset where the data begins, relative to the data section
    public record Item(String name, Shape shape, int typeId, long offset) {}

    private HeaderWriter(Encoding encoding, OutputStream out) {
        this.encoding = encoding;
        this.out = out;
    }

    /// A header without padding. Making it throws an [IllegalArgumentException] that names what has no place in GGUF.
    ///
    /// @param version 1 to 3; the encoding must be that of the version
    public static Structure header(int version, Encoding encoding, Map<String, Value> metadata, List<Item> tensors) {
        return out -> new HeaderWriter(encoding, out).write(version, metadata, tensors);
    }

    private void write(int version, Map<String, Value> metadata, List<Item> tensors) throws IOException {
        Encoding.CURRENT.put(numberSegment, 0, Header.MAGIC);
        out.write(number, 0, Integer.BYTES);
        i32(version);
        length(tensors.size());
        length(metadata.size());
        for (Map.Entry<String, Value> entry : metadata.entrySet()) {
            text(Names.encode(entry.getKey()));
            i32(typeOf(entry.getKey(), entry.getValue()));
            value(entry.getKey(), entry.getValue());
        }
        for (Item tensor : tensors) {
            text(Names.encode(tensor.name()));
            long[] dims = tensor.shape().toArray();
            i32(dims.length);
            for (int i = dims.length - 1; i >= 0; i--) {
                length(dims[i]);
            }
            i32(tensor.typeId());
            i64(tensor.offset());
        }
    }

    private static int typeOf(String key, Value value) {
        int id = ValueTypes.id(value.type());
        if (id < 0) {
            throw new IllegalArgumentException("metadata \"" + Names.shown(key) + "\" is " + value.type()
                    + ", which GGUF cannot store; give it as text, number, truth value or array, or remove it");
        }
        return id;
    }

    private void value(String key, Value value) throws IOException {
        switch (value) {
            case Value.Int number -> integer(number);
            case Value.Real real
            when real.type() == Value.Type.F32 -> i32(Float.floatToRawIntBits((float) real.value()));
            case Value.Real real -> i64(Double.doubleToRawLongBits(real.value()));
            case Value.Bool bool -> out.write(bool.value() ? 1 : 0);
            case Value.Text text -> {
                length(text.byteSize());
                text.data().writeTo(out);
            }
            case Value.Array array -> array(key, array);
            default -> typeOf(key, value);
        }
    }

    private void integer(Value.Int number) throws IOException {
        switch (ValueTypes.width(ValueTypes.id(number.type()))) {
            case 1 -> out.write((int) number.bits());
            case 2 -> i16((short) number.bits());
            case 4 -> i32((int) number.bits());
            default -> i64(number.bits());
        }
    }

    private void array(String key, Value.Array array) throws IOException {
        if (array instanceof StoredArray stored && stored.encoding().equals(encoding)) {
            i32(stored.elementId());
            length(stored.size());
            Segments.stream(stored.bytes()).transferTo(out);
            return;
        }
        int element = array instanceof StoredArray stored ? stored.elementId() : ValueTypes.id(array.elementType());
        if (element < 0) {
            throw new IllegalArgumentException("metadata \"" + Names.shown(key) + "\" is an array of "
                    + array.elementType() + " elements; GGUF arrays have one known element type");
        }
        i32(element);
        length(array.size());
        for (long i = 0; i < array.size(); i++) {
            value(key, array.get(i));
        }
    }

    private void text(byte[] utf8) throws IOException {
        length(utf8.length);
        out.write(utf8);
    }

    private void length(long value) throws IOException {
        if (encoding.lengthBytes() == Long.BYTES) {
            i64(value);
        } else if (value > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException(value + " does not fit the 32 bits of version 1");
        } else {
            i32((int) value);
        }
    }

    private void i16(short value) throws IOException {
        encoding.put(numberSegment, 0, value);
        out.write(number, 0, Short.BYTES);
    }

    private void i32(int value) throws IOException {
        encoding.put(numberSegment, 0, value);
        out.write(number, 0, Integer.BYTES);
    }

    private void i64(long value) throws IOException {
        encoding.put(numberSegment, 0, value);
        out.write(number, 0, Long.BYTES);
    }
}
