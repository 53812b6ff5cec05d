package dev.modelfile;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One position of a slicing expression, as in NumPy's basic indexing: a single element, a range, or an ellipsis.
///
/// @param kind what this position is
/// @param start first element of a range, or the element; null for the end that the step's sign implies
/// @param stop the element after the last of a range; null for the end that the step's sign implies
/// @param step distance between elements of a range, not zero
public record Index(
        Kind kind, @Nullable Long start, @Nullable Long stop, long step) {

    /// The kinds of position.
    public enum Kind {
        /// A single element; its dimension disappears.
        AT,
        /// A range of elements.
        RANGE,
        /// As many full ranges as are needed to use up all dimensions.
        ELLIPSIS
    }

    /// @throws IllegalArgumentException if the step of a range is zero
    public Index {
        if (step == 0) {
            throw new IllegalArgumentException("slice step cannot be zero");
        }
    }

    /// A single element; negative counts from the end.
    public static Index at(long element) {
        return new Index(Kind.AT, element, null, 1);
    }

    /// The elements from `start` to before `stop`; negative counts from the end, both are clamped to the dimension.
    public static Index range(long start, long stop) {
        return new Index(Kind.RANGE, start, stop, 1);
    }

    /// A range with a step, which may be negative. A null bound is the end that the step's sign implies.
    ///
    /// @throws IllegalArgumentException if the step is zero
    public static Index range(@Nullable Long start, @Nullable Long stop, long step) {
        return new Index(Kind.RANGE, start, stop, step);
    }

    /// The whole dimension.
    public static Index all() {
        return new Index(Kind.RANGE, null, null, 1);
    }

    /// All dimensions that no other index takes.
    public static Index ellipsis() {
        return new Index(Kind.ELLIPSIS, null, null, 1);
    }

    /// Reads an expression such as `1:3, -1, ..., ::-2`, with or without brackets.
    ///
    /// @throws IllegalArgumentException if it is none
    public static List<Index> parse(String expression) {
        String text = expression.strip();
        if (text.startsWith("[") && text.endsWith("]")) {
            text = text.substring(1, text.length() - 1).strip();
        }
        List<Index> result = new ArrayList<>();
        if (text.isEmpty() || text.equals("()")) {
            return result;
        }
        if (text.endsWith(",")) {
            text = text.substring(0, text.length() - 1);
        }
        for (String item : text.split(",", -1)) {
            result.add(parseOne(item.strip(), expression));
        }
        return result;
    }

    private static Index parseOne(String item, String expression) {
        if (item.equals("...")) {
            return ellipsis();
        }
        String[] parts = item.split(":", -1);
        if (parts.length > 3 || item.isEmpty()) {
            throw new IllegalArgumentException("\"" + item + "\" is no index in \"" + expression + "\"");
        }
        if (parts.length == 1) {
            return at(number(item, expression));
        }
        Long step = parts.length == 3 ? bound(parts[2], expression) : null;
        return range(bound(parts[0], expression), bound(parts[1], expression), step == null ? 1 : step);
    }

    private static @Nullable Long bound(String text, String expression) {
        return text.isBlank() ? null : (Long) number(text.strip(), expression);
    }

    private static long number(String text, String expression) {
        try {
            // Beyond 64 bits is beyond every dimension, so the ends of the range will do.
            return new BigInteger(text)
                    .min(BigInteger.valueOf(Long.MAX_VALUE))
                    .max(BigInteger.valueOf(Long.MIN_VALUE))
                    .longValue();
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException("\"" + text + "\" is no index in \"" + expression + "\"", notANumber);
        }
    }
}
