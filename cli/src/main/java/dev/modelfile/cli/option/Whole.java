package dev.modelfile.cli.option;

import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Patterns for whole names: a regular expression or, if it is none, a glob as in `*.bias`.
final class Whole {
    private Whole() {}

    static Predicate<String> matching(String pattern) {
        try {
            return Pattern.compile(pattern).asMatchPredicate();
        } catch (PatternSyntaxException none) {
            return glob(pattern);
        }
    }

    /// With `*` for any characters and `?` for one.
    static Predicate<String> glob(String pattern) {
        StringBuilder regex = new StringBuilder();
        for (char c : pattern.toCharArray()) {
            regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL).asMatchPredicate();
    }
}
