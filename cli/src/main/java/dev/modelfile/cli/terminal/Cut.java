package dev.modelfile.cli.terminal;

/// Shortens text.
public final class Cut {
    private Cut() {}

    /// The text without its middle, because tensor names differ at both ends.
    public static String middle(String text, int width, boolean unicode) {
        String mark = unicode ? "…" : "...";
        if (text.length() <= width || width <= mark.length()) {
            return text.substring(0, Math.min(text.length(), width));
        }
        int head = (width - mark.length()) / 2;
        int tail = width - mark.length() - head;
        return text.substring(0, whole(text, head)) + mark + text.substring(whole(text, text.length() - tail));
    }

    /// The text without its end.
    public static String end(String text, int width, boolean unicode) {
        String mark = unicode ? "…" : "...";
        if (text.length() <= width) {
            return text;
        }
        return text.substring(0, whole(text, Math.max(0, width - mark.length()))) + mark;
    }

    /// Does not part a surrogate pair.
    private static int whole(String text, int at) {
        boolean parts = at > 0
                && at < text.length()
                && Character.isHighSurrogate(text.charAt(at - 1))
                && Character.isLowSurrogate(text.charAt(at));
        return parts ? at - 1 : at;
    }
}
