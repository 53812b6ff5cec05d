package dev.modelfile.convert;

import dev.modelfile.ScalarType;
import dev.modelfile.ScalarType.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/// Conversions by exact arithmetic, slow and simple: what the fast ones are compared with.
final class ExactReference {
    /// What a code stands for.
    ///
    /// @param sort finite or not
    /// @param negative the sign, which zero and NaN have too
    /// @param value the number if it is finite
    record Num(Sort sort, boolean negative, BigDecimal value) {
        enum Sort {
            FINITE,
            INFINITE,
            NAN
        }

        static Num finite(boolean negative, BigDecimal value) {
            return new Num(Sort.FINITE, negative, value);
        }

        static final Num NAN = new Num(Sort.NAN, false, BigDecimal.ZERO);
    }

    private static final BigDecimal TWO = BigDecimal.TWO;

    /// Widths of a float type, and what its last codes mean.
    private record Layout(int exponentBits, int mantissaBits, int bias, int largest, boolean infinities, boolean fnuz) {
        static Layout of(ScalarType type) {
            return switch (type) {
                case F4 -> new Layout(2, 1, 1, 7, false, false);
                case F6_E2M3 -> new Layout(2, 3, 1, 31, false, false);
                case F6_E3M2 -> new Layout(3, 2, 3, 31, false, false);
                case F8_E4M3 -> new Layout(4, 3, 7, 0x7E, false, false);
                case F8_E5M2 -> new Layout(5, 2, 15, 0x7B, true, false);
                case F8_E4M3FNUZ -> new Layout(4, 3, 8, 0x7F, false, true);
                case F8_E5M2FNUZ -> new Layout(5, 2, 16, 0x7F, false, true);
                case F16 -> new Layout(5, 10, 15, 0x7BFF, true, false);
                case BF16 -> new Layout(8, 7, 127, 0x7F7F, true, false);
                default -> throw new IllegalArgumentException(type.name());
            };
        }

        /// The value of the bits below the sign, as if all of them were finite.
        BigDecimal magnitude(int code) {
            int exponent = code >>> mantissaBits;
            int fraction = code & (1 << mantissaBits) - 1;
            return exponent == 0
                    ? BigDecimal.valueOf(fraction).multiply(power(1 - bias - mantissaBits))
                    : BigDecimal.valueOf(fraction + (1L << mantissaBits))
                            .multiply(power(exponent - bias - mantissaBits));
        }
    }

    private static final Map<Integer, BigDecimal> POWERS = new HashMap<>();
    private static final Map<ScalarType, BigDecimal[]> MAGNITUDES = new EnumMap<>(ScalarType.class);

    private ExactReference() {}

    private static BigDecimal power(int exponent) {
        return POWERS.computeIfAbsent(exponent, ExactReference::newPower);
    }

    private static BigDecimal newPower(int exponent) {
        return exponent >= 0
                ? TWO.pow(exponent)
                : BigDecimal.ONE.divide(TWO.pow(-exponent), -exponent, RoundingMode.UNNECESSARY);
    }

    /// The number that a code stands for.
    static Num decode(ScalarType type, long code) {
        return switch (type.kind()) {
            case BOOL -> Num.finite(false, code == 0 ? BigDecimal.ZERO : BigDecimal.ONE);
            case SIGNED -> {
                long value = code << 64 - type.bits() >> 64 - type.bits();
                yield Num.finite(value < 0, BigDecimal.valueOf(value));
            }
            case UNSIGNED -> Num.finite(false, new BigDecimal(Long.toUnsignedString(code)));
            case FLOAT -> decodeFloat(type, code);
            case COMPLEX -> throw new IllegalArgumentException(type.name());
        };
    }

    private static Num decodeFloat(ScalarType type, long code) {
        if (type == ScalarType.F8_E8M0) {
            return code == 0xFF ? Num.NAN : Num.finite(false, power((int) code - 127));
        }
        boolean negative = (code >>> type.bits() - 1 & 1) == 1;
        if (type == ScalarType.F32 || type == ScalarType.F64) {
            double value = type == ScalarType.F32 ? Float.intBitsToFloat((int) code) : Double.longBitsToDouble(code);
            return Double.isNaN(value)
                    ? new Num(Num.Sort.NAN, negative, BigDecimal.ZERO)
                    : Double.isInfinite(value)
                            ? new Num(Num.Sort.INFINITE, negative, BigDecimal.ZERO)
                            : Num.finite(negative, new BigDecimal(value));
        }
        Layout layout = Layout.of(type);
        int magnitude = (int) code & (1 << type.bits() - 1) - 1;
        if (layout.fnuz() && negative && magnitude == 0) {
            return Num.NAN;
        }
        if (magnitude > layout.largest()) {
            boolean infinite = layout.infinities() && magnitude == layout.largest() + 1;
            return new Num(infinite ? Num.Sort.INFINITE : Num.Sort.NAN, negative, BigDecimal.ZERO);
        }
        BigDecimal value = layout.magnitude(magnitude);
        return Num.finite(negative, negative ? value.negate() : value);
    }

