package dev.modelfile.cli;

import java.util.List;

/// Names the option that does what a message of the library advises.
final class WaysOut {
    private record WayOut(String advice, String option) {}

    /// Longer advice comes before what it contains.
    private static final List<WayOut> OPTIONS = List.of(
            new WayOut("allow requantising, which costs quality", "'--allow-requantize' takes it, which costs quality"),
            new WayOut(
                    "give one, or choose another type for it",
                    "'--imatrix FILE' gives one, or choose another type for it"),
            new WayOut(
                    "bring the tensors inside or lay them out anew",
                    "convert with '--weights inside' or '--weights external'"),
            new WayOut("choose another type for it", "'--tensor-type RE=TYPE' gives it another type"),
            new WayOut("give single tensors the type", "'--tensor-type RE=TYPE' gives single tensors the type"));

    private WaysOut() {}

    /// The message with options in the place of advice.
    static String named(String message) {
        String named = message;
        for (WayOut way : OPTIONS) {
            named = named.replace(way.advice(), way.option());
        }
        return named;
    }
}
