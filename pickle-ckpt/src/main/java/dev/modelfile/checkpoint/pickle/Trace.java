package dev.modelfile.checkpoint.pickle;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.io.Region;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The values of a pickle in outline: a number for each, whose low bits say what it is. Text stays where it is in the
/// stream; of tuples and calls the parts are kept; of everything else only the kind is known. That is
/// enough to judge what a pickle does, and costs no object for any of its values.
public final class Trace {
    /// What has no parts that matter: None, truth values, floats. None is the value 0.
    public static final int PLAIN = 0;
    /// An integer.
    public static final int INT = 1;
    /// An integer of more than 60 bits.
    public static final int WIDE = 2;
    /// A `str`, or the byte string of Python 2.
    public static final int TEXT = 3;
    /// A `bytes` or `bytearray`.
    public static final int BYTES = 4;
    /// An imported name.
    public static final int GLOBAL = 5;
    /// A tuple.
    public static final int TUPLE = 6;
    /// The result of a call.
    public static final int CALL = 7;
    /// A reference to something outside.
    public static final int REFERENCE = 8;
    /// A dictionary.
    public static final int DICT = 9;
    /// A list or set.
    public static final int LIST = 10;
    /// A frozenset.
    public static final int FROZEN = 11;
    /// An out-of-band buffer.
    public static final int BUFFER = 12;
    /// Something that is not in the file.
    public static final int ABSENT = 13;

    private static final int KIND_BITS = 4;
    private static final int MOST_PARTS = 64;
    private static final long FROZEN_DICT = 1L << 40;
    private static final int MOST_STEPS = 64;
    private static final int MAX_GLOBALS = 100_000;

    private final Region stream;
    private final Budget budget;
    private final List<PickleValue.Global> globals = new ArrayList<>();
    private final Map<String, Integer> numbers = new HashMap<>();
    private final LongPages parts;
    private int used = 1;
    private boolean keepsEntries;
    private boolean countsItems;

    /// An empty trace of a stream.
    public Trace(Region stream, Budget budget) {
        this.stream = stream;
        this.budget = budget;
        this.parts = new LongPages(stream, budget);
    }

    static long value(int kind, long payload) {
        return payload << KIND_BITS | kind;
    }

    /// A truth value or a float.
    static final long OTHER = value(PLAIN, 1);

    static long integer(long value) {
        long packed = value << KIND_BITS;
        return packed >> KIND_BITS == value ? packed | INT : WIDE;
    }

    private static int at(long value) {
        return (int) (value >>> KIND_BITS);
    }

    /// What a value is.
    public static int kind(long value) {
        return (int) value & (1 << KIND_BITS) - 1;
    }

    /// The value of an [#INT].
    public static long number(long value) {
        return value >> KIND_BITS;
    }

    /// The number of a [#GLOBAL].
    public static int global(long value) {
        return at(value);
    }

    /// Makes dictionaries keep their entries from now on.
    public void keepEntries() {
        keepsEntries = true;
    }

    /// Makes lists count their items from now on.
    public void countItems() {
        countsItems = true;
    }

    /// A name by its number.
    public PickleValue.Global name(int global) {
        return globals.get(global);
    }

    int numberOf(String module, String name, long offset) throws LimitExceededException {
        String key = module + "\n" + name;
        Integer known = numbers.get(key);
        if (known != null) {
            return known;
        }
        budget.heap(700 + 6L * key.length(), stream, offset);
        if (globals.size() >= MAX_GLOBALS) {
            throw stream.limit("maxHeapBytes", "", offset, "more than " + MAX_GLOBALS + " different names");
        }
        numbers.put(key, globals.size());
        globals.add(new PickleValue.Global(module, name, stream.base() + offset));
        return globals.size() - 1;
    }

    private int room(int count) throws LimitExceededException {
        if (count > parts.size() - used) {
            parts.grow(used + count);
        }
        used += count;
        return used - count;
    }

