package dev.modelfile;

import dev.modelfile.spi.Printable;
import java.util.Collection;
import java.util.NoSuchElementException;

/// Finds the name that somebody probably meant.
final class Nearest {
    /// Longer names are not compared in full: the work is the product of both lengths.
    private static final int MAX_LENGTH = 200;
    /// At most so many names are looked at.
    private static final int MAX_NAMES = 50_000;

    private Nearest() {}

    static NoSuchElementException missing(String what, String wanted, Collection<String> names) {
        String best = "";
        int bestDistance = Math.max(3, wanted.length() / 3) + 1;
        int seen = 0;
        for (String name : names) {
            if (++seen > MAX_NAMES) {
                break;
            }
            int distance = Math.abs(name.length() - wanted.length()) < bestDistance
                    ? distance(wanted, name, bestDistance)
                    : bestDistance;
            if (distance < bestDistance) {
                best = name;
                bestDistance = distance;
            }
        }
        String hint = best.isEmpty() ? "" : "; did you mean \"" + Printable.of(best) + "\"?";
        return new NoSuchElementException(
                "no " + what + " \"" + Printable.of(wanted) + "\" among " + names.size() + hint);
    }

    /// Levenshtein distance, or `bound` if it is at least that.
    private static int distance(String a, String b, int bound) {
        if (a.length() > MAX_LENGTH || b.length() > MAX_LENGTH) {
            return bound;
        }
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            int least = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
                least = Math.min(least, row[j]);
            }
            if (least >= bound) {
                return bound;
            }
        }
        return Math.min(row[b.length()], bound);
    }
}
