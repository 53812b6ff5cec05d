package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFormat;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.terminal.Screen;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/// Joins the files of a model into one.
@Command(
        name = "merge",
        description = "Join the files of a sharded model into one.",
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Merge extends Conversions {

    /// The verb.
    public Merge(Screen screen) {
        super(screen);
    }

    @Override
    void configure(Conversion conversion, ModelFormat target) {
        // Everything is copied as it is.
    }

    @Override
    WriteOptions divide(WriteOptions options) {
        return options;
    }

    @Override
    @Nullable
    String target() {
        return null;
    }

    @Override
    boolean keepsFormat() {
        return true;
    }
}