    /// A tuple of the top values of a stack.
    long tuple(long[] values, int from, int to) throws LimitExceededException {
        int length = to - from;
        if (length == 0) {
            return TUPLE;
        }
        int kept = Math.min(length, MOST_PARTS);
        int at = room(1 + kept);
        long weight = length;
        for (int i = from; i < to; i++) {
            if (i - from < kept) {
                parts.set(at + 1 + i - from, values[i]);
            }
            weight += weight(values[i]);
        }
        parts.set(at, Math.min(Integer.MAX_VALUE, weight) << 32 | length);
        return value(TUPLE, at);
    }

    /// Weight and length of a tuple; the empty one has no parts.
    private long head(long tuple) {
        return at(tuple) == 0 ? 0 : parts.get(at(tuple));
    }

    /// How many values a tuple has if all tuples inside it are written out, up to 2^31 - 1; those of a call are its
    /// arguments.
    long weight(long value) {
        return switch (kind(value)) {
            case TUPLE -> head(value) >>> 32;
            case CALL -> kind(arguments(value)) == TUPLE ? head(arguments(value)) >>> 32 : 0;
            default -> 0;
        };
    }

    /// The number of items of a tuple.
    public int length(long tuple) {
        return (int) head(tuple);
    }

    /// An item of a tuple, one of the first 64; 0, which is None, if there is no such item or no tuple.
    public long item(long tuple, int index) {
        boolean known = kind(tuple) == TUPLE && index < Math.min(length(tuple), MOST_PARTS);
        return known ? parts.get(at(tuple) + 1 + index) : 0;
    }

    long call(long callable, long arguments) throws LimitExceededException {
        int at = room(2);
        parts.set(at, callable);
        parts.set(at + 1, arguments);
        return value(CALL, at);
    }

    long reference(long id) {
        return value(REFERENCE, kind(id) == TUPLE ? at(id) : 0);
    }

    /// The id of a reference, an empty tuple if it is no tuple.
    public static long id(long reference) {
        return value(TUPLE, at(reference));
    }

    /// Whether a value is the result of calling exactly this name.
    public boolean isCallOf(long value, String module, String name) {
        if (kind(value) != CALL || kind(parts.get(at(value))) != GLOBAL) {
            return false;
        }
        PickleValue.Global global = name(global(parts.get(at(value))));
        return global.module().equals(module) && global.name().equals(name);
    }

    /// Whether a value is the result of calling some name of this module.
    public boolean isCallOf(long value, String module) {
        return kind(value) == CALL
                && kind(parts.get(at(value))) == GLOBAL
                && name(global(parts.get(at(value)))).module().equals(module);
    }

    /// What a call calls.
    public long callable(long call) {
        return parts.get(at(call));
    }

    /// The arguments of a call.
    public long arguments(long call) {
        return parts.get(at(call) + 1);
    }

    long list(int items) throws LimitExceededException {
        if (!countsItems) {
            return LIST;
        }
        int at = room(1);
        parts.set(at, items);
        return value(LIST, at);
    }

    void added(long list, int items) {
        if (kind(list) == LIST && at(list) != 0) {
            parts.set(at(list), parts.get(at(list)) + items);
        }
    }

    /// How many items a list has, -1 if they have not been counted.
    public long items(long list) {
        return kind(list) == LIST && at(list) != 0 ? parts.get(at(list)) : -1;
    }

    /// Says that something keeps a dictionary and relies on its entries.
    public void freeze(long dict) {
        if (kind(dict) == DICT && at(dict) != 0) {
            parts.set(at(dict), parts.get(at(dict)) | FROZEN_DICT);
        }
    }

    boolean isFrozen(long dict) {
        return kind(dict) == DICT && at(dict) != 0 && parts.get(at(dict)) >= FROZEN_DICT;
    }

    long dict() throws LimitExceededException {
        if (!keepsEntries) {
            return DICT;
        }
        int at = room(1);
        parts.set(at, 0);
        return value(DICT, at);
    }

