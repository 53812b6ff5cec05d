package dev.modelfile.checkpoint.pickle;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.io.Region;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads what stands behind an opcode: names, indices, numbers, strings and bytes.
final class Arguments {
    private static final int NODE = 24;
    /// Integers wider than that are refused; parsing them takes quadratic time.
    static final int MAX_LONG_BYTES = 1024;
    /// Literals from this length on are shown to the observer.
    private static final int LITERAL = 16;

    private final Region stream;
    private final PickleInput input;
    private final Budget budget;
    private final PickleObserver observer;
    private final Words words = new Words();

    Arguments(Region stream, PickleInput input, Budget budget, PickleObserver observer) {
        this.stream = stream;
        this.input = input;
        this.budget = budget;
        this.observer = observer;
    }

    /// A module or attribute name: everything up to the line feed.
    String name(long at) throws ModelFormatException {
        byte[] line = line(PickleInput.LONGEST, at);
        return words.of(line, 0, line.length);
    }

    /// A line as text.
    PickleValue shortLine(long at) throws ModelFormatException {
        byte[] line = line(PickleInput.LONGEST, at);
        budget.heap(2L * NODE + line.length, stream, at);
        return new TextNode(new String(line, StandardCharsets.ISO_8859_1), line.length);
    }

    private byte[] line(long most, long at) throws ModelFormatException {
        long length = input.lineLength();
        if (length > most) {
            throw stream.malformed("pickle.line", "", at, "a line of " + length + " bytes vs " + most + " allowed");
        }
        budget.heap(length, stream, at);
        byte[] line = input.line(length);
        budget.release(length);
        return line;
    }

    /// The index of a memo opcode; may be any 32 bits.
    int index(int opcode, long at) throws ModelFormatException {
        return switch (opcode) {
            case Opcodes.BINGET, Opcodes.BINPUT -> input.u8();
            case Opcodes.LONG_BINGET, Opcodes.LONG_BINPUT -> input.i32();
            default -> {
                int index = TextForms.index(latin(line(PickleInput.LONGEST, at)));
                if (index < 0) {
                    throw stream.malformed("pickle.number", "", at, "a memo index that is none");
                }
                yield index;
            }
        };
    }

    /// Passes over an opcode that leaves the stack alone; false if it is none.
    boolean skip(int opcode, long at) throws ModelFormatException {
        switch (opcode) {
            case Opcodes.PUT, Opcodes.BINPUT, Opcodes.LONG_BINPUT -> index(opcode, at);
            case Opcodes.FRAME -> input.i64();
            case Opcodes.MEMOIZE -> {}
            default -> {
                return false;
            }
        }
        return true;
    }

    /// The value of an opcode that only stands for one, constants included.
    PickleValue plain(int opcode, long at) throws ModelFormatException {
        return switch (opcode) {
            case Opcodes.NONE -> Constants.NONE;
            case Opcodes.NEWTRUE -> Constants.TRUE;
            case Opcodes.NEWFALSE -> Constants.FALSE;
            default -> scalar(opcode, at);
        };
    }

    /// The value of an opcode that only stands for one.
    PickleValue scalar(int opcode, long at) throws ModelFormatException {
        return switch (opcode) {
            case Opcodes.BININT1 -> Constants.integer(input.u8());
            case Opcodes.BININT2 -> integer(input.u16(), at);
            case Opcodes.BININT -> integer(input.i32(), at);
            case Opcodes.LONG1 -> wide(input.u8(), at);
            case Opcodes.LONG4 -> wide(input.i32(), at);
            case Opcodes.BINFLOAT -> counted(new PickleValue.Real(input.f64BigEndian()), at);
            case Opcodes.INT, Opcodes.LONG, Opcodes.FLOAT -> number(opcode, at);
            case Opcodes.STRING -> quoted(at);
            case Opcodes.UNICODE -> escaped(at);
            case Opcodes.BINSTRING -> latin1(input.i32(), at);
            case Opcodes.SHORT_BINSTRING -> latin1(input.u8(), at);
            case Opcodes.BINUNICODE -> text(input.i32() & 0xFFFF_FFFFL, at);
            case Opcodes.SHORT_BINUNICODE -> text(input.u8(), at);
            case Opcodes.BINUNICODE8 -> text(input.i64(), at);
            case Opcodes.BINBYTES -> bytes(input.i32() & 0xFFFF_FFFFL, false, at);
            case Opcodes.SHORT_BINBYTES -> bytes(input.u8(), false, at);
            case Opcodes.BINBYTES8 -> bytes(input.i64(), false, at);
            case Opcodes.BYTEARRAY8 -> bytes(input.i64(), true, at);
            default ->
                throw stream.malformed("pickle.opcode", "", at, "0x" + Integer.toHexString(opcode) + " is no opcode");
        };
    }

    private PickleValue integer(long value, long at) throws ModelFormatException {
        return counted(Constants.integer(value), at);
    }

    private PickleValue counted(PickleValue value, long at) throws ModelFormatException {
        budget.heap(NODE, stream, at);
        return value;
    }

    /// An integer of some bytes in two's complement.
    PickleValue wide(int length, long at) throws ModelFormatException {
        if (length < 0 || length > MAX_LONG_BYTES) {
            throw stream.malformed("pickle.number", "", at, "an integer of " + length + " bytes");
        }
        int from = input.have(length);
        if (length > 8) {
            byte[] bigEndian = new byte[length];
            for (int i = 0; i < length; i++) {
                bigEndian[length - 1 - i] = input.window()[from + i];
            }
            budget.heap(2L * NODE + length, stream, at);
            return Constants.integer(new BigInteger(bigEndian));
        }
        long value = length > 0 && input.window()[from + length - 1] < 0 ? -1 : 0;
        for (int i = length - 1; i >= 0; i--) {
            value = value << 8 | input.window()[from + i] & 0xFF;
        }
        return integer(value, at);
    }

