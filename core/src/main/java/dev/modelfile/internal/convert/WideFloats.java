package dev.modelfile.internal.convert;

import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;

/// F32 and F64: the widths that Java computes in.
final class WideFloats {
    private WideFloats() {}

    static final class F32 implements ScalarCodec {
        @Override
        public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
            MemorySegment.copy(source, Segments.LE_F32, offset, target, at, count);
        }

        @Override
        public void toDoubles(MemorySegment source, long offset, double[] target, int at, int count) {
            for (int i = 0; i < count; i++) {
                target[at + i] = source.get(Segments.LE_F32, offset + 4L * i);
            }
        }

        @Override
        public void toLongs(MemorySegment source, long offset, long[] target, int at, int count) {
            for (int i = 0; i < count; i++) {
                target[at + i] = (long) source.get(Segments.LE_F32, offset + 4L * i);
            }
        }

        @Override
        public void fromFloats(float[] source, int at, int count, MemorySegment target, long offset) {
            MemorySegment.copy(source, at, target, Segments.LE_F32, offset, count);
        }

        @Override
        public void fromDoubles(double[] source, int at, int count, MemorySegment target, long offset) {
            for (int i = 0; i < count; i++) {
                target.set(Segments.LE_F32, offset + 4L * i, (float) source[at + i]);
            }
        }

        @Override
        public void fromLongs(long[] source, int at, int count, MemorySegment target, long offset) {
            for (int i = 0; i < count; i++) {
                target.set(Segments.LE_F32, offset + 4L * i, (float) source[at + i]);
            }
        }
    }

    static final class F64 implements ScalarCodec {
        @Override
        public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
            for (int i = 0; i < count; i++) {
                target[at + i] = (float) source.get(Segments.LE_F64, offset + 8L * i);
            }
        }

        @Override
        public void toDoubles(MemorySegment source, long offset, double[] target, int at, int count) {
            MemorySegment.copy(source, Segments.LE_F64, offset, target, at, count);
        }

        @Override
        public void toLongs(MemorySegment source, long offset, long[] target, int at, int count) {
            for (int i = 0; i < count; i++) {
                target[at + i] = (long) source.get(Segments.LE_F64, offset + 8L * i);
            }
        }

        @Override
        public void fromDoubles(double[] source, int at, int count, MemorySegment target, long offset) {
            MemorySegment.copy(source, at, target, Segments.LE_F64, offset, count);
        }

        @Override
        public void fromLongs(long[] source, int at, int count, MemorySegment target, long offset) {
            for (int i = 0; i < count; i++) {
                target.set(Segments.LE_F64, offset + 8L * i, (double) source[at + i]);
            }
        }
    }
}
