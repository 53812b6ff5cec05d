package dev.modelfile.checkpoint.write;

import dev.modelfile.Metadata;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.torch.TorchType;
import dev.modelfile.spi.Printable;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// Writes the pickle of a state dictionary in protocol 2, with the opcodes that PyTorch's restricted mode runs.
final class PickleWriter {
    private static final int MAX_DEPTH = 100;
    private static final long MOST_TEXT = 0xFFFF_FFFFL;

    /// As in Python, so that whoever runs the pickle has few values on the stack.
    private static final int BATCH = 1000;

    private final OutputStream out;
    private final Map<String, Integer> memo = new HashMap<>();
    /// The key of the metadata that is being written.
    private String outermost = "";

    PickleWriter(OutputStream out) throws IOException {
        this.out = out;
        bytes(0x80, 2);
    }

    void finish() throws IOException {
        out.write('.');
    }

    private void bytes(int... values) throws IOException {
        for (int value : values) {
            out.write(value);
        }
    }

    private void i32(int value) throws IOException {
        bytes(value, value >> 8, value >> 16, value >> 24);
    }

    /// Begins the root: a plain dictionary, or one that can carry an attribute.
    void begin(boolean ordered) throws IOException {
        if (ordered) {
            orderedDict();
        } else {
            out.write('}');
        }
        out.write('(');
    }

    /// Ends the entries of the root.
    void end() throws IOException {
        out.write('u');
    }

    /// Puts metadata on the root as its attribute `metadata`.
    void attribute(Metadata metadata) throws IOException {
        bytes('}');
        text("metadata");
        table(metadata.entries(), 0);
        bytes('s', 'b');
    }

    void key(String name) throws IOException {
        unicode(name);
    }

    /// A tensor that begins somewhere in a storage.
    ///
    /// @param elements of the storage: bytes for the types that only untyped storages hold
    /// @param offset of the first element
    /// @param size the dimensions as PyTorch counts them
    void tensor(TorchType type, String storage, long elements, long offset, long[] size) throws IOException {
        boolean untyped = type.storage().isEmpty();
        global("torch._utils", untyped ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2");
        bytes('(', '(');
        text("storage");
        global(untyped ? "torch.storage" : "torch", untyped ? "UntypedStorage" : type.storage());
        unicode(storage);
        text("cpu");
        integer(elements);
        bytes('t', 'Q');
        integer(offset);
        tuple(size);
        tuple(strides(size));
        bytes(0x89);
        orderedDict();
        if (untyped) {
            global("torch", type.name());
        }
        bytes('t', 'R');
    }

    private static long[] strides(long[] size) {
        long[] strides = new long[size.length];
        long next = 1;
        for (int i = size.length - 1; i >= 0; i--) {
            strides[i] = next;
            next *= Math.max(1, size[i]);
        }
        return strides;
    }

    private void tuple(long[] numbers) throws IOException {
        if (numbers.length > 3) {
            out.write('(');
        }
        for (long number : numbers) {
            integer(number);
        }
        out.write(numbers.length == 0 ? ')' : numbers.length > 3 ? 't' : 0x84 + numbers.length);
    }

    private void orderedDict() throws IOException {
        global("collections", "OrderedDict");
        bytes(')', 'R');
    }

    private boolean recall(String what) throws IOException {
        Integer index = memo.get(what);
        if (index != null) {
            bytes('h', index);
        }
        return index != null;
    }

    private void remember(String what) throws IOException {
        if (memo.size() < 256) {
            bytes('q', memo.size());
            memo.put(what, memo.size());
        }
    }

    private void global(String module, String name) throws IOException {
        String line = module + "\n" + name + "\n";
        if (!recall(line)) {
            out.write('c');
            out.write(line.getBytes(StandardCharsets.UTF_8));
            remember(line);
        }
    }

    /// Text that comes again.
    private void text(String text) throws IOException {
        if (!recall(text)) {
            unicode(text);
            remember(text);
        }
    }

    private void unicode(String text) throws IOException {
        raw(text.getBytes(StandardCharsets.UTF_8));
    }

    private void raw(byte[] utf8) throws IOException {
        out.write('X');
        i32(utf8.length);
        out.write(utf8);
    }

    private void integer(long value) throws IOException {
        if (value >= 0 && value < 0x100) {
            bytes('K', (int) value);
        } else if (value >= 0 && value < 0x10000) {
            bytes('M', (int) value, (int) value >> 8);
        } else if (value == (int) value) {
            out.write('J');
            i32((int) value);
        } else {
            wide(BigInteger.valueOf(value));
        }
    }

    private void wide(BigInteger value) throws IOException {
        byte[] bigEndian = value.toByteArray();
        bytes(0x8a, bigEndian.length);
        for (int i = bigEndian.length - 1; i >= 0; i--) {
            out.write(bigEndian[i]);
        }
    }

    private void value(Value value, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("metadata is nested deeper than " + MAX_DEPTH);
        }
        switch (value) {
            case Value.None none -> out.write('N');
            case Value.Bool bool -> out.write(bool.value() ? 0x88 : 0x89);
            case Value.Int number
            when number.type() == Value.Type.U64 && number.bits() < 0 ->
                wide(new BigInteger(Long.toUnsignedString(number.bits())));
            case Value.Int number -> integer(number.bits());
            case Value.Real real -> real(real.value());
            case Value.Text text -> text(text);
            case Value.Array array when array.elementType() == Value.Type.U8 -> bytes(array);
            case Value.Array array -> array(array, depth);
            case Value.Table table -> table(table.entries(), depth);
            case Value.Opaque opaque ->
                throw new IllegalArgumentException(
                        "metadata \"" + Printable.of(outermost) + "\" is or has a value of the type "
                                + Printable.of(opaque.typeName()) + ", which cannot be stored; remove it");
        }
    }

