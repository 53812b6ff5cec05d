package dev.modelfile.internal.convert;

/// Roundings from 64-bit integers that Java has no operator for.
final class Rounding {
    private Rounding() {}

    /// An unsigned number to the nearest double, ties to even.
    static double unsignedToDouble(long bits) {
        return bits >= 0 ? bits : 2.0 * (double) halved(bits);
    }

    /// An unsigned number to the nearest float, ties to even.
    static float unsignedToFloat(long bits) {
        return bits >= 0 ? bits : 2f * (float) halved(bits);
    }

    /// Half of an unsigned number, keeping in the lowest bit whether anything was cut off: rounding the half then goes
    /// the same way as rounding the whole.
    private static long halved(long bits) {
        return bits >>> 1 | bits & 1;
    }

    /// A number as a double whose last bit says whether it is inexact ("round to odd"). A later rounding to any format
    /// of at most 51 significant bits then gives what a single rounding would.
    static double sticky(long value, boolean unsigned) {
        boolean negative = !unsigned && value < 0;
        long magnitude = negative ? -value : value;
        int excess = 64 - Long.numberOfLeadingZeros(magnitude) - 53;
        if (excess <= 0) {
            return negative ? -(double) magnitude : magnitude;
        }
        long kept = magnitude >>> excess;
        if (kept << excess != magnitude) {
            kept |= 1;
        }
        double exact = Math.scalb((double) kept, excess);
        return negative ? -exact : exact;
    }
}
