package dev.modelfile.cli.option;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// One `--rename`: `s/RE/REPLACEMENT/` as in sed, with any character for the slash and `g` at the end to replace all
/// occurrences, or `RE=REPLACEMENT`. Groups are `$1` or `\1`.
public final class Renaming implements UnaryOperator<String> {
    private static final Pattern GROUP = Pattern.compile("\\\\(\\d)");

    private final String written;
    private final Pattern pattern;
    private final String replacement;
    private final boolean all;
    private boolean used;

    private Renaming(String written, String pattern, String replacement, boolean all) {
        this.written = written;
        this.replacement = GROUP.matcher(replacement).replaceAll("\\$$1");
        this.all = all;
        try {
            this.pattern = Pattern.compile(pattern);
        } catch (PatternSyntaxException broken) {
            throw new UsageException("'" + written + "': not a regular expression: " + broken.getDescription(), broken);
        }
    }

    /// Reads a renaming.
    ///
    /// @throws UsageException if it is none
    public static Renaming parse(String text) {
        if (text.length() > 3
                && text.charAt(0) == 's'
                && !Character.isLetterOrDigit(text.charAt(1))
                && text.charAt(1) != '='
                && text.charAt(1) != '.'
                && text.charAt(1) != '_') {
            String[] parts = text.substring(2).split(Pattern.quote(text.substring(1, 2)), -1);
            if (parts.length == 3 && (parts[2].isEmpty() || parts[2].equals("g"))) {
                return new Renaming(text, parts[0], parts[1], parts[2].equals("g"));
            }
        }
        int at = text.lastIndexOf('=');
        if (at <= 0) {
            throw new UsageException("'" + text + "' is neither s/RE/REPLACEMENT/ nor RE=REPLACEMENT");
        }
        return new Renaming(text, text.substring(0, at), text.substring(at + 1), false);
    }

    /// All renamings one after the other.
    public static UnaryOperator<String> all(List<Renaming> renamings) {
        return name -> {
            String result = name;
            for (Renaming renaming : renamings) {
                result = renaming.apply(result);
            }
            return result;
        };
    }

    /// @throws UsageException if the replacement names a group that there is not
    @Override
    public String apply(String name) {
        try {
            String renamed = all
                    ? pattern.matcher(name).replaceAll(replacement)
                    : pattern.matcher(name).replaceFirst(replacement);
            used |= !renamed.equals(name);
            return renamed;
        } catch (IndexOutOfBoundsException | IllegalArgumentException noGroup) {
            throw new UsageException("'" + written + "': " + noGroup.getMessage(), noGroup);
        }
    }

    /// Whether it has changed a name.
    public boolean isUsed() {
        return used;
    }

    /// As it was written.
    @Override
    public String toString() {
        return written;
    }
}
