package dev.modelfile.cli.verb;

import dev.modelfile.ModelFile;
import dev.modelfile.Tensor;
import dev.modelfile.Tensors;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.json.ModelJson;
import dev.modelfile.cli.json.Parts;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.terminal.Printable;
import dev.modelfile.cli.terminal.ProgressLine;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.cli.terminal.Table;
import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Lists the tensors of a model.
@Command(
        name = "ls",
        description = "List the tensors of a model.",
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Ls extends Verb {
    @Parameters(paramLabel = "MODEL", description = "A file, a shard index, or a folder with one.")
    private Path path;

    @Mixin
    private Reading reading;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "human",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Format.Listing format;

    @Option(names = "--digest", description = "Compute the SHA-256 of each tensor's elements.")
    private boolean digest;

    /// The verb.
    public Ls(Screen screen) {
        super(screen);
    }

    @Override
    int run() throws IOException {
        try (ModelFile model = reading.open(path)) {
            List<String> digests = digest ? digests(model.tensors()) : null;
            switch (format) {
                case HUMAN -> table(model, digests);
                case JSON -> json(model, digests);
                case TSV -> tsv(model, digests);
            }
            return OK;
        }
    }

    private List<String> digests(Tensors tensors) throws IOException {
        try (ProgressLine progress = new ProgressLine(screen(), ProgressLine.Mode.AUTO, "hashing")) {
            return Digests.of(tensors, progress);
        }
    }

    private void table(ModelFile model, @Nullable List<String> digests) {
        boolean parts = model.parts().size() > 1;
        Table table = new Table()
                .text("NAME")
                .text("DTYPE")
                .text("SHAPE")
                .number("ELEMENTS")
                .number("SIZE")
                .text(parts ? "PART" : "")
                .text(digests == null ? "" : "SHA-256");
        for (int i = 0; i < model.tensors().size(); i++) {
            Tensor tensor = model.tensors().get(i);
            table.row(
                    tensor.name(),
                    tensor.dtype().name(),
                    tensor.shape().toString(),
                    Sizes.count(tensor.shape().elements()),
                    Sizes.bytes(tensor.byteSize()),
                    parts ? fileName(tensor) : "",
                    digests == null ? "" : digests.get(i));
        }
        table.print(screen());
        long elements = model.tensors().stream()
                .mapToLong(tensor -> tensor.shape().elements())
                .sum();
        screen().hint(Sizes.count(model.tensors().size(), "tensor") + ", " + Sizes.count(elements, "element") + ", "
                + Sizes.bytes(model.tensors().byteSize()));
        model.warnings().forEach(warning -> screen().hint("warning: " + Findings.line(warning)));
    }

    private static String fileName(Tensor tensor) {
        MappedFile part = tensor.part();
        return part == null ? "" : String.valueOf(part.path().getFileName());
    }

    private void json(ModelFile model, @Nullable List<String> digests) {
        try (Json json = Json.versioned(screen().out())) {
            ModelJson.head(json, model);
            ModelJson.metadata(json, model.metadata());
            Parts parts = Parts.of(model);
            json.array("tensors");
            for (int i = 0; i < model.tensors().size(); i++) {
                json.object();
                ModelJson.tensor(json, model.tensors().get(i), parts, digests == null ? null : digests.get(i));
                json.end();
            }
            json.end();
            ModelJson.findings(json, "warnings", model.warnings());
        }
    }

    private void tsv(ModelFile model, @Nullable List<String> digests) {
        Parts parts = Parts.of(model);
        screen().line("name\tdtype\tshape\telements\tbytes\toffset\tpart\tdigest");
        for (int i = 0; i < model.tensors().size(); i++) {
            Tensor tensor = model.tensors().get(i);
            String part = parts.of(tensor);
            OptionalLong offset = tensor.offset();
            screen().line(String.join(
                    "\t",
                    Printable.reversible(tensor.name()),
                    Printable.reversible(tensor.dtype().name()),
                    LongStream.of(tensor.shape().toArray())
                            .mapToObj(Long::toUnsignedString)
                            .collect(Collectors.joining(",")),
                    Long.toString(tensor.shape().elements()),
                    Long.toString(tensor.byteSize()),
                    offset.isPresent() ? Long.toString(offset.getAsLong()) : "",
                    part == null ? "" : Printable.reversible(part),
                    digests == null ? "" : "sha256:" + digests.get(i)));
        }
    }
}
