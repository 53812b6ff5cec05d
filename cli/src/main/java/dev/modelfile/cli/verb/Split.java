package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFormat;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.option.Dividing;
import dev.modelfile.cli.terminal.Screen;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Divides a model into several files.
@Command(
        name = "split",
        description = "Divide a model into several files with an index; of 5 GB if no bound is given.",
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Split extends Conversions {
    private static final long USUAL = 5_000_000_000L;

    @Mixin
    private Dividing dividing;

    /// The verb.
    public Split(Screen screen) {
        super(screen);
    }

    @Override
    void configure(Conversion conversion, ModelFormat target) {
        // Everything is copied as it is.
    }

    @Override
    WriteOptions divide(WriteOptions options) {
        return dividing.isAsked() ? dividing.apply(options) : options.withMaxShardBytes(USUAL);
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
