package dev.modelfile.gguf.container;

import dev.modelfile.DType;
import dev.modelfile.ScalarType;
import dev.modelfile.TensorSink;
import dev.modelfile.gguf.GgmlType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// How the elements of a type change when they go from one byte order to the other: which bytes of a number or block
/// are reversed. Doing it twice changes nothing.
///
/// In blocks those fields are reversed that ggml's decoders read as numbers of several bytes; single bytes, nibbles and
/// bits stay. `gguf_convert_endian.py` does the same for the types it knows.
public final class ByteSwap {
    private static final int BUFFER = 1 << 16;

    private final int unit;
    /// Pairs of position in the unit and width.
    private final int[] fields;

    private ByteSwap(int unit, int... fields) {
        this.unit = unit;
        this.fields = fields;
    }

    /// The rule of a type, or null if nothing is to be reversed or the type is not known.
    public static @Nullable ByteSwap of(DType dtype) {
        return switch (dtype) {
            case ScalarType scalar when scalar.bits() > 8 -> new ByteSwap(scalar.bits() / 8, 0, scalar.bits() / 8);
            case GgmlType block -> ofBlock(block);
            default -> null;
        };
    }

    private static @Nullable ByteSwap ofBlock(GgmlType type) {
        int unit = type.blockBytes();
        return switch (type) {
            case Q4_0, Q8_0, IQ4_NL, IQ3_S, IQ2_S, Q1_0, Q2_0 -> new ByteSwap(unit, 0, 2);
            case Q4_1, Q8_1, Q4_K, Q5_K, IQ4_XS -> new ByteSwap(unit, 0, 2, 2, 2);
            case Q5_0 -> new ByteSwap(unit, 0, 2, 2, 4);
            case Q5_1 -> new ByteSwap(unit, 0, 2, 2, 2, 4, 4);
            case Q2_K -> new ByteSwap(unit, 80, 2, 82, 2);
            case Q3_K, Q6_K, TQ1_0, TQ2_0 -> new ByteSwap(unit, unit - 2, 2);
            case Q8_K -> new ByteSwap(unit, joined(run(0, 1, 4, 4), run(260, 16, 2, 2)));
            case IQ2_XXS -> new ByteSwap(unit, joined(run(0, 1, 2, 2), run(6, 8, 4, 8)));
            case IQ2_XS -> new ByteSwap(unit, run(0, 33, 2, 2));
            case IQ3_XXS -> new ByteSwap(unit, joined(run(0, 1, 2, 2), run(66, 8, 4, 4)));
            case IQ1_S -> new ByteSwap(unit, joined(run(0, 1, 2, 2), run(34, 8, 2, 2)));
            case IQ1_M -> new ByteSwap(unit, run(48, 4, 2, 2));
            case MXFP4, NVFP4 -> null;
        };
    }

    private static int[] run(int first, int count, int width, int stride) {
        int[] fields = new int[2 * count];
        for (int i = 0; i < count; i++) {
            fields[2 * i] = first + i * stride;
            fields[2 * i + 1] = width;
        }
        return fields;
    }

    private static int[] joined(int[] first, int[] second) {
        int[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    /// Bytes of one number or block.
    int unit() {
        return unit;
    }

    /// Reverses the fields of whole units in place.
    void apply(MemorySegment bytes) {
        long end = bytes.byteSize() - unit;
        for (long at = 0; at <= end; at += unit) {
            for (int i = 0; i < fields.length; i += 2) {
                reverse(bytes, at + fields[i], fields[i + 1]);
            }
        }
    }

    private static void reverse(MemorySegment bytes, long at, int width) {
        switch (width) {
            case 2 -> {
                ValueLayout.OfShort layout = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
                bytes.set(layout, at, Short.reverseBytes(bytes.get(layout, at)));
            }
            case 4 -> {
                ValueLayout.OfInt layout = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
                bytes.set(layout, at, Integer.reverseBytes(bytes.get(layout, at)));
            }
            default -> {
                ValueLayout.OfLong layout = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
                bytes.set(layout, at, Long.reverseBytes(bytes.get(layout, at)));
            }
        }
    }

    /// A sink that reverses what passes through; whole units must pass in all.
    public TensorSink before(TensorSink sink) {
        return new Swapping(sink);
    }

    private final class Swapping implements TensorSink {
        private final TensorSink sink;
        private final MemorySegment buffer = MemorySegment.ofArray(new byte[BUFFER / unit * unit]);
        private long filled;

        Swapping(TensorSink sink) {
            this.sink = sink;
        }

        @Override
        public void write(MemorySegment bytes) throws IOException {
            for (long at = 0; at < bytes.byteSize(); ) {
                long count = Math.min(buffer.byteSize() - filled, bytes.byteSize() - at);
                MemorySegment.copy(bytes, at, buffer, filled, count);
                filled += count;
                at += count;
                long whole = filled / unit * unit;
                MemorySegment ready = buffer.asSlice(0, whole);
                apply(ready);
                sink.write(ready);
                MemorySegment.copy(buffer, whole, buffer, 0, filled - whole);
                filled -= whole;
            }
        }
    }
}
