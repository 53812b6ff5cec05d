package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.io.Region;

/// Imports of dangerous names in bytes behind an opcode that could not be read: another unpickler may read it.
final class Remains {
    private static final int LONGEST = 100;
    private static final int SHORT_TEXT = 0x8C;
    private static final int MEMOIZE = 0x94;
    private static final int STACK_GLOBAL = 0x93;

    private final Region content;

    Remains(Region content) {
        this.content = content;
    }

    /// Where the first one is, -1 if there is none.
    long find(long from) throws ModelFormatException {
        int before = ' ';
        for (long at = from; at + 4 < content.size(); at++) {
            int value = content.u8(at);
            // Inside a word of a text they are letters.
            boolean lines = (value == 'c' || value == 'i') && (before < 'a' || before > 'z') && inLines(at + 1);
            if (lines || value == SHORT_TEXT && onStack(at)) {
                return at;
            }
            before = value;
        }
        return -1;
    }

    /// GLOBAL and INST have two lines.
    private boolean inLines(long at) throws ModelFormatException {
        int module = word(at, LONGEST);
        if (module == 0 || !is(at + module, '\n')) {
            return false;
        }
        long next = at + module + 1;
        int name = word(next, LONGEST);
        return name > 0 && is(next + name, '\n') && isDangerous(text(at, module), text(next, name));
    }

    /// STACK_GLOBAL comes behind two texts.
    private boolean onStack(long at) throws ModelFormatException {
        int module = content.u8(at + 1);
        if (module == 0 || word(at + 2, module) < module) {
            return false;
        }
        long second = at + 2 + module;
        second += is(second, MEMOIZE) ? 1 : 0;
        int name = is(second, SHORT_TEXT) && second + 1 < content.size() ? content.u8(second + 1) : 0;
        if (name == 0 || word(second + 2, name) < name) {
            return false;
        }
        long end = second + 2 + name;
        end += is(end, MEMOIZE) ? 1 : 0;
        return is(end, STACK_GLOBAL) && isDangerous(text(at + 2, module), text(second + 2, name));
    }

    private static boolean isDangerous(String module, String name) {
        return Names.of(module, name) == Names.Grade.DANGEROUS;
    }

    /// How many characters of a dotted name there are, no more than some.
    private int word(long at, int most) throws ModelFormatException {
        int length = 0;
        while (length < most && at + length < content.size() && isPart(content.u8(at + length))) {
            length++;
        }
        return length;
    }

    private static boolean isPart(int value) {
        return value >= 'a' && value <= 'z'
                || value >= 'A' && value <= 'Z'
                || value >= '0' && value <= '9'
                || value == '_'
                || value == '.';
    }

    private boolean is(long at, int value) throws ModelFormatException {
        return at < content.size() && content.u8(at) == value;
    }

    private String text(long at, int length) throws ModelFormatException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) content.u8(at + i));
        }
        return text.toString();
    }
}