    /// The code of a number, with NaN in its canonical form.
    static long encode(ScalarType type, Num number) {
        long mask = type.bits() == 64 ? -1 : (1L << type.bits()) - 1;
        return switch (type.kind()) {
            case BOOL -> number.sort() != Num.Sort.FINITE || number.value().signum() != 0 ? 1 : 0;
            case SIGNED -> saturate(number, type.bits() - 1, true) & mask;
            case UNSIGNED -> saturate(number, type.bits(), false) & mask;
            case FLOAT -> encodeFloat(type, number);
            case COMPLEX -> throw new IllegalArgumentException(type.name());
        };
    }

    private static long saturate(Num number, int bits, boolean signed) {
        BigInteger most = BigInteger.TWO.pow(bits).subtract(BigInteger.ONE);
        BigInteger least = signed ? most.not() : BigInteger.ZERO;
        return switch (number.sort()) {
            case NAN -> 0;
            case INFINITE -> (number.negative() ? least : most).longValue();
            case FINITE -> number.value().toBigInteger().max(least).min(most).longValue();
        };
    }

    private static long encodeFloat(ScalarType type, Num number) {
        if (type == ScalarType.F8_E8M0) {
            return powerOfTwo(number);
        }
        long sign = number.negative() ? 1L << type.bits() - 1 : 0;
        if (type == ScalarType.F64 || type == ScalarType.F32) {
            return wide(type, number, sign);
        }
        Layout layout = Layout.of(type);
        long nan = layout.fnuz()
                ? 1L << type.bits() - 1
                : layout.infinities() || type == ScalarType.F8_E4M3
                        ? sign | (1L << type.bits() - 1) - 1
                        : sign ^ 1L << type.bits() - 1;
        if (number.sort() == Num.Sort.NAN) {
            return nan;
        }
        BigDecimal magnitude = number.value().abs();
        int code = number.sort() == Num.Sort.INFINITE ? layout.largest() + 1 : nearest(type, layout, magnitude);
        if (code <= layout.largest()) {
            return code == 0 && layout.fnuz() ? 0 : sign | code;
        }
        return layout.fnuz() ? nan : sign | (layout.infinities() ? layout.largest() + 1 : layout.largest());
    }

    private static long wide(ScalarType type, Num number, long sign) {
        double special = number.sort() == Num.Sort.NAN ? Double.NaN : Double.POSITIVE_INFINITY;
        boolean finite = number.sort() == Num.Sort.FINITE;
        BigDecimal magnitude = number.value().abs();
        if (type == ScalarType.F64) {
            double value = finite ? magnitude.doubleValue() : special;
            return sign | Arrays64.canonical(type, Double.doubleToLongBits(value));
        }
        float value = finite ? magnitude.floatValue() : (float) special;
        return sign | Arrays64.canonical(type, Float.floatToIntBits(value));
    }

    /// The code whose value is nearest, the even one of two; one more than the largest for what rounds beyond it.
    private static int nearest(ScalarType type, Layout layout, BigDecimal magnitude) {
        BigDecimal[] values = MAGNITUDES.computeIfAbsent(type, t -> {
            BigDecimal[] all = new BigDecimal[layout.largest() + 2];
            for (int code = 0; code < all.length; code++) {
                all[code] = layout.magnitude(code);
            }
            return all;
        });
        int below = 0;
        int above = values.length - 1;
        if (magnitude.compareTo(values[above]) >= 0) {
            return above;
        }
        while (above - below > 1) {
            int middle = (above + below) / 2;
            if (values[middle].compareTo(magnitude) <= 0) {
                below = middle;
            } else {
                above = middle;
            }
        }
        int order = magnitude.subtract(values[below]).compareTo(values[above].subtract(magnitude));
        return order < 0 || order == 0 && below % 2 == 0 ? below : above;
    }

    private static long powerOfTwo(Num number) {
        if (number.sort() != Num.Sort.FINITE || number.value().signum() <= 0) {
            return 0xFF;
        }
        if (number.value().compareTo(power(-126)) <= 0) {
            return number.value().compareTo(power(-127)) <= 0 ? 0 : 1;
        }
        int first = Math.getExponent(number.value().doubleValue()) + 127 - 1;
        for (int code = Math.max(1, first); code < 0xFE; code++) {
            // Up to halfway to the next power; halfway itself goes up.
            if (number.value().compareTo(power(code - 127).multiply(new BigDecimal("1.5"))) < 0) {
                return code;
            }
        }
        return number.value().compareTo(power(127).multiply(new BigDecimal("1.5"))) < 0 ? 0xFE : 0xFF;
    }

    /// What a conversion between two real types should give.
    static long convert(ScalarType from, ScalarType to, long code) {
        return convert(from, to, decode(from, code));
    }

    /// What a conversion should give for a number that a code of the first type stands for.
    static long convert(ScalarType from, ScalarType to, Num number) {
        if (from.kind() != Kind.FLOAT && to.kind() != Kind.FLOAT && to.kind() != Kind.BOOL) {
            long mask = to.bits() == 64 ? -1 : (1L << to.bits()) - 1;
            return number.value().toBigInteger().longValue() & mask;
        }
        return encode(to, number);
    }
}
