package dev.modelfile.cli.option;

import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.ReadOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How to read models.
public final class Reading {
    @Option(
            names = "--as",
            paramLabel = "FORMAT",
            description = "Take the input for this format instead of judging by its content.")
    private @Nullable String format;

    @Option(
            names = "--strict",
            description = "Refuse what the format's specification forbids, even if readers accept it.")
    private boolean strict;

    @Option(
            names = "--limit",
            paramLabel = "NAME=SIZE",
            converter = Assignment.Converter.class,
            description = "Raise or lower a limit that an error message names, as in maxHeaderBytes=200MB.")
    private List<Assignment> limits = new ArrayList<>();

    /// Opens a model.
    ///
    /// @throws IOException if it cannot be read
    public ModelFile open(Path path) throws IOException {
        return formats().open(path, options());
    }

    /// The formats that the input may have.
    ///
    /// @throws UsageException if the one asked for is not installed
    public ModelFormats formats() {
        return format == null ? ModelFormats.installed() : ModelFormats.assuming(named(format));
    }

    /// The options.
    ///
    /// @throws UsageException if a limit is not understood
    public ReadOptions options() {
        return ReadOptions.defaults().withStrict(strict).withLimits(Limits.parse(limits));
    }

    /// Whether to be strict.
    public boolean strict() {
        return strict;
    }

    /// The installed format of a name.
    ///
    /// @throws UsageException if there is none
    public static ModelFormat named(String name) {
        return ModelFormats.installed()
                .named(name)
                .orElseThrow(() -> new UsageException("no format '" + name + "'; there are " + names()));
    }

    /// The names of the installed formats for messages.
    public static String names() {
        return ModelFormats.installed().all().stream().map(ModelFormat::name).collect(Collectors.joining(", "));
    }
}
