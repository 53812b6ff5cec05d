package dev.modelfile.gguf.quant;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Little-endian fields of blocks.
public final class Bytes {

    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);

    private Bytes() {}

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }

    public static int u16(byte[] b, int at) {
        return (short) SHORT.get(b, at) & 0xFFFF;
    }

    public static void putU16(byte[] b, int at, int value) {
        SHORT.set(b, at, (short) value);
    }

    public static int i32(byte[] b, int at) {
        return (int) INT.get(b, at);
    }

    public static void putI32(byte[] b, int at, int value) {
        INT.set(b, at, value);
    }

    public static long i64(byte[] b, int at) {
        return (long) LONG.get(b, at);
    }

    public static void putI64(byte[] b, int at, long value) {
        LONG.set(b, at, value);
    }

    /// Reads an IEEE half precision number.
    public static float half(byte[] b, int at) {
        return Float.float16ToFloat((short) SHORT.get(b, at));
    }

    /// Writes an IEEE half precision number, rounding to nearest even.
    ///
    /// A NaN, which only sums beyond the range of a float produce, is written as ggml writes it: quiet, payload
    /// dropped, sign kept.
    public static void putHalf(byte[] b, int at, float value) {
        SHORT.set(b, at, toHalf(value));
    }

    public static short toHalf(float value) {
        if (value != value) {
            return (short) (Float.floatToRawIntBits(value) >>> 16 & 0x8000 | 0x7E00);
        }
        return Float.floatToFloat16(value);
    }
}
