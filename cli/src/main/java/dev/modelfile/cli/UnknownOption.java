package dev.modelfile.cli;

import java.util.Comparator;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Finds the option that somebody probably meant.
final class UnknownOption {
    /// More differences than this are no slip of the finger.
    private static final int SLIPS = 3;

    private UnknownOption() {}

    /// To be put behind the message; empty if nothing is near.
    static String hint(ParameterException problem) {
        if (!(problem instanceof UnmatchedArgumentException unmatched) || !unmatched.isUnknownOption()) {
            return "";
        }
        String wrong = unmatched.getUnmatched().get(0).replaceFirst("=.*", "");
        return problem.getCommandLine().getCommandSpec().options().stream()
                .filter(option -> !option.hidden())
                .map(option -> option.longestName())
                .filter(name -> distance(wrong, name) <= Math.min(SLIPS, name.length() / 2 - 1))
                .min(Comparator.comparingInt(name -> distance(wrong, name)))
                .map(name -> "; did you mean '" + name + "'?")
                .orElse("");
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            int diagonal = i;
            for (int j = 0; j <= b.length(); j++) {
                int above = row[j];
                row[j] = i == 0 || j == 0
                        ? i + j
                        : Math.min(
                                diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1),
                                Math.min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
