package dev.modelfile.cli.verb;

import dev.modelfile.ModelFile;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.terminal.Printable;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.cli.terminal.Style;
import dev.modelfile.gguf.GgufHash;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// Manifests as `llama-gguf-hash` prints and checks them.
///
/// @param screen where to print
/// @param path the model, as the user names it
/// @param json whether to print JSON
record GgufManifest(Screen screen, Path path, boolean json) {

    /// The algorithm of a name.
    ///
    /// @throws UsageException if there is none
    static GgufHash.Algorithm algorithm(String name) {
        for (GgufHash.Algorithm algorithm : GgufHash.Algorithm.values()) {
            if (algorithm.toString().equalsIgnoreCase(name)) {
                return algorithm;
            }
        }
        throw new UsageException("no algorithm '" + name + "'; there are "
                + Arrays.stream(GgufHash.Algorithm.values())
                        .map(GgufHash.Algorithm::toString)
                        .collect(Collectors.joining(", ")));
    }

    /// The lines of a manifest, empty if it is of another kind.
    ///
    /// @throws IOException if it cannot be read
    static List<GgufHash.Line> read(Path manifest) throws IOException {
        try {
            return GgufHash.parse(Files.readString(manifest));
        } catch (CharacterCodingException noText) {
            return List.of();
        }
    }

    /// Prints the manifest of a model.
    ///
    /// @throws IOException if the model cannot be read
    int print(ModelFile model, List<String> names) throws IOException {
        Set<GgufHash.Algorithm> algorithms = EnumSet.noneOf(GgufHash.Algorithm.class);
        names.forEach(name -> algorithms.add(algorithm(name)));
        List<GgufHash.Line> lines = GgufHash.manifest(model, path.toString(), algorithms, true);
        if (json) {
            try (Json document = Json.versioned(screen.out())) {
                document.put("path", path.toString())
                        .put("format", model.format().name());
                lines(document, "digests", lines);
            }
        } else {
            lines.forEach(line -> screen.line(Printable.reversible(line.toString())));
        }
        return Verb.OK;
    }

    private static void lines(Json document, String key, List<GgufHash.Line> lines) {
        document.array(key);
        lines.forEach(line -> document.object()
                .put("name", line.name())
                .put("algorithm", line.algorithm().toString())
                .put("digest", line.digest())
                .end());
        document.end();
    }

    /// Compares a model with the lines of a manifest.
    ///
    /// @throws IOException if the model cannot be read
    int check(ModelFile model, List<GgufHash.Line> manifest) throws IOException {
        String name = nameIn(manifest);
        GgufHash.Comparison comparison = GgufHash.check(model, name, unescaped(model, name, manifest));
        if (json) {
            try (Json document = Json.versioned(screen.out())) {
                document.put("path", path.toString())
                        .put("matches", comparison.matches())
                        .put("algorithm", comparison.algorithm().toString());
                lines(document, "differing", comparison.differing());
            }
        } else {
            comparison
                    .differing()
                    .forEach(line -> screen.line(screen.style(Style.RED, "differs") + "  " + screen.safe(line.name())));
            if (comparison.matches()) {
                screen.line("OK, " + comparison.algorithm() + ", "
                        + Sizes.count(comparison.matching().size(), "digest"));
            }
        }
        return comparison.matches() ? Verb.OK : Verb.FOUND;
    }

    /// The lines with the names of tensors as they are: [#print] has escaped some.
    private static List<GgufHash.Line> unescaped(ModelFile model, String name, List<GgufHash.Line> manifest) {
        Map<String, String> names = new HashMap<>();
        for (String tensor : model.tensors().names()) {
            names.put(name + ":" + Printable.reversible(tensor), name + ":" + tensor);
        }
        return manifest.stream()
                .map(line -> new GgufHash.Line(
                        line.algorithm(), line.digest(), names.getOrDefault(line.name(), line.name())))
                .toList();
    }

    /// What the manifest calls the model: the path as given, or as it was given when the manifest was made, which may
    /// have been in another folder.
    private String nameIn(List<GgufHash.Line> manifest) {
        String given = path.toString();
        String name = String.valueOf(path.getFileName());
        return manifest.stream()
                .map(GgufHash.Line::name)
                .filter(line -> line.equals(given))
                .findFirst()
                .or(() -> manifest.stream()
                        .map(GgufHash.Line::name)
                        .filter(line -> line.equals(name) || line.endsWith("/" + name))
                        .findFirst())
                .orElse(given);
    }
}