    void entry(long dict, long key, long value) throws LimitExceededException {
        if (at(dict) != 0) {
            int at = room(3);
            parts.set(at, key);
            parts.set(at + 1, value);
            parts.set(at + 2, (int) parts.get(at(dict)));
            parts.set(at(dict), at);
        }
    }

    /// The value that a dictionary has for a text, 0 if there is none among its last entries.
    ///
    /// @throws ModelFormatException if a text is broken
    public long find(long dict, String key) throws ModelFormatException {
        long at = kind(dict) == DICT && at(dict) != 0 ? (int) parts.get(at(dict)) : 0;
        for (int step = 0; at != 0 && step < MOST_STEPS; step++) {
            if (is(parts.get((int) at), key)) {
                return parts.get((int) at + 1);
            }
            at = parts.get((int) at + 2);
        }
        return 0;
    }

    /// The values of a dictionary, the latest first; null if they are not all known: if it has not kept them, there are
    /// many, or a key is no text.
    public long @org.jspecify.annotations.Nullable [] entries(long dict) {
        if (kind(dict) != DICT || at(dict) == 0) {
            return null;
        }
        long[] values = new long[MOST_STEPS];
        int count = 0;
        for (int at = (int) parts.get(at(dict)); at != 0; at = (int) parts.get(at + 2)) {
            if (count == MOST_STEPS || kind(parts.get(at)) != TEXT) {
                return null;
            }
            values[count++] = parts.get(at + 1);
        }
        return Arrays.copyOf(values, count);
    }

    /// Where the content of a text begins that was written with its length in front, and how long it is; null for one
    /// that was written as a line.
    private long @org.jspecify.annotations.Nullable [] extent(long text) throws ModelFormatException {
        long at = text >>> KIND_BITS;
        return switch (stream.u8(at)) {
            case Opcodes.SHORT_BINUNICODE, Opcodes.SHORT_BINSTRING -> new long[] {at + 2, stream.u8(at + 1)};
            case Opcodes.BINUNICODE, Opcodes.BINSTRING -> new long[] {at + 5, stream.i32(at + 1) & 0xFFFF_FFFFL};
            case Opcodes.BINUNICODE8 -> new long[] {at + 9, stream.i64(at + 1)};
            default -> null;
        };
    }

    /// Whether a value is exactly this text, of ASCII characters.
    ///
    /// @throws ModelFormatException never for a value of this trace
    public boolean is(long value, String text) throws ModelFormatException {
        if (kind(value) != TEXT) {
            return false;
        }
        long[] extent = extent(value);
        if (extent == null) {
            return text(value).equals(text);
        }
        if (extent[1] != text.length()) {
            return false;
        }
        MemorySegment bytes = stream.bytes();
        for (int i = 0; i < text.length(); i++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, extent[0] + i) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /// The number of bytes of a text; of one that was written as a line an upper bound is not known, and 0 is said.
    ///
    /// @throws ModelFormatException never for a value of this trace
    public long byteSize(long text) throws ModelFormatException {
        long[] extent = extent(text);
        return extent == null ? 0 : extent[1];
    }

    /// A text, decoded.
    ///
    /// @throws ModelFormatException never for a value of this trace
    public String text(long text) throws ModelFormatException {
        long[] extent = extent(text);
        if (extent != null) {
            byte[] bytes = stream.copy("", extent[0], extent[1]);
            return PythonText.isUtf8(bytes, 0, bytes.length)
                    ? PythonText.utf8(bytes, 0, bytes.length)
                    : new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
        }
        long at = text >>> KIND_BITS;
        PickleInput input = new PickleInput(stream, at + 1);
        Arguments arguments = new Arguments(stream, input, new Budget(budget.limits()), PickleObserver.NONE);
        int opcode = stream.u8(at);
        PickleValue value = opcode == Opcodes.PERSID ? arguments.shortLine(at) : arguments.scalar(opcode, at);
        return value instanceof PickleValue.Text known ? known.value() : "";
    }
}
