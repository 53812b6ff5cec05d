package dev.modelfile.gguf.container;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.UnsupportedModelException;
import dev.modelfile.Value;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;

/// Reads and checks a header, in the order of llama.cpp's `gguf_init_from_reader`.
public final class HeaderReader {
    private static final int TRUNCATED_PAIR = 5;

    private final Region region;
    private final ReadOptions options;
    private final Budget budget;
    private final Deviations deviations;

    private HeaderReader(Region region, ReadOptions options, Budget budget, Deviations deviations) {
        this.region = region;
        this.options = options;
        this.budget = budget;
        this.deviations = deviations;
    }

    /// Reads a header.
    ///
    /// @param region the model; what follows the last tensor may be in it
    /// @param budget what the model may still take
    /// @param deviations decides about what llama.cpp refuses, and collects it
    /// @throws ModelFormatException if the header is broken or exceeds a limit
    public static Header read(Region region, ReadOptions options, Budget budget, Deviations deviations)
            throws ModelFormatException {
        return new HeaderReader(region.at("header"), options, budget, deviations).read();
    }

    private Header read() throws ModelFormatException {
        checkMagic();
        if (region.size() < 8) {
            throw region.malformed("io.truncated", "version", 4, "4 bytes needed vs " + (region.size() - 4));
        }
        int stored = region.i32(4);
        boolean swapped = (stored & 0xFFFF) == 0 && stored != 0;
        int version = swapped ? Integer.reverseBytes(stored) : stored;
        checkVersion(version, swapped);
        ByteOrder order = swapped ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        Encoding encoding = Encoding.of(order, version);
        Cursor cursor = new Cursor(region, 8, encoding, budget);
        long tensors = cursor.length("number of tensors");
        checkCount("number of tensors", tensors, version == 1 ? 20 : 24, cursor);
        long pairs = cursor.length("number of keys");
        checkCount("number of keys", pairs, encoding.lengthBytes() + TRUNCATED_PAIR, cursor);
        budget.tensors(region, tensors);
        LinkedHashMap<String, Value> metadata = pairs(cursor, pairs);
        long alignment = alignment(metadata);
        List<TensorInfo> infos = new TensorReader(cursor, version, options, deviations).read(tensors);
        long dataOffset;
        try {
            dataOffset = Header.align(cursor.at(), alignment);
        } catch (ArithmeticException overflow) {
            throw region.malformed(Rules.DATA_SECTION, "", cursor.at(), "alignment " + alignment + " is too large");
        }
        return new Header(
                version, encoding, region.base(), alignment, cursor.at(), dataOffset, metadata, List.copyOf(infos));
    }

    private void checkMagic() throws ModelFormatException {
        if (region.size() < 4) {
            throw region.malformed(Rules.MAGIC, "magic", 0, "4 bytes needed vs " + region.size() + " available");
        }
        if (region.i32(0) != Header.MAGIC) {
            StringBuilder found = new StringBuilder();
            for (int i = 0; i < 4; i++) {
                int b = region.u8(i);
                found.append(b >= ' ' && b < 0x7F ? (char) b : '?');
            }
            throw region.malformed(Rules.MAGIC, "magic", 0, "begins with '" + found + "', not with 'GGUF'");
        }
    }

    private void checkVersion(int version, boolean swapped) throws ModelFormatException {
        if (version == 0) {
            throw region.malformed(Rules.VERSION, "version", 4, "version 0 does not exist");
        }
        if (version < 0 || version > Header.VERSION) {
            throw new UnsupportedModelException(
                    Rules.VERSION,
                    region.source(),
                    "header › version",
                    region.base() + 4,
                    "version " + Integer.toUnsignedString(version) + " vs " + Header.VERSION
                            + ", the latest that is known");
        }
        if (swapped) {
            deviations.noted(
                    Rules.BIG_ENDIAN,
                    Severity.INFO,
                    region,
                    "version",
                    4,
                    "big-endian; llama.cpp reads it on big-endian machines only");
        }
        if (version == 1) {
            deviations.noted(
                    Rules.VERSION_1,
                    Severity.WARNING,
                    region,
                    "version",
                    4,
                    "version 1, which llama.cpp does not read any more; an edit or a copy keeps it, unless another version is asked for");
        }
    }

    private void checkCount(String what, long count, int least, Cursor cursor) throws MalformedModelException {
        if (count < 0 || count > cursor.remaining() / least) {
            throw region.malformed(
                    Rules.COUNT,
                    what,
                    cursor.at() - cursor.encoding().lengthBytes(),
                    Long.toUnsignedString(count) + " of at least " + least + " bytes each vs " + cursor.remaining()
                            + " bytes that remain");
        }
    }

    private LinkedHashMap<String, Value> pairs(Cursor cursor, long count) throws ModelFormatException {
        LinkedHashMap<String, Value> metadata = new LinkedHashMap<>();
        Set<String> cut = new HashSet<>();
        ValueReader values = new ValueReader(cursor, options.limits(), deviations);
        for (long i = 0; i < count; i++) {
            long at = cursor.at();
            String key = Names.decode(cursor.text("key " + i));
            String place = "key \"" + Names.shown(key) + "\"";
            checkKey(key, i, place, at, cut);
            if (metadata.containsKey(key)) {
                throw region.malformed(Rules.DUPLICATE_KEY, place, at, "the key is there twice");
            }
            cursor.charge(place, 160);
            metadata.put(key, values.read(place, cursor.i32(place)));
        }
        return metadata;
    }

    private void checkKey(String key, long index, String place, long at, Set<String> cut) throws ModelFormatException {
        if (key.isEmpty()) {
            deviations.noted(Rules.EMPTY_KEY, Severity.ERROR, region, "key " + index, at, "the key is empty");
        }
        boolean twice = !cut.add(Names.cut(key));
        if (key.indexOf('\0') >= 0 || twice) {
            String problem = twice
                    ? "up to a NUL it equals another key: C programs find only the first, llama.cpp accepts it"
                    : "the key holds a NUL: C programs see only what is before it";
            deviations.noted(Rules.NUL, twice ? Severity.ERROR : Severity.WARNING, region, place, at, problem);
        }
        if (Names.hasControl(key)) {
            deviations.noted(Rules.CONTROL, Severity.WARNING, region, place, at, "the key holds a control character");
        }
        if (!Names.isText(key)) {
            deviations.noted(Rules.NOT_UTF8, Severity.WARNING, region, place, at, "the key is not UTF-8");
        }
    }

    private long alignment(LinkedHashMap<String, Value> metadata) throws ModelFormatException {
        Value value = metadata.get(Header.ALIGNMENT);
        if (value == null) {
            return Header.DEFAULT_ALIGNMENT;
        }
        String place = "key \"" + Header.ALIGNMENT + "\"";
        if (!(value instanceof Value.Int number)) {
            throw region.malformed(Rules.ALIGNMENT_TYPE, place, -1, "must be U32, is " + value.type());
        }
        if (number.type() != Value.Type.U32) {
            deviations.noted(
                    Rules.ALIGNMENT_TYPE, Severity.ERROR, region, place, -1, "must be U32, is " + value.type());
        }
        if (number.bits() <= 0 || Long.bitCount(number.bits()) != 1) {
            throw region.malformed(Rules.ALIGNMENT, place, -1, value + " is not a power of two");
        }
        return number.bits();
    }
}
