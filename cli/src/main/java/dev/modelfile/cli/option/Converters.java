package dev.modelfile.cli.option;

import dev.modelfile.cli.terminal.ProgressLine;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/// How arguments of common types are read, with messages that a user understands.
public final class Converters {
    private Converters() {}

    /// Makes them known to a command and its verbs.
    public static void register(CommandLine commands) {
        constants(commands, Format.Plain.class);
        constants(commands, Format.Listing.class);
        constants(commands, Format.Findings.class);
        constants(commands, ProgressLine.Mode.class);
        commands.registerConverter(Pattern.class, Converters::pattern);
    }

    /// Makes the constants of an enumeration known under what [Object#toString] says.
    public static <E extends Enum<E>> void constants(CommandLine commands, Class<E> type) {
        commands.registerConverter(type, text -> {
            for (E constant : type.getEnumConstants()) {
                if (constant.toString().equalsIgnoreCase(text)) {
                    return constant;
                }
            }
            throw new TypeConversionException("'" + text + "' is none of "
                    + Arrays.stream(type.getEnumConstants()).map(E::toString).collect(Collectors.joining(", ")));
        });
    }

    private static Pattern pattern(String text) {
        try {
            return Pattern.compile(text);
        } catch (PatternSyntaxException broken) {
            throw new TypeConversionException("'" + text + "' is not a regular expression: " + broken.getDescription());
        }
    }
}
