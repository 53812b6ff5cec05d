package dev.modelfile.gguf.container;

import dev.modelfile.Shape;
import dev.modelfile.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;

/// Writes a header into memory. It runs twice: first without memory, to count.
public final class HeaderWriter {
    private final Encoding encoding;
    private final MemorySegment target;
    private final boolean counting;
    private long at;

    /// What is written of a tensor.
    ///
    /// @param name the name
    /// @param shape the dimensions, outermost first
    /// @param typeId the number of the element type
    /// @param offset where the data begins, relative to the data section
    public record Item(String name, Shape shape, int typeId, long offset) {}

    private HeaderWriter(Encoding encoding, MemorySegment target, boolean counting) {
        this.encoding = encoding;
        this.target = target;
        this.counting = counting;
    }

    /// A header without padding.
    ///
    /// @param version 1 to 3; the encoding must be that of the version
    /// @throws IllegalArgumentException if a value has no place in GGUF; the message names it
    public static MemorySegment header(
            int version, Encoding encoding, Map<String, Value> metadata, List<Item> tensors) {
        HeaderWriter count = new HeaderWriter(encoding, MemorySegment.NULL, true);
        count.write(version, metadata, tensors);
        if (count.at > Integer.MAX_VALUE - 64) {
            throw new IllegalArgumentException("the metadata takes " + count.at + " bytes, more than 2 GiB");
        }
        MemorySegment bytes = MemorySegment.ofArray(new byte[(int) count.at]);
        new HeaderWriter(encoding, bytes, false).write(version, metadata, tensors);
        return bytes;
    }

    private void write(int version, Map<String, Value> metadata, List<Item> tensors) {
        if (!counting) {
            Encoding.CURRENT.put(target, 0, Header.MAGIC);
        }
        at += Integer.BYTES;
        i32(version);
        length(tensors.size());
        length(metadata.size());
        metadata.forEach((key, value) -> {
            text(Names.encode(key));
            i32(typeOf(key, value));
            value(key, value);
        });
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

    private void value(String key, Value value) {
        switch (value) {
            case Value.Int number -> integer(number);
            case Value.Real real
            when real.type() == Value.Type.F32 -> i32(Float.floatToRawIntBits((float) real.value()));
            case Value.Real real -> i64(Double.doubleToRawLongBits(real.value()));
            case Value.Bool bool -> i8((byte) (bool.value() ? 1 : 0));
            case Value.Text text -> text(text.bytes());
            case Value.Array array -> array(key, array);
            default -> typeOf(key, value);
        }
    }

    private void integer(Value.Int number) {
        switch (ValueTypes.width(ValueTypes.id(number.type()))) {
            case 1 -> i8((byte) number.bits());
            case 2 -> i16((short) number.bits());
            case 4 -> i32((int) number.bits());
            default -> i64(number.bits());
        }
    }

    private void array(String key, Value.Array array) {
        if (array instanceof StoredArray stored && stored.encoding().equals(encoding)) {
            i32(stored.elementId());
            length(stored.size());
            raw(stored.bytes());
            return;
        }
        int element = array instanceof StoredArray stored ? stored.elementId() : ValueTypes.id(array.elementType());
        if (element < 0) {
            throw new IllegalArgumentException("metadata \"" + Names.shown(key) + "\" is an array of "
                    + array.elementType() + " elements; GGUF arrays have one known element type");
        }
        i32(element);
        length(array.size());
        int width = ValueTypes.width(element);
        if (counting && width > 0) {
            at = Math.addExact(at, Math.multiplyExact(array.size(), (long) width));
            return;
        }
        for (long i = 0; i < array.size(); i++) {
            value(key, array.get(i));
        }
    }

    private void text(byte[] utf8) {
        length(utf8.length);
        raw(MemorySegment.ofArray(utf8));
    }

    private void raw(MemorySegment bytes) {
        if (!counting) {
            MemorySegment.copy(bytes, 0, target, at, bytes.byteSize());
        }
        at = Math.addExact(at, bytes.byteSize());
    }

    private void length(long value) {
        if (encoding.lengthBytes() == Long.BYTES) {
            i64(value);
        } else if (value > 0xFFFF_FFFFL) {
            throw new IllegalArgumentException(value + " does not fit the 32 bits of version 1");
        } else {
            i32((int) value);
        }
    }

    private void i8(byte value) {
        if (!counting) {
            target.set(ValueLayout.JAVA_BYTE, at, value);
        }
        at += 1;
    }

    private void i16(short value) {
        if (!counting) {
            encoding.put(target, at, value);
        }
        at += Short.BYTES;
    }

    private void i32(int value) {
        if (!counting) {
            encoding.put(target, at, value);
        }
        at += Integer.BYTES;
    }

    private void i64(long value) {
        if (!counting) {
            encoding.put(target, at, value);
        }
        at += Long.BYTES;
    }
}
