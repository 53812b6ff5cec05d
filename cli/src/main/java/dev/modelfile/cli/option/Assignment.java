package dev.modelfile.cli.option;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Two texts with an equals sign between them.
///
/// @param left before the first `=`
/// @param right behind it; may hold more of them
public record Assignment(String left, String right) {

    /// Reads assignments for picocli.
    public static final class Converter implements ITypeConverter<Assignment> {
        @Override
        public Assignment convert(String text) {
            int at = text.indexOf('=');
            if (at < 0) {
                throw new TypeConversionException("'" + text + "' has no '='");
            }
            return new Assignment(text.substring(0, at), text.substring(at + 1));
        }
    }
}
