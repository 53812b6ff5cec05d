package dev.modelfile.gguf.container;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;

/// Strings as llama.cpp reads them: at most 1 GiB, whatever they hold.
final class LoaderText {
    private LoaderText() {}

    static String read(Cursor cursor, String place) throws ModelFormatException {
        return Names.decode(bytes(cursor, place));
    }

    static byte[] bytes(Cursor cursor, String place) throws ModelFormatException {
        long length = length(cursor, place);
        cursor.charge(place, 2 * length + 48);
        byte[] bytes = cursor.region().copy(place, cursor.at(), length);
        cursor.skip(length);
        return bytes;
    }

    static void skip(Cursor cursor, String place) throws MalformedModelException {
        cursor.skip(length(cursor, place));
    }

    private static long length(Cursor cursor, String place) throws MalformedModelException {
        long length = cursor.i64(place);
        if (length < 0 || length > Header.MAX_LENGTH || length > cursor.remaining()) {
            throw cursor.region()
                    .malformed(
                            Rules.STRING_LENGTH,
                            place,
                            cursor.at() - Long.BYTES,
                            "string of " + Long.toUnsignedString(length) + " bytes vs " + Header.MAX_LENGTH + " and "
                                    + cursor.remaining() + " bytes that remain");
        }
        return length;
    }
}
