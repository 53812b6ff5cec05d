package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.option.GraphOptions;
import dev.modelfile.cli.option.Selecting;
import dev.modelfile.cli.option.TypeRules;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.onnx.OnnxFile;
import java.io.IOException;
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

    /// The files beside an ONNX model are no shards, which a copy would bring together by itself.
    @Override
    Conversion.Report perform(Conversion conversion, ModelFormat target, Task task) throws IOException {
        if (!target.name().equals(Onnx.FORMAT.name()) || !isOnnx(conversion)) {
            return super.perform(conversion, target, task);
        }
        GraphOptions inside = GraphOptions.of(GraphOptions.Place.INSIDE);
        return new GraphConversion(inside, new Selecting(), TypeRules.NONE).run(conversion, task);
    }

    private static boolean isOnnx(Conversion conversion) throws IOException {
        try (ModelFile source = conversion.open()) {
            return source instanceof OnnxFile;
        }
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
