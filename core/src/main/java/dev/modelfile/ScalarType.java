package dev.modelfile;

import java.util.Locale;
import java.util.Optional;

/// The plain element types: every kind that Safetensors 0.8 stores, plus the packed integers and the wide complex
/// number that ONNX and PyTorch add.
///
/// Stored little-endian. Sub-byte kinds are packed with the first element in the lowest bits of the first byte, which
/// is what ONNX and PyTorch do; Safetensors leaves the order open.
public enum ScalarType implements DType {
    /// One byte per element, zero is false.
    BOOL(8, Kind.BOOL),
    /// OCP MX 4-bit float: 1 sign, 2 exponent, 1 mantissa bits; no infinity, no NaN; largest value 6.
    F4(4, Kind.FLOAT),
    /// OCP MX 6-bit float E2M3; no infinity, no NaN; largest value 7.5.
    F6_E2M3(6, Kind.FLOAT),
    /// OCP MX 6-bit float E3M2; no infinity, no NaN; largest value 28.
    F6_E3M2(6, Kind.FLOAT),
    /// Unsigned byte.
    U8(8, Kind.UNSIGNED),
    /// Signed byte.
    I8(8, Kind.SIGNED),
    /// 8-bit float E5M2 with infinities and NaN as in IEEE 754; largest finite value 57344.
    F8_E5M2(8, Kind.FLOAT),
    /// 8-bit float E4M3 "FN": no infinity, NaN is `S.1111.111`; largest value 448.
    F8_E4M3(8, Kind.FLOAT),
    /// 8-bit power of two without sign or zero: 2^(b-127), 0xFF is NaN. The scale type of OCP MX.
    F8_E8M0(8, Kind.FLOAT),
    /// 8-bit float E4M3 "FNUZ": bias 8, no infinity, no negative zero, NaN is 0x80; largest value 240.
    F8_E4M3FNUZ(8, Kind.FLOAT),
    /// 8-bit float E5M2 "FNUZ": bias 16, no infinity, no negative zero, NaN is 0x80; largest value 57344.
    F8_E5M2FNUZ(8, Kind.FLOAT),
    /// Signed 16-bit integer.
    I16(16, Kind.SIGNED),
    /// Unsigned 16-bit integer.
    U16(16, Kind.UNSIGNED),
    /// IEEE 754 half precision.
    F16(16, Kind.FLOAT),
    /// bfloat16: the upper half of an F32.
    BF16(16, Kind.FLOAT),
    /// Signed 32-bit integer.
    I32(32, Kind.SIGNED),
    /// Unsigned 32-bit integer.
    U32(32, Kind.UNSIGNED),
    /// IEEE 754 single precision.
    F32(32, Kind.FLOAT),
    /// Complex number of two F32, real part first.
    C64(64, Kind.COMPLEX),
    /// IEEE 754 double precision.
    F64(64, Kind.FLOAT),
    /// Signed 64-bit integer.
    I64(64, Kind.SIGNED),
    /// Unsigned 64-bit integer.
    U64(64, Kind.UNSIGNED),
    /// Signed 4-bit integer, two to a byte. Not storable in Safetensors.
    I4(4, Kind.SIGNED),
    /// Unsigned 4-bit integer, two to a byte. Not storable in Safetensors.
    U4(4, Kind.UNSIGNED),
    /// Signed 2-bit integer, four to a byte. Not storable in Safetensors.
    I2(2, Kind.SIGNED),
    /// Unsigned 2-bit integer, four to a byte. Not storable in Safetensors.
    U2(2, Kind.UNSIGNED),
    /// Complex number of two F64, real part first. Not storable in Safetensors.
    C128(128, Kind.COMPLEX);

    /// What sort of number a scalar type holds.
    public enum Kind {
        /// Truth values.
        BOOL,
        /// Two's complement integers.
        SIGNED,
        /// Unsigned integers.
        UNSIGNED,
        /// Binary floating point of any width.
        FLOAT,
        /// A pair of floats.
        COMPLEX
    }

    private final int bits;
    private final Kind kind;
    private final int blockElements;

    ScalarType(int bits, Kind kind) {
        this.bits = bits;
        this.kind = kind;
        this.blockElements = bits % 8 == 0 ? 1 : bits == 6 ? 4 : 8 / bits;
    }

    /// Width of one element in bits.
    public int bits() {
        return bits;
    }

    /// What sort of number this is.
    public Kind kind() {
        return kind;
    }

    /// Whether one element takes less than a byte.
    public boolean isSubByte() {
        return bits < 8;
    }

    @Override
    public int blockElements() {
        return blockElements;
    }

    @Override
    public int blockBytes() {
        return blockElements * bits / 8;
    }

    @Override
    public long byteSize(Shape shape) {
        return byteSize(shape.elements());
    }

    /// The bytes that `elements` densely packed elements take, rounded up to whole bytes.
    ///
    /// @throws ArithmeticException if the size does not fit a `long`
    public long byteSize(long elements) {
        if (bits >= 8) {
            return Math.multiplyExact(elements, (long) (bits / 8));
        }
        long whole = Math.multiplyExact(elements / 8, (long) bits);
        return whole + ((elements % 8) * bits + 7) / 8;
    }

    /// Finds a type by its name, ignoring case.
    public static Optional<ScalarType> named(String name) {
        String wanted = name.toUpperCase(Locale.ROOT);
        for (ScalarType type : values()) {
            if (type.name().equals(wanted)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
