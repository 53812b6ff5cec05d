package dev.modelfile.cli.values;

import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Reads single elements as text.
final class Numbers {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble F64 =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Numbers() {}

    /// Some elements, each in the shortest form that its type needs.
    ///
    /// @throws IOException if they cannot be had
    static String[] read(Tensor tensor, long first, int count) throws IOException {
        if (tensor.dtype() instanceof ScalarType type && type.kind() == ScalarType.Kind.COMPLEX) {
            return complex(tensor, first, count);
        }
        String[] texts = new String[count];
        if (Elements.areIntegers(tensor.dtype())) {
            long[] values = new long[count];
            tensor.readInto(first, values, 0, count);
            for (int i = 0; i < count; i++) {
                texts[i] = integer(values[i], (ScalarType) tensor.dtype());
            }
        } else if (tensor.dtype() == ScalarType.F64) {
            double[] values = new double[count];
            tensor.readInto(first, values, 0, count);
            for (int i = 0; i < count; i++) {
                texts[i] = Double.toString(values[i]);
            }
        } else {
            float[] values = new float[count];
            tensor.readInto(first, values, 0, count);
            for (int i = 0; i < count; i++) {
                texts[i] = Float.toString(values[i]);
            }
        }
        return texts;
    }

    private static String integer(long value, ScalarType type) {
        return switch (type) {
            case BOOL -> value == 0 ? "false" : "true";
            case U64 -> Long.toUnsignedString(value);
            default -> Long.toString(value);
        };
    }

    private static String[] complex(Tensor tensor, long first, int count) throws IOException {
        boolean wide = tensor.dtype() == ScalarType.C128;
        int bytes = wide ? 16 : 8;
        MemorySegment segment = MemorySegment.ofArray(new byte[Math.multiplyExact(count, bytes)]);
        tensor.readInto(first * bytes, segment);
        String[] texts = new String[count];
        for (int i = 0; i < count; i++) {
            long at = (long) i * bytes;
            String real = wide ? Double.toString(segment.get(F64, at)) : Float.toString(segment.get(F32, at));
            String imaginary =
                    wide ? Double.toString(segment.get(F64, at + 8)) : Float.toString(segment.get(F32, at + 4));
            texts[i] = real + (imaginary.startsWith("-") ? "" : "+") + imaginary + "j";
        }
        return texts;
    }
}
