package dev.modelfile.checkpoint.pickle;

import dev.modelfile.checkpoint.PickleValue;
import java.math.BigInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Numbers as the text opcodes of protocol 0 write them, with the tolerance of CPython's C unpickler. Every method
/// returns null where CPython raises an error.
final class TextForms {
    /// Python's own bound on decimal digits.
    static final int MAX_DIGITS = 4300;

    private static final Pattern FLOAT =
            Pattern.compile("[+-]?(\\d+(\\.\\d*)?([eE][+-]?\\d+)?|\\.\\d+([eE][+-]?\\d+)?)");
    private static final Pattern C_INTEGER = Pattern.compile("[+-]?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)");
    private static final Pattern PYTHON_INTEGER = Pattern.compile(
            "([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?\\d)*)");
    private static final Pattern INDEX = Pattern.compile("[+]?\\d+(_\\d+)*|-0+");

    private TextForms() {}

    /// `INT`: two characters of value 0 or 1 are truth values; C's `strtol` in base 0, then Python's `int(text, 0)`.
    static @Nullable PickleValue integer(String line) {
        BigInteger value = cInteger(line);
        if (value == null) {
            value = pythonInteger(line);
        }
        if (value == null) {
            return null;
        }
        if (line.length() == 2 && (value.signum() == 0 || value.equals(BigInteger.ONE))) {
            return value.signum() == 0 ? Constants.FALSE : Constants.TRUE;
        }
        return Constants.integer(value);
    }

    private static @Nullable BigInteger cInteger(String line) {
        // strtol skips blanks in front; CPython then demands the end of the line.
        String text = line.stripLeading();
        if (text.length() > MAX_DIGITS || !C_INTEGER.matcher(text).matches()) {
            return null;
        }
        boolean negative = text.startsWith("-");
        String digits = negative || text.startsWith("+") ? text.substring(1) : text;
        boolean hex = digits.startsWith("0x") || digits.startsWith("0X");
        int base = hex ? 16 : digits.startsWith("0") ? 8 : 10;
        BigInteger value = new BigInteger(hex ? digits.substring(2) : digits, base);
        value = negative ? value.negate() : value;
        return value.bitLength() > 63 ? null : value;
    }

    /// Python's `int(text, 0)`.
    private static @Nullable BigInteger pythonInteger(String line) {
        var match = PYTHON_INTEGER.matcher(line.strip());
        if (line.length() > MAX_DIGITS || !match.matches()) {
            return null;
        }
        String digits = match.group(2).replace("_", "");
        char kind = digits.length() > 1 ? Character.toLowerCase(digits.charAt(1)) : ' ';
        int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
        BigInteger value = new BigInteger(base == 10 ? digits : digits.substring(2), base);
        return match.group(1).equals("-") ? value.negate() : value;
    }

    /// `LONG`: one trailing `L` is dropped, then Python's `int(text, 0)`.
    static @Nullable PickleValue longInteger(String line) {
        BigInteger value = pythonInteger(line.endsWith("L") ? line.substring(0, line.length() - 1) : line);
        return value == null ? null : Constants.integer(value);
    }

    /// `FLOAT`: Python's syntax without blanks and underscores; an overflow is an error.
    static PickleValue.@Nullable Real real(String line) {
        String text = line.startsWith("+") || line.startsWith("-") ? line.substring(1) : line;
        String lower = text.toLowerCase(java.util.Locale.ROOT);
        double sign = line.startsWith("-") ? -1 : 1;
        if (lower.equals("inf") || lower.equals("infinity")) {
            return new PickleValue.Real(sign * Double.POSITIVE_INFINITY);
        }
        if (lower.equals("nan")) {
            return new PickleValue.Real(Double.NaN);
        }
        if (line.length() > MAX_DIGITS || !FLOAT.matcher(line).matches()) {
            return null;
        }
        double value = Double.parseDouble(line);
        return Double.isInfinite(value) ? null : new PickleValue.Real(value);
    }

    /// The index of `GET` and `PUT`, -1 if it is none.
    static int index(String line) {
        String text = line.strip();
        if (text.length() > 24 || !INDEX.matcher(text).matches()) {
            return -1;
        }
        BigInteger value = new BigInteger(text.replace("_", ""));
        return value.bitLength() > 31 ? -1 : value.intValue();
    }

    /// Whether stricter tools than CPython would refuse a number.
    static boolean isUnusual(String line) {
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            boolean plain = c >= '0' && c <= '9' || c == '-' || (c == 'L' && i > 0 && i == line.length() - 1);
            if (!plain) {
                return true;
            }
        }
        String digits = line.startsWith("-") ? line.substring(1) : line;
        return digits.length() > 1 && digits.startsWith("0") && !line.equals("00") && !line.equals("01");
    }
}
