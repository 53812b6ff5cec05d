package dev.modelfile.checkpoint.scan;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What the header of an `.npy` file says of its elements.
///
/// @param objects whether they are objects, so that a pickle follows
/// @param bytes how many bytes they take if they are none
record ArrayHeader(boolean objects, long bytes) {
    private static final Pattern NUMBERS = Pattern.compile("[<>|=]?([biufcmMSUV])([0-9]{1,9})(?:\\[[0-9a-zA-Zμ/]*])?");
    private static final Pattern OBJECTS = Pattern.compile("[<>|=]?O[48]?|object");
    private static final long OF_OBJECTS = -1;

    /// Reads a header as NumPy writes it; null if it is another one, whatever NumPy would make of it.
    static @Nullable ArrayHeader read(String text) {
        if (!(PythonLiteral.read(text) instanceof Map<?, ?> header)
                || header.size() != 3
                || !(header.get("fortran_order") instanceof Boolean)) {
            return null;
        }
        try {
            Long unit = unit(header.get("descr"));
            Long count = unit == null ? null : product(header.get("shape"));
            if (unit == null || count == null) {
                return null;
            }
            return unit == OF_OBJECTS
                    ? new ArrayHeader(true, 0)
                    : new ArrayHeader(false, Math.multiplyExact(unit, count));
        } catch (ArithmeticException tooLarge) {
            return null;
        }
    }

    /// The size of an element, [#OF_OBJECTS] if there are objects in it, null if it is not understood.
    private static @Nullable Long unit(@Nullable Object description) {
        return switch (description) {
            case String code -> unit(code);
            case List<?> fields -> fields(fields);
            case null, default -> null;
        };
    }

    private static @Nullable Long unit(String code) {
        if (OBJECTS.matcher(code).matches()) {
            return OF_OBJECTS;
        }
        Matcher number = NUMBERS.matcher(code);
        if (!number.matches()) {
            return null;
        }
        long size = Long.parseLong(number.group(2));
        return number.group(1).equals("U") ? 4 * size : size;
    }

    /// A record: fields of a name, a type and perhaps a shape.
    private static @Nullable Long fields(List<?> fields) {
        long sum = 0;
        boolean objects = false;
        for (Object field : fields) {
            if (!(field instanceof List<?> parts) || parts.size() < 2 || parts.size() > 3) {
                return null;
            }
            Long unit = unit(parts.get(1));
            Long count = parts.size() < 3 ? Long.valueOf(1) : product(parts.get(2));
            if (unit == null || count == null) {
                return null;
            }
            objects |= unit == OF_OBJECTS;
            sum = Math.addExact(sum, Math.multiplyExact(unit, count));
        }
        return objects ? OF_OBJECTS : sum;
    }

    private static @Nullable Long product(@Nullable Object shape) {
        long product = 1;
        for (Object dim : shape instanceof List<?> dims ? dims : List.of(shape == null ? "" : shape)) {
            if (!(dim instanceof Long length)) {
                return null;
            }
            product = Math.multiplyExact(product, length);
        }
        return product;
    }
}
