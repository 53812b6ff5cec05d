package dev.modelfile.cli.terminal;

import dev.modelfile.Progress;
import java.util.Locale;

/// Tells on standard error how far something has come: on a terminal one line that is renewed at most ten times a
/// second, elsewhere a line every five seconds. What is done sooner than that stays unmentioned.
public final class ProgressLine implements Progress, AutoCloseable {
    private static final double NANOS = 1e9;
    private static final double REDRAW_SECONDS = 0.1;
    private static final double PLAIN_SECONDS = 5;
    private static final double FIRST_SECONDS = 0.5;

    /// When to tell.
    public enum Mode {
        /// On a terminal a line that is renewed, elsewhere plain lines.
        AUTO,
        /// Plain lines.
        PLAIN,
        /// Never.
        NONE;

        /// As it is written on the command line.
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Screen screen;
    private final String verb;
    private final boolean silent;
    private final boolean renewed;
    private final long start = System.nanoTime();
    private double next;
    private int drawn;

    /// A line that begins with what is being done.
    public ProgressLine(Screen screen, Mode mode, String verb) {
        this.screen = screen;
        this.verb = verb;
        this.silent = mode == Mode.NONE || screen.quiet();
        this.renewed = mode == Mode.AUTO && screen.terminal().err();
        this.next = renewed ? FIRST_SECONDS : PLAIN_SECONDS;
    }

    /// Seconds since the beginning.
    public double seconds() {
        return (System.nanoTime() - start) / NANOS;
    }

    @Override
    public synchronized void update(String tensor, long done, long total) {
        double now = silent ? 0 : seconds();
        if (silent || now < next) {
            return;
        }
        next = now + (renewed ? REDRAW_SECONDS : PLAIN_SECONDS);
        String text = screen.safe(text(now, done, total));
        if (renewed) {
            int room = Math.max(1, screen.terminal().columns() - 1);
            text = Cut.end(
                    tensor.isEmpty() ? text : text + "  " + screen.safe(tensor),
                    room,
                    screen.terminal().unicode());
            screen.raw("\r" + text + " ".repeat(Math.max(0, drawn - text.length())));
            drawn = text.length();
        } else {
            screen.raw(text + System.lineSeparator());
        }
    }

    private String text(double seconds, long done, long total) {
        double rate = done / seconds;
        String left = done == 0 || total <= 0 ? "" : ", " + Sizes.seconds((total - done) / rate) + " left";
        return verb + " " + Sizes.percent(done, total) + "  " + Sizes.bytes(done) + " of " + Sizes.bytes(total) + ", "
                + Sizes.rate(done, seconds) + left;
    }

    /// Takes the line away.
    @Override
    public void close() {
        clear();
    }

    /// Takes the line away until the next update.
    public synchronized void clear() {
        if (drawn > 0) {
            screen.raw("\r" + " ".repeat(drawn) + "\r");
            drawn = 0;
        }
    }
}
