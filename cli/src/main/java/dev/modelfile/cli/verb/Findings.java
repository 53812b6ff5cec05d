package dev.modelfile.cli.verb;

import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Style;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.List;
import java.util.Locale;

/// Findings as lines for people.
final class Findings {
    private Findings() {}

    /// Where, at which offset, what, and the rule.
    static String line(Finding finding) {
        StringBuilder text = new StringBuilder(finding.where());
        // The message of what could not be read begins with the place already.
        if (finding.message().contains(" › ") || finding.message().contains(" @ 0x")) {
            text.setLength(0);
        } else if (finding.offset() >= 0) {
            text.append(" @ 0x").append(Long.toHexString(finding.offset()));
        }
        return text.append(text.isEmpty() ? "" : ": ")
                .append(finding.message())
                .append(" [")
                .append(finding.rule())
                .append(']')
                .toString();
    }

    /// Prints findings under the file that they belong to.
    static void print(Screen screen, List<Finding> findings) {
        for (Finding finding : findings) {
            String severity = finding.severity().name().toLowerCase(Locale.ROOT);
            screen.line("  " + screen.style(style(finding.severity()), severity) + "  " + screen.safe(line(finding)));
        }
    }

    private static Style style(Severity severity) {
        return switch (severity) {
            case INFO -> Style.DIM;
            case WARNING -> Style.YELLOW;
            case ERROR, DANGER -> Style.RED;
        };
    }
}
