package dev.modelfile.cli.option;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// A number of bytes as written on the command line, by the rules of coreutils: `5GB` is 5×10⁹, `5GiB` and `5G` are
/// 5×2³⁰; fractions are allowed.
///
/// @param bytes the number
public record ByteSize(long bytes) {
    private static final Pattern SYNTAX = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*(?:([kmgtp])(i?b)?|b)?");
    private static final String UNITS = "kmgtp";

    /// Reads a size.
    ///
    /// @throws UsageException if it is none
    public static ByteSize parse(String text) {
        Matcher matcher = SYNTAX.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new UsageException("'" + text + "' is not a size such as 64k, 5GB or 1.5GiB");
        }
        BigDecimal number = new BigDecimal(matcher.group(1));
        if (matcher.group(2) != null) {
            int base = "b".equals(matcher.group(3)) ? 1000 : 1024;
            number = number.multiply(BigDecimal.valueOf(base).pow(UNITS.indexOf(matcher.group(2)) + 1));
        }
        if (number.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new UsageException("'" + text + "' is too large");
        }
        return new ByteSize(number.longValue());
    }

    /// The size as an `int`.
    ///
    /// @throws UsageException if it does not fit
    public int asInt() {
        if (bytes > Integer.MAX_VALUE) {
            throw new UsageException("a size of " + bytes + " bytes is too large here");
        }
        return (int) bytes;
    }

    /// Reads sizes for picocli.
    public static final class Converter implements ITypeConverter<ByteSize> {
        @Override
        public ByteSize convert(String text) {
            try {
                return parse(text);
            } catch (IllegalArgumentException unreadable) {
                throw new TypeConversionException(String.valueOf(unreadable.getMessage()));
            }
        }
    }
}