    private void real(double value) throws IOException {
        out.write('G');
        long bits = Double.doubleToRawLongBits(value);
        for (int shift = 56; shift >= 0; shift -= 8) {
            out.write((int) (bits >>> shift));
        }
    }

    /// Text that Python can decode, else its bytes.
    private void text(Value.Text text) throws IOException {
        if (!text.isUtf8()) {
            latin(text.bytes());
            return;
        }
        long length = text.byteSize();
        if (length > MOST_TEXT) {
            throw new IllegalArgumentException("a text of " + length + " bytes vs " + MOST_TEXT + " in a pickle");
        }
        out.write('X');
        i32((int) length);
        text.data().writeTo(out);
    }

    private void bytes(Value.Array array) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(array.size())];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = array.get(i) instanceof Value.Int number ? (byte) number.bits() : 0;
        }
        latin(bytes);
    }

    /// `bytes` as protocol 2 has them, and PyTorch's restricted mode allows: text of the same code points, encoded.
    private void latin(byte[] bytes) throws IOException {
        global("_codecs", "encode");
        unicode(new String(bytes, StandardCharsets.ISO_8859_1));
        text("latin1");
        bytes(0x86, 'R');
    }

    private void array(Value.Array array, int depth) throws IOException {
        out.write(']');
        for (long from = 0; from < array.size(); from += BATCH) {
            long to = Math.min(array.size(), from + BATCH);
            boolean several = to - from > 1;
            if (several) {
                out.write('(');
            }
            for (long i = from; i < to; i++) {
                value(array.get(i), depth + 1);
            }
            out.write(several ? 'e' : 'a');
        }
    }

    private void table(Map<String, Value> entries, int depth) throws IOException {
        bytes('}', '(');
        for (Map.Entry<String, Value> entry : entries.entrySet()) {
            unicode(entry.getKey());
            outermost = depth == 0 ? entry.getKey() : outermost;
            value(entry.getValue(), depth + 1);
        }
        out.write('u');
    }
}
