package dev.modelfile.gguf.shard;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The name of a shard: `stem-00001-of-00003.gguf`.
///
/// @param stem what is before the numbers
/// @param number counted from 1
/// @param count how many shards there are
public record ShardName(String stem, int number, int count) {
    /// The extension of single files and shards.
    public static final String EXTENSION = ".gguf";

    private static final Pattern PATTERN = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

    /// Takes a name apart; empty if it is not a shard's.
    public static Optional<ShardName> of(Path path) {
        Matcher matcher = PATTERN.matcher(String.valueOf(path.getFileName()));
        return matcher.matches()
                ? Optional.of(new ShardName(
                        matcher.group(1), Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(3))))
                : Optional.empty();
    }

    /// The name of another shard of the same model.
    public ShardName withNumber(int other) {
        return new ShardName(stem, other, count);
    }

    /// The file's name.
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s-%05d-of-%05d%s", stem, number, count, EXTENSION);
    }
}
