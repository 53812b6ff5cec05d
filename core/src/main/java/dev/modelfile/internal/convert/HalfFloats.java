package dev.modelfile.internal.convert;

import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// F16 and BF16.
final class HalfFloats {
    private HalfFloats() {}

    static final class F16 extends NarrowFloats {
        private final short[] halves;

        F16(int room) {
            super(room);
            this.halves = new short[room];
        }

        @Override
        public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
            MemorySegment.copy(source, Segments.LE_I16, offset, halves, 0, count);
            for (int i = 0; i < count; i++) {
                target[at + i] = Float.float16ToFloat(halves[i]);
            }
        }

        @Override
        public void fromFloats(float[] source, int at, int count, MemorySegment target, long offset) {
            for (int i = 0; i < count; i++) {
                halves[i] = Float.floatToFloat16(source[at + i]);
            }
            MemorySegment.copy(halves, 0, target, Segments.LE_I16, offset, count);
        }
    }

    static final class BF16 extends NarrowFloats {
        private static final long INFINITY = 0x7F80_0000;
        private static final long MAGNITUDE = 0x7FFF_FFFF;
        private static final long QUIET_NAN = 0x7FC0;
        private static final long SIGN = 0x8000;

        BF16(int room) {
            super(room);
        }

        @Override
        public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
            int whole = count / 2;
            MemorySegment.copy(source, Segments.LE_I32, offset, codes, 0, whole);
            for (int i = 0; i < whole; i++) {
                long both = codes[i];
                pairs[i] = (both & 0xFFFF) << 16 + FIRST | (both >>> 16 & 0xFFFF) << 16 + SECOND;
            }
            if (count % 2 != 0) {
                pairs[whole] = (source.get(Segments.LE_I16, offset + 4L * whole) & 0xFFFFL) << 16 + FIRST;
            }
            MemorySegment.copy(pairFloats, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, target, at, count);
        }

        @Override
        public void fromFloats(float[] source, int at, int count, MemorySegment target, long offset) {
            int length = takePairs(source, at, count);
            for (int i = 0; i < length; i++) {
                long first = pairs[i] >>> FIRST & 0xFFFF_FFFFL;
                long second = pairs[i] >>> SECOND & 0xFFFF_FFFFL;
                codes[i] = (int) (round(first) | round(second) << 16);
            }
            MemorySegment.copy(codes, 0, target, Segments.LE_I32, offset, count / 2);
            if (count % 2 != 0) {
                target.set(Segments.LE_I16, offset + 2L * (count - 1), (short) codes[length - 1]);
            }
        }

        /// The upper half of a float's bits, rounded to nearest even; every NaN becomes the quiet one with its sign.
        private static long round(long bits) {
            long isNan = INFINITY - (bits & MAGNITUDE) >> 63;
            long rounded = bits + 0x7FFF + (bits >>> 16 & 1) >>> 16;
            return rounded & ~isNan | (bits >>> 16 & SIGN | QUIET_NAN) & isNan;
        }
    }
}
