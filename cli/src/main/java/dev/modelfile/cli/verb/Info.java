package dev.modelfile.cli.verb;

import dev.modelfile.ModelFile;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.json.ModelJson;
import dev.modelfile.cli.json.Parts;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.terminal.Cut;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.cli.terminal.Style;
import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Says what a model is.
@Command(
        name = "info",
        description = "Say what a model is: format, files, what the format tells of it, parameters, types, metadata.",
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Info extends Verb {
    private static final int SHORT = 120;
    /// The width of what stands before most facts.
    private static final int LABEL = 11;

    @Parameters(paramLabel = "MODEL", description = "A file, a shard index, or a folder with one.")
    private Path path;

    @Mixin
    private Reading reading;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "human",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Format.Plain format;

    @Option(
            names = "--get",
            paramLabel = "KEY",
            description = "Print only the value of this metadata key; in a pipe exactly as it is in the file.")
    private @Nullable String key;

    /// The verb.
    public Info(Screen screen) {
        super(screen);
    }

    /// How much of a model is of one type.
    private static final class Share {
        private long tensors;
        private long elements;
        private long bytes;

        void add(Tensor tensor) {
            tensors++;
            elements += tensor.shape().elements();
            bytes += tensor.byteSize();
        }

        double bitsPerWeight() {
            return elements == 0 ? 0 : 8.0 * bytes / elements;
        }
    }

    @Override
    int run() throws IOException {
        try (ModelFile model = reading.open(path)) {
            if (key != null) {
                value(model.metadata().get(key));
            } else if (format == Format.Plain.JSON) {
                json(model);
            } else {
                human(model);
            }
            return OK;
        }
    }

    private void value(Value value) throws IOException {
        if (format == Format.Plain.JSON) {
            try (Json json = Json.versioned(screen().out())) {
                json.key("value");
                ModelJson.value(json, value);
            }
        } else if (screen().terminal().out()) {
            value.toString().lines().forEach(line -> screen().line(screen().safe(line)));
        } else {
            byte[] bytes = value instanceof Value.Text text
                    ? text.bytes()
                    : value.toString().getBytes(StandardCharsets.UTF_8);
            screen().out().write(bytes);
            screen().out().write('\n');
        }
    }

    /// Counts into `all` and by type.
    private static Map<String, Share> shares(ModelFile model, Share all) {
        Map<String, Share> shares = new TreeMap<>();
        for (Tensor tensor : model.tensors()) {
            all.add(tensor);
            shares.computeIfAbsent(tensor.dtype().name(), name -> new Share()).add(tensor);
        }
        return shares;
    }

    private static long fileBytes(ModelFile model) {
        return model.parts().stream().mapToLong(MappedFile::size).sum();
    }

    private void human(ModelFile model) {
        Share all = new Share();
        Map<String, Share> shares = shares(model, all);
        row("path", model.path().toString());
        row("format", model.format().name());
        row("files", model.parts().size() + ", " + Sizes.bytes(fileBytes(model)));
        summary(model.summary());
        row("tensors", Sizes.count(model.tensors().size()));
        row("parameters", Sizes.count(all.elements));
        row("tensor data", Sizes.bytes(all.bytes));
        row("bits/weight", String.format(Locale.ROOT, "%.2f", all.bitsPerWeight()));
        shares.forEach((type, share) -> row(
                "dtype",
                type + "  " + Sizes.count(share.tensors, "tensor") + ", " + Sizes.count(share.elements, "element")
                        + ", " + Sizes.bytes(share.bytes) + ", "
                        + Sizes.percent(share.bytes, all.bytes)));
        row(
                "metadata",
                model.metadata().isEmpty()
                        ? "none"
                        : Sizes.count(model.metadata().size()));
        model.metadata().entries().forEach(this::metadata);
        model.warnings().forEach(warning -> row("warning", Findings.line(warning)));
    }

    /// What the format tells, except what is said of every model.
    private void summary(SequencedMap<String, Value> facts) {
        facts.forEach((name, value) -> {
            if (!name.equals("parameters") && !name.equals("bits per weight")) {
                row(name, shortened(value, Math.max(LABEL, name.length()) + 2));
            }
        });
    }

    private void metadata(String name, Value value) {
        screen().line("  " + screen().style(Style.BOLD, screen().safe(name)) + "  "
                + shortened(value, 5 + name.length()));
    }

    /// A value as text for the rest of a line.
    private String shortened(Value value, int used) {
        String text = screen().safe(value.toString());
        int room = screen().terminal().out() ? Math.max(20, screen().terminal().columns() - 1 - used) : SHORT;
        return Cut.end(text, room, screen().terminal().unicode());
    }

    private void row(String name, String text) {
        String label = name + " ".repeat(Math.max(0, LABEL - name.length()));
        screen().line(screen().style(Style.BOLD, label) + "  " + screen().safe(text));
    }

    private void json(ModelFile model) {
        Share all = new Share();
        Map<String, Share> shares = shares(model, all);
        try (Json json = Json.versioned(screen().out())) {
            ModelJson.head(json, model);
            Parts parts = Parts.of(model);
            json.array("parts");
            for (MappedFile part : model.parts()) {
                json.object()
                        .put("path", parts.of(part))
                        .put("bytes", part.size())
                        .end();
            }
            json.end().put("fileBytes", fileBytes(model));
            share(json, all);
            json.put("bitsPerWeight", all.bitsPerWeight());
            json.array("dtypes");
            shares.forEach((type, share) -> {
                share(json.object().put("dtype", type), share);
                json.end();
            });
            json.end().object("summary");
            model.summary().forEach((name, value) -> {
                json.key(name);
                ModelJson.value(json, value);
            });
            json.end();
            ModelJson.metadata(json, model.metadata());
            ModelJson.findings(json, "warnings", model.warnings());
        }
    }

    private static void share(Json json, Share share) {
        json.put("tensors", share.tensors).put("elements", share.elements).put("bytes", share.bytes);
    }
}
