package dev.modelfile.gguf.container;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.Value.Type;
import dev.modelfile.io.Region;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/// A header as llama.cpp reads it: all checks of ggml's `gguf_init_from_reader` (September 2026, on a little-endian
/// machine), in its order and with its arithmetic. What comes back is what its model loader goes by.
public final class LoaderHeader {
    private final Map<String, Entry> entries = new HashMap<>();
    private final Region region;
    private final Cursor cursor;
    private List<LoaderTensors.Info> tensors = List.of();
    private long dataOffset;

    /// A value: of arrays only that they are some.
    private record Entry(Type type, long bits) {}

    private LoaderHeader(Region region, Budget budget) {
        this.region = region;
        this.cursor = new Cursor(region, 8, Encoding.CURRENT, budget);
    }

    /// Reads a header as llama.cpp does.
    ///
    /// @param region the model
    /// @param budget what the model may still take
    /// @throws MalformedModelException where llama.cpp stops, with the rule
    /// @throws ModelFormatException if a limit is exceeded, so that nothing can be said
    public static LoaderHeader read(Region region, Budget budget) throws ModelFormatException {
        Region header = region.at("header");
        if (header.size() < 4 || header.i32(0) != Header.MAGIC) {
            throw header.malformed(Rules.MAGIC, "magic", 0, "the file does not begin with 'GGUF'");
        }
        LoaderHeader loader = new LoaderHeader(header, budget);
        loader.read();
        return loader;
    }

    private void read() throws ModelFormatException {
        if (region.size() < 8) {
            throw region.malformed("io.truncated", "version", 4, "4 bytes needed vs " + (region.size() - 4));
        }
        checkVersion(region.i32(4));
        long tensorCount = count("number of tensors");
        long pairCount = count("number of keys");
        Set<String> keys = new HashSet<>();
        for (long i = 0; i < pairCount; i++) {
            pair(i, keys);
        }
        long alignment = alignment();
        tensors = LoaderTensors.read(cursor, tensorCount);
        // The file is not padded where there is nothing to align.
        dataOffset = tensorCount == 0 ? cursor.at() : cursor.at() + alignment - 1 & -alignment;
        if (dataOffset > region.size()) {
            throw region.malformed(
                    Rules.DATA_SECTION,
                    "data section",
                    cursor.at(),
                    "should begin at " + dataOffset + " vs " + region.size() + " bytes in the file");
        }
        LoaderTensors.checkLayout(region, tensors, alignment);
    }

    private void checkVersion(int version) throws MalformedModelException {
        if (version == 0) {
            throw wrongVersion(Rules.VERSION, "version 0 does not exist");
        }
        if ((version & 0xFFFF) == 0) {
            throw wrongVersion(
                    Integer.reverseBytes(version) > 0 && Integer.reverseBytes(version) <= Header.VERSION
                            ? Rules.BIG_ENDIAN
                            : Rules.VERSION,
                    "version " + Integer.toUnsignedString(version)
                            + "; a big-endian file is read on big-endian machines only");
        }
        if (version == 1) {
            throw wrongVersion(Rules.VERSION_1, "version 1 is not read any more");
        }
        if (version < 0 || version > Header.VERSION) {
            throw wrongVersion(Rules.VERSION, "version " + Integer.toUnsignedString(version) + " vs " + Header.VERSION);
        }
    }

    private MalformedModelException wrongVersion(String rule, String problem) {
        return region.malformed(rule, "version", 4, problem);
    }

    private long count(String what) throws MalformedModelException {
        long count = cursor.i64(what);
        if (count < 0) {
            throw region.malformed(Rules.COUNT, what, cursor.at() - Long.BYTES, count + " is negative");
        }
        return count;
    }

    private void pair(long index, Set<String> keys) throws ModelFormatException {
        long at = cursor.at();
        String key = LoaderText.read(cursor, "key " + index);
        String place = "key \"" + Names.shown(key) + "\"";
        if (key.isEmpty()) {
            throw region.malformed(Rules.EMPTY_KEY, "key " + index, at, "the key is empty");
        }
        if (!keys.add(key)) {
            throw region.malformed(Rules.DUPLICATE_KEY, place, at, "the key is there twice");
        }
        cursor.charge(place, 160);
        int type = cursor.i32(place);
        // It finds keys by what is before a NUL, and takes the first.
        entries.putIfAbsent(
                Names.cut(key),
                type == ValueTypes.ARRAY ? array(place) : new Entry(ValueTypes.type(type), value(place, type)));
    }

