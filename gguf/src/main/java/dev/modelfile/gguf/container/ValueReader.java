package dev.modelfile.gguf.container;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.Value;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Reads the values of key-value pairs. Arrays are passed over and stay in the file.
final class ValueReader {
    private final Cursor cursor;
    private final ReadLimits limits;
    private final Deviations deviations;

    ValueReader(Cursor cursor, ReadLimits limits, Deviations deviations) {
        this.cursor = cursor;
        this.limits = limits;
        this.deviations = deviations;
    }

    /// Reads one value.
    ///
    /// @param place the key, for messages
    Value read(String place, int type) throws ModelFormatException {
        Region region = cursor.region();
        long at = cursor.at();
        if (type == ValueTypes.STRING) {
            return cursor.value(place);
        }
        if (type == ValueTypes.ARRAY) {
            return array(place);
        }
        int width = ValueTypes.width(type);
        if (width == 0) {
            throw region.malformed(
                    Rules.VALUE_TYPE,
                    place,
                    at - Integer.BYTES,
                    "value type " + Integer.toUnsignedString(type) + " is not known, so its length is not either");
        }
        cursor.require(place, width);
        cursor.skip(width);
        if (ValueTypes.type(type) == Value.Type.BOOL && region.u8(at) > 1) {
            deviations.noted(
                    Rules.BOOL_VALUE,
                    Severity.WARNING,
                    region,
                    place,
                    at,
                    "truth value " + region.u8(at) + "; some readers refuse it");
        }
        return cursor.encoding().value(type, region.bytes(), at);
    }

    private Value array(String place) throws ModelFormatException {
        int element = cursor.i32(place);
        long count = count(place);
        long begin = cursor.at();
        if (element == ValueTypes.ARRAY) {
            deviations.noted(
                    Rules.NESTED_ARRAY,
                    Severity.WARNING,
                    cursor.region(),
                    place,
                    begin,
                    "an array of arrays, which llama.cpp refuses");
            skipNested(place, count);
        } else {
            checkElementType(place, element, count);
            skipFlat(place, element, count);
        }
        cursor.charge(place, 96);
        return new StoredArray(
                element, count, cursor.region().bytes().asSlice(begin, cursor.at() - begin), cursor.encoding());
    }

    private void checkElementType(String place, int element, long count) throws ModelFormatException {
        if (ValueTypes.type(element) != Value.Type.OPAQUE) {
            return;
        }
        String problem = "array elements of type " + Integer.toUnsignedString(element) + ", which is not known";
        if (count > 0) {
            throw cursor.region().malformed(Rules.VALUE_TYPE, place, cursor.at(), problem);
        }
        deviations.noted(Rules.VALUE_TYPE, Severity.ERROR, cursor.region(), place, cursor.at(), problem);
    }

    /// A number of elements, each of which takes at least a byte.
    private long count(String place) throws ModelFormatException {
        long count = cursor.length(place);
        if (count < 0 || count > cursor.remaining()) {
            throw cursor.region()
                    .malformed(
                            Rules.ARRAY_LENGTH,
                            place,
                            cursor.at() - cursor.encoding().lengthBytes(),
                            "array of " + Long.toUnsignedString(count) + " elements vs " + cursor.remaining()
                                    + " bytes that remain");
        }
        if (count > Header.MAX_LENGTH) {
            deviations.noted(
                    Rules.ARRAY_LENGTH,
                    Severity.ERROR,
                    cursor.region(),
                    place,
                    cursor.at(),
                    "array of " + count + " elements, llama.cpp takes " + Header.MAX_LENGTH);
        }
        return count;
    }

    private void skipFlat(String place, int element, long count) throws ModelFormatException {
        int width = ValueTypes.width(element);
        int least = width > 0 ? width : cursor.encoding().lengthBytes();
        if (count > cursor.remaining() / least) {
            throw cursor.region()
                    .malformed(
                            Rules.ARRAY_LENGTH,
                            place,
                            cursor.at(),
                            "array of " + count + " elements of " + least + " bytes or more vs " + cursor.remaining()
                                    + " bytes that remain");
        }
        if (width == 0) {
            cursor.skipStrings(place, count);
            return;
        }
        if (ValueTypes.type(element) == Value.Type.BOOL) {
            checkBools(place, count);
        }
        cursor.skip(count * width);
    }

    private void checkBools(String place, long count) {
        for (long i = 0; i < count; i++) {
            long at = cursor.at() + i;
            if ((cursor.region().bytes().get(ValueLayout.JAVA_BYTE, at) & 0xFE) != 0) {
                deviations.noted(
                        Rules.BOOL_VALUE,
                        Severity.WARNING,
                        cursor.region(),
                        place,
                        at,
                        "truth value of element " + i + " is neither 0 nor 1");
                return;
            }
        }
    }

    /// Passes over the elements of an array of arrays, which may be such arrays themselves. What is open at each depth
    /// is remembered only to bound the depth.
    private void skipNested(String place, long count) throws ModelFormatException {
        long[] open = new long[8];
        int depth = 0;
        open[0] = count;
        while (depth >= 0) {
            if (open[depth] == 0) {
                depth--;
                continue;
            }
            open[depth]--;
            int element = cursor.i32(place);
            long inner = count(place);
            if (element != ValueTypes.ARRAY) {
                checkElementType(place, element, inner);
                skipFlat(place, element, inner);
                continue;
            }
            if (++depth >= limits.maxDepth()) {
                throw cursor.region()
                        .limit(
                                "maxDepth",
                                place,
                                cursor.at(),
                                "arrays nested more than " + limits.maxDepth() + " deep");
            }
            open = depth < open.length ? open : Arrays.copyOf(open, 2 * depth);
            open[depth] = inner;
        }
    }
}
