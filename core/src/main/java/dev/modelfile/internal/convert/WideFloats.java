package dev.modelfile.internal.convert;

import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;

/// F32 and F64: the widths that Java computes in.
final class WideFloats {
    private WideFloats() {}

    static final class F32 implements ScalarCodec {
        private final float[] scratch;

        F32(int room) {
            this.scratch = new float[room];
        }

        @Override
        public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
            MemorySegment.copy(source, Segments.LE_F32, offset, target, at, count);
        }

        @Override
        public void toDoubles(MemorySegment source, long offset, double[] target, int at, int count) {
            toFloats(source, offset, scratch, 0, count);
            for (int i = 0; i < count; i++) {
                target[at + i] = scratch[i];
            }
        }

        @Override
        public void toLongs(MemorySegment source, long offset, long[] target, int at, int count) {
            toFloats(source, offset, scratch, 0, count);
            for (int i = 0; i < count; i++) {
                target[at + i] = (long) scratch[i];
            }
        }

        @Override
        public void fromFloats(float[] source, int at, int count, MemorySegment target, long offset) {
            MemorySegment.copy(source, at, target, Segments.LE_F32, offset, count);
        }

        @Override
        public void fromDoubles(double[] source, int count, MemorySegment target, long offset) {
            for (int i = 0; i < count; i++) {
                scratch[i] = (float) source[i];
            }
            fromFloats(scratch, 0, count, target, offset);
        }
    }

    static final class F64 implements ScalarCodec {
        private final double[] scratch;

        F64(int room) {
            this.scratch = new double[room];
        }

        @Override
        public void toFloats(MemorySegment source, long offset, float[] target, int at, int count) {
            toDoubles(source, offset, scratch, 0, count);
            for (int i = 0; i < count; i++) {
                target[at + i] = (float) scratch[i];
            }
        }

        @Override
        public void toDoubles(MemorySegment source, long offset, double[] target, int at, int count) {
            MemorySegment.copy(source, Segments.LE_F64, offset, target, at, count);
        }

        @Override
        public void toLongs(MemorySegment source, long offset, long[] target, int at, int count) {
            toDoubles(source, offset, scratch, 0, count);
            for (int i = 0; i < count; i++) {
                target[at + i] = (long) scratch[i];
            }
        }

        @Override
        public void fromFloats(float[] source, int at, int count, MemorySegment target, long offset) {
            for (int i = 0; i < count; i++) {
                scratch[i] = source[at + i];
            }
            fromDoubles(scratch, count, target, offset);
        }

        @Override
        public void fromDoubles(double[] source, int count, MemorySegment target, long offset) {
            MemorySegment.copy(source, 0, target, Segments.LE_F64, offset, count);
        }
    }
}
