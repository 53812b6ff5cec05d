package dev.modelfile.cli.terminal;

import java.util.Locale;

/// Numbers as people read them.
public final class Sizes {
    private static final String UNITS = "KMGTPE";

    private Sizes() {}

    /// A number of bytes in IEC units, as in `1.50 GiB`; exact below one KiB.
    public static String bytes(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        double scaled = bytes;
        int unit = -1;
        while (scaled >= 1024 && unit < UNITS.length() - 1) {
            scaled /= 1024;
            unit++;
        }
        // 1023.996 KiB would be printed as 1024.00 KiB.
        if (scaled >= 1023.995 && unit < UNITS.length() - 1) {
            scaled /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.2f %ciB", scaled, UNITS.charAt(unit));
    }

    /// A whole number with commas between thousands.
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /// A count with its noun, which gets an s unless there is exactly one.
    public static String count(long number, String noun) {
        return count(number) + " " + noun + (number == 1 ? "" : "s");
    }

    /// A rate in IEC units per second.
    public static String rate(long bytes, double seconds) {
        return bytes(seconds <= 0 ? bytes : (long) (bytes / seconds)) + "/s";
    }

    /// A duration, as in `0.25 s`, `3 min 20 s` or `2 h 5 min`.
    public static String seconds(double seconds) {
        if (seconds < 60) {
            return String.format(Locale.ROOT, seconds < 10 ? "%.2f s" : "%.0f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600
                ? whole / 60 + " min " + whole % 60 + " s"
                : whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }

    /// A share of a whole, as in `12.5 %`.
    public static String percent(double part, double whole) {
        return String.format(Locale.ROOT, "%.1f %%", whole == 0 ? 0.0 : 100 * part / whole);
    }
}
