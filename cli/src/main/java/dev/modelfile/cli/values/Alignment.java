package dev.modelfile.cli.values;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;

/// Brings numbers into one form by NumPy's rules: exponents only where fixed notation would be unreadable, and few
/// digits, because this is for people; points under each other. JSON has all digits.
final class Alignment {
    private static final int DIGITS = 6;
    private static final int EXPONENT_DIGITS = 4;

    private final boolean exponents;
    private final int digits;
    private int words;
    private int left;
    private int right;

    private Alignment(boolean exponents, int digits) {
        this.exponents = exponents;
        this.digits = digits;
    }

    static Alignment of(List<String[]> rows) {
        double max = 0;
        double min = Double.POSITIVE_INFINITY;
        int digits = 0;
        for (String[] row : rows) {
            for (String cell : row) {
                if (isReal(cell)) {
                    double value = Math.abs(Double.parseDouble(cell));
                    max = Math.max(max, value);
                    min = value == 0 ? min : Math.min(min, value);
                    BigDecimal exact = new BigDecimal(cell).stripTrailingZeros();
                    digits = Math.max(digits, exact.precision() - 1);
                }
            }
        }
        boolean exponents = max >= 1e8 || max > 0 && (min < 1e-4 || max / min > 1000);
        Alignment alignment = new Alignment(exponents, Math.min(EXPONENT_DIGITS, digits));
        for (String[] row : rows) {
            for (String cell : row) {
                alignment.measure(alignment.form(cell));
            }
        }
        return alignment;
    }

    private static boolean isReal(String cell) {
        return !cell.isEmpty()
                && cell.indexOf('.') >= 0
                && !cell.endsWith("j")
                && Character.isDigit(cell.charAt(cell.length() - 1));
    }

    private String form(String cell) {
        if (!isReal(cell)) {
            return cell.equals("NaN") ? "nan" : cell.replace("Infinity", "inf");
        }
        if (exponents) {
            return String.format(Locale.ROOT, "%." + digits + "e", new BigDecimal(cell));
        }
        BigDecimal rounded =
                new BigDecimal(cell).setScale(DIGITS, RoundingMode.HALF_EVEN).stripTrailingZeros();
        boolean negativeZero = rounded.signum() == 0 && cell.startsWith("-");
        String text = rounded.setScale(Math.max(0, rounded.scale()), RoundingMode.UNNECESSARY)
                .toPlainString();
        return (negativeZero ? "-" : "") + (text.indexOf('.') < 0 ? text + "." : text);
    }

    /// Words such as `nan` and complex numbers have no point to stand under.
    private static boolean isWord(String cell) {
        return cell.indexOf('.') < 0 || cell.endsWith("j");
    }

    private static boolean isMark(String cell) {
        return cell.equals("…") || cell.equals("...");
    }

    private void measure(String cell) {
        if (isMark(cell)) {
            return;
        }
        if (isWord(cell)) {
            words = Math.max(words, cell.length());
        } else {
            left = Math.max(left, cell.indexOf('.'));
            right = Math.max(right, cell.length() - cell.indexOf('.'));
        }
    }

    /// Brings all cells of a row into the common form.
    void apply(String[] row) {
        int width = Math.max(words, left + right);
        for (int i = 0; i < row.length; i++) {
            String cell = form(row[i]);
            if (!isMark(cell)) {
                String tail = isWord(cell) ? "" : " ".repeat(right - cell.length() + cell.indexOf('.'));
                cell = " ".repeat(width - cell.length() - tail.length()) + cell + tail;
            }
            row[i] = cell;
        }
    }
}
