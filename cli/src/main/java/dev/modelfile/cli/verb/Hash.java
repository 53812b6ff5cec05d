package dev.modelfile.cli.verb;

import dev.modelfile.ModelFile;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.terminal.Printable;
import dev.modelfile.cli.terminal.ProgressLine;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.cli.terminal.Style;
import dev.modelfile.gguf.GgufHash;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Digests of all tensors and of the model.
@Command(
        name = "hash",
        description = {
            "Print the SHA-256 of each tensor and of the model.",
            "Digests are of the elements, so the same tensor has the same digest in every format, and the model's"
                    + " does not depend on order, format or division into files. Metadata is not part of it."
        },
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {
            "0:done; with --check: everything matches",
            "1:with --check: something does not match",
            Verb.EXIT_FAILED,
            Verb.EXIT_USAGE
        })
public final class Hash extends Verb {
    @Parameters(paramLabel = "MODEL", description = "A file, a shard index, or a folder with one.")
    private Path path;

    @Mixin
    private Reading reading;

    @Option(
            names = {"-c", "--check"},
            paramLabel = "MANIFEST",
            description = "Compare with what this verb or llama-gguf-hash has printed earlier.")
    private @Nullable Path manifest;

    @Option(
            names = {"-a", "--algorithm"},
            paramLabel = "NAME",
            description = "Print a manifest of llama-gguf-hash instead, with xxh64, sha1, sha256 or uuid;"
                    + " may be repeated.")
    private List<String> algorithms = new ArrayList<>();

    @Option(
            names = "--progress",
            paramLabel = "MODE",
            defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private ProgressLine.Mode progressMode;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "human",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Format.Plain format;

    /// The verb.
    public Hash(Screen screen) {
        super(screen);
    }

    @Override
    int run() throws IOException {
        algorithms.forEach(GgufManifest::algorithm);
        if (manifest != null && !algorithms.isEmpty()) {
            throw new UsageException("--check goes by what the manifest holds; leave --algorithm out");
        }
        try (ModelFile model = reading.open(path)) {
            GgufManifest gguf = new GgufManifest(screen(), path, format == Format.Plain.JSON);
            if (!algorithms.isEmpty()) {
                return gguf.print(model, algorithms);
            }
            List<GgufHash.Line> lines = manifest == null ? List.of() : GgufManifest.read(manifest);
            if (!lines.isEmpty()) {
                return gguf.check(model, lines);
            }
            Manifest expected = manifest == null ? null : Manifest.read(manifest);
            List<String> digests;
            try (ProgressLine progress = new ProgressLine(screen(), progressMode, "hashing")) {
                digests = Digests.of(model.tensors(), progress);
            }
            String all = Digests.ofModel(model.tensors(), digests);
            if (expected != null) {
                return tell(expected.compare(model.tensors().names(), digests, all), digests.size());
            }
            if (format == Format.Plain.JSON) {
                json(model, digests, all);
            } else {
                for (int i = 0; i < digests.size(); i++) {
                    String name = Printable.reversible(model.tensors().get(i).name());
                    screen().line(Manifest.TENSOR + digests.get(i) + "  " + name);
                }
                screen().line(Manifest.MODEL + all + "  " + Printable.reversible(path.toString()));
            }
            return OK;
        }
    }

    private void json(ModelFile model, List<String> digests, String all) {
        try (Json json = Json.versioned(screen().out())) {
            json.put("path", path.toString())
                    .put("format", model.format().name())
                    .put("digest", "sha256:" + all)
                    .array("tensors");
            for (int i = 0; i < digests.size(); i++) {
                json.object()
                        .put("name", model.tensors().get(i).name())
                        .put("digest", "sha256:" + digests.get(i))
                        .end();
            }
            json.end();
        }
    }

    private int tell(List<Manifest.Mismatch> mismatches, int tensors) {
        if (format == Format.Plain.JSON) {
            try (Json json = Json.versioned(screen().out())) {
                json.put("path", path.toString()).put("matches", mismatches.isEmpty());
                json.array("mismatches");
                mismatches.forEach(mismatch -> json.object()
                        .put("name", mismatch.name())
                        .put("problem", mismatch.problem())
                        .end());
                json.end();
            }
        } else {
            mismatches.forEach(mismatch -> screen().line(screen().style(Style.RED, mismatch.problem()) + "  "
                    + (mismatch.name() == null ? "(the model as a whole)" : screen().safe(mismatch.name()))));
            if (mismatches.isEmpty()) {
                screen().line("OK, " + Sizes.count(tensors, "tensor"));
            }
        }
        return mismatches.isEmpty() ? OK : FOUND;
    }
}
