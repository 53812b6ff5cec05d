package dev.modelfile.json;

import org.jspecify.annotations.Nullable;

/// Recognises JSON's number grammar a byte at a time and tells whether a double can hold the number, in constant
/// memory however long it is.
final class NumberScanner {
    /// More digits than decide any rounding of a double.
    private static final int DIGITS_KEPT = 800;
    private static final int EXPONENT_BOUND = 1_000_000_000;

    private enum State {
        START,
        SIGN,
        ZERO,
        INTEGER,
        POINT,
        FRACTION,
        EXPONENT,
        EXPONENT_SIGN,
        EXPONENT_DIGITS
    }

    private State state = State.START;
    private final StringBuilder digits = new StringBuilder();
    private long pointShift;
    private long exponent;
    private boolean negativeExponent;

    /// Takes a byte if it continues the number.
    boolean take(int b) {
        State next = next(b);
        if (next == null) {
            return false;
        }
        if (b >= '0' && b <= '9') {
            digit(b, next);
        }
        negativeExponent |= next == State.EXPONENT_SIGN && b == '-';
        state = next;
        return true;
    }

    private @Nullable State next(int b) {
        boolean digit = b >= '0' && b <= '9';
        boolean mark = b == 'e' || b == 'E';
        return switch (state) {
            case START -> b == '-' ? State.SIGN : digit ? (b == '0' ? State.ZERO : State.INTEGER) : null;
            case SIGN -> digit ? (b == '0' ? State.ZERO : State.INTEGER) : null;
            case ZERO -> b == '.' ? State.POINT : mark ? State.EXPONENT : null;
            case INTEGER -> digit ? State.INTEGER : b == '.' ? State.POINT : mark ? State.EXPONENT : null;
            case POINT -> digit ? State.FRACTION : null;
            case FRACTION -> digit ? State.FRACTION : mark ? State.EXPONENT : null;
            case EXPONENT -> digit ? State.EXPONENT_DIGITS : b == '+' || b == '-' ? State.EXPONENT_SIGN : null;
            case EXPONENT_SIGN, EXPONENT_DIGITS -> digit ? State.EXPONENT_DIGITS : null;
        };
    }

    private void digit(int b, State next) {
        if (next == State.EXPONENT_DIGITS) {
            exponent = Math.min(EXPONENT_BOUND, exponent * 10 + (b - '0'));
            return;
        }
        boolean significant = b != '0' || !digits.isEmpty();
        boolean kept = significant && digits.length() < DIGITS_KEPT;
        if (kept) {
            digits.append((char) b);
        }
        // The kept digits are read as an integer: count what that shifts.
        if (next == State.FRACTION) {
            pointShift -= kept || !significant ? 1 : 0;
        } else {
            pointShift += significant && !kept ? 1 : 0;
        }
    }

    /// Whether the bytes taken so far are a number.
    boolean complete() {
        return switch (state) {
            case ZERO, INTEGER, FRACTION, EXPONENT_DIGITS -> true;
            default -> false;
        };
    }

    /// Whether a double can hold it.
    boolean finite() {
        if (digits.isEmpty()) {
            return true;
        }
        long power = pointShift + (negativeExponent ? -exponent : exponent);
        long magnitude = power + digits.length();
        if (magnitude < 300) {
            return true;
        }
        return magnitude < 320 && !Double.isInfinite(Double.parseDouble(digits + "e" + power));
    }
}