    private long value(String place, int type) throws ModelFormatException {
        int width = checkedWidth(place, type);
        if (width == 0) {
            LoaderText.skip(cursor, place);
            return 0;
        }
        cursor.require(place, width);
        long at = cursor.at();
        cursor.skip(width);
        return switch (width) {
            case 1 -> region.u8(at);
            case 2 -> Encoding.CURRENT.i16(region.bytes(), at) & 0xFFFF;
            case 4 -> Encoding.CURRENT.i32(region.bytes(), at);
            default -> Encoding.CURRENT.i64(region.bytes(), at);
        };
    }

    /// The width of a type, 0 for strings.
    private int checkedWidth(String place, int type) throws MalformedModelException {
        int width = ValueTypes.width(type);
        if (width == 0 && type != ValueTypes.STRING) {
            throw region.malformed(
                    type == ValueTypes.ARRAY ? Rules.NESTED_ARRAY : Rules.VALUE_TYPE,
                    place,
                    cursor.at(),
                    "a value of type " + Integer.toUnsignedString(type)
                            + (type == ValueTypes.ARRAY ? " in an array" : ", which is not known"));
        }
        return width;
    }

    private Entry array(String place) throws ModelFormatException {
        int element = cursor.i32(place);
        long count = cursor.i64(place);
        int width = checkedWidth(place, element);
        int least = width == 0 ? Long.BYTES : width;
        if (count < 0 || count > Header.MAX_LENGTH || count * least > cursor.remaining()) {
            throw region.malformed(
                    Rules.ARRAY_LENGTH,
                    place,
                    cursor.at() - Long.BYTES,
                    "array of " + Long.toUnsignedString(count) + " elements vs " + Header.MAX_LENGTH + " and "
                            + cursor.remaining() + " bytes that remain");
        }
        if (width > 0) {
            cursor.skip(count * width);
        } else {
            for (long i = 0; i < count; i++) {
                LoaderText.skip(cursor, place);
            }
        }
        return new Entry(Type.ARRAY, count);
    }

    private long alignment() throws MalformedModelException {
        Entry entry = entries.get(Header.ALIGNMENT);
        if (entry == null) {
            return Header.DEFAULT_ALIGNMENT;
        }
        String place = "key \"" + Header.ALIGNMENT + "\"";
        if (entry.type() != Type.U32) {
            throw region.malformed(Rules.ALIGNMENT_TYPE, place, -1, "must be U32, is " + entry.type());
        }
        long alignment = entry.bits() & 0xFFFF_FFFFL;
        if (Long.bitCount(alignment) != 1) {
            throw region.malformed(Rules.ALIGNMENT, place, -1, alignment + " is not a power of two");
        }
        return alignment;
    }

    /// A number that the loader looks up.
    ///
    /// @param type the type that it must have
    /// @throws MalformedModelException if it has another
    public OptionalLong number(String key, Type type) throws MalformedModelException {
        requireType(key, type);
        Entry entry = entries.get(key);
        return entry == null ? OptionalLong.empty() : OptionalLong.of(entry.bits());
    }

    /// Checks the type of a key that the loader looks up.
    ///
    /// @throws MalformedModelException if it is there and has another
    public void requireType(String key, Type type) throws MalformedModelException {
        Entry entry = entries.get(key);
        if (entry != null && entry.type() != type) {
            throw region.malformed(
                    Rules.KEY_TYPE, "key \"" + key + "\"", -1, "is " + entry.type() + ", must be " + type);
        }
    }

    /// The tensors in the order of the header.
    public List<LoaderTensors.Info> tensors() {
        return tensors;
    }

    /// Checks that all tensors are in the file.
    ///
    /// @throws MalformedModelException if one is not
    public void checkBounds() throws MalformedModelException {
        for (LoaderTensors.Info tensor : tensors) {
            long start = dataOffset + tensor.offset();
            long end = start + tensor.bytes();
            if (Long.compareUnsigned(end, start) < 0 || Long.compareUnsigned(end, region.size()) > 0) {
                throw region.malformed(
                        Rules.DATA_MISSING,
                        tensor.place(),
                        dataOffset,
                        Long.toUnsignedString(tensor.bytes()) + " bytes at " + Long.toUnsignedString(start) + " vs "
                                + region.size() + " bytes in the file");
            }
        }
    }
}