    private PickleValue number(int opcode, long at) throws ModelFormatException {
        String line = latin(line(2L * TextForms.MAX_DIGITS, at));
        PickleValue value = opcode == Opcodes.INT
                ? TextForms.integer(line)
                : opcode == Opcodes.LONG ? TextForms.longInteger(line) : TextForms.real(line);
        if (value == null) {
            throw stream.malformed("pickle.number", "", at, Opcodes.name(opcode) + " \"" + shown(line) + "\"");
        }
        if (opcode != Opcodes.FLOAT && TextForms.isUnusual(line)) {
            observer.note("pickle.unusual-number", stream.base() + at, "the number \"" + shown(line) + "\"");
        }
        budget.heap(2L * NODE + line.length(), stream, at);
        return value;
    }

    private static String shown(String line) {
        return line.length() > 40 ? line.substring(0, 40) + "…" : line;
    }

    private static String latin(byte[] line) {
        return new String(line, StandardCharsets.ISO_8859_1);
    }

    private PickleValue quoted(long at) throws ModelFormatException {
        return lineText(PythonText.quoted(lineOfText(at)), at);
    }

    private PickleValue escaped(long at) throws ModelFormatException {
        return lineText(PythonText.rawUnicodeEscape(lineOfText(at)), at);
    }

    private byte[] lineOfText(long at) throws ModelFormatException {
        long length = input.lineLength();
        limitText(length, at);
        // The line, its text and what decodes it live at the same time.
        budget.heap(6 * length, stream, at);
        byte[] line = input.line(length);
        budget.release(4 * length);
        return line;
    }

    private PickleValue lineText(@Nullable String text, long at) throws ModelFormatException {
        if (text == null) {
            throw stream.malformed("pickle.string", "", at, "a string with a broken escape or without its quotes");
        }
        return told(new TextNode(text, text.length()), text.length(), at);
    }

    private PickleValue told(PickleValue literal, long length, long at) throws ModelFormatException {
        budget.heap(2 * NODE, stream, at);
        if (length >= LITERAL) {
            observer.literal(literal, stream.base() + at);
        }
        return literal;
    }

    private void limitText(long length, long at) throws ModelFormatException {
        long most = Math.min(budget.limits().maxStringBytes(), Integer.MAX_VALUE - 16);
        if (length > most) {
            throw stream.limit("maxStringBytes", "", at, "a string of " + length + " bytes vs " + most);
        }
    }

    private PickleValue text(long length, long at) throws ModelFormatException {
        if (length >= 0 && length <= TextNode.SHORT) {
            int from = input.have((int) length);
            if (length < LITERAL) {
                budget.heap(length + 2L * NODE, stream, at);
                TextNode word = words.text(input.window(), from, (int) length);
                if (word.value().indexOf('\uFFFD') >= 0 && !PythonText.isUtf8(input.window(), from, (int) length)) {
                    throw notUtf8(at);
                }
                return word;
            }
            budget.heap(2 * length + NODE, stream, at);
            String text = PythonText.utf8(input.window(), from, (int) length);
            if (text.indexOf('\uFFFD') >= 0 && !PythonText.isUtf8(input.window(), from, (int) length)) {
                throw notUtf8(at);
            }
            return told(new TextNode(text, length), length, at);
        }
        MemorySegment bytes = input.slice(length);
        limitText(length, at);
        if (!Utf8.isValid(bytes)) {
            throw notUtf8(at);
        }
        return told(new TextNode(bytes), length, at);
    }

    private MalformedModelException notUtf8(long at) {
        return stream.malformed("pickle.string", "", at, "text that is not UTF-8");
    }

    private PickleValue latin1(int length, long at) throws ModelFormatException {
        if (length < 0) {
            throw stream.malformed("pickle.truncated", "", at, "a string of " + length + " bytes");
        }
        MemorySegment bytes = input.slice(length);
        limitText(length, at);
        budget.heap(2L * length, stream, at);
        byte[] copy = bytes.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        boolean utf8 = PythonText.isUtf8(copy, 0, copy.length);
        String text = utf8 ? PythonText.utf8(copy, 0, copy.length) : latin(copy);
        return told(new TextNode(text, length), length, at);
    }

    private PickleValue bytes(long length, boolean mutable, long at) throws ModelFormatException {
        MemorySegment bytes = input.slice(length);
        budget.heap(3 * NODE, stream, at);
        return told(new PickleValue.Bytes(bytes.asReadOnly(), mutable), length, at);
    }

    /// Short words that come again and again, such as `storage` and `torch._utils`.
    private static final class Words {
        private static final int SIZE = 256;

        private final TextNode[] known = new TextNode[SIZE];
        private final byte[][] spelled = new byte[SIZE][];

        String of(byte[] bytes, int from, int length) {
            return text(bytes, from, length).value();
        }

        TextNode text(byte[] bytes, int from, int length) {
            int hash = length;
            for (int i = from; i < from + length; i++) {
                hash = hash * 31 + bytes[i];
            }
            int slot = (hash ^ hash >>> 8 ^ hash >>> 16) & (SIZE - 1);
            byte[] spelling = spelled[slot];
            if (spelling != null && Arrays.equals(spelling, 0, spelling.length, bytes, from, from + length)) {
                return known[slot];
            }
            TextNode text = new TextNode(PythonText.utf8(bytes, from, length), length);
            known[slot] = text;
            spelled[slot] = Arrays.copyOfRange(bytes, from, from + length);
            return text;
        }
    }
}
