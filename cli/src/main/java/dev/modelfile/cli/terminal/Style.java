package dev.modelfile.cli.terminal;

/// How a piece of text stands out on a terminal with colours.
public enum Style {
    /// Headings.
    BOLD("1"),
    /// Less important.
    DIM("2"),
    /// Good, or added.
    GREEN("32"),
    /// Bad, or removed.
    RED("31"),
    /// Worth a look, or changed.
    YELLOW("33");

    private final String code;

    Style(String code) {
        this.code = code;
    }

    /// The text between the sequences that switch the style on and off.
    String apply(String text) {
        return "\u001b[" + code + "m" + text + "\u001b[0m";
    }
}
