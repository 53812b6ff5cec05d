package dev.modelfile.contract;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The committed files that other programs made.
public final class Fixtures {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Fixtures() {}

    /// A model file of the manifest.
    ///
    /// @param path relative to the fixtures
    /// @param tool what wrote it
    /// @param tensors what it holds, in file order
    /// @param metadata its strings; null if it has none
    public record Model(
            String path,
            String tool,
            List<Entry> tensors,
            @Nullable Map<String, String> metadata) {
        /// The file.
        public Path file() {
            return Fixtures.path(path);
        }

        @Override
        public String toString() {
            return path;
        }
    }

    /// A tensor of the manifest.
    ///
    /// @param name its name
    /// @param dtype Safetensors' name of its type
    /// @param shape its dimensions
    /// @param sha256 digest of its elements
    public record Entry(String name, String dtype, List<Long> shape, String sha256) {}

    /// A fixture.
    public static Path path(String relative) {
        URL url = Fixtures.class.getResource("/fixtures/" + relative);
        try {
            URI uri =
                    Objects.requireNonNull(url, () -> "no fixture " + relative).toURI();
            return Path.of(uri);
        } catch (URISyntaxException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /// The content of a fixture.
    public static byte[] bytes(String relative) throws IOException {
        return Files.readAllBytes(path(relative));
    }

    /// A fixture that is JSON.
    public static JsonNode json(String relative) {
        return JSON.readTree(path(relative));
    }

    /// JSON text.
    public static JsonNode parse(String text) {
        return JSON.readTree(text);
    }

    /// The models of the manifest whose path matches.
    public static List<Model> models(Predicate<String> matching) {
        List<Model> models = new ArrayList<>();
        for (JsonNode file : json("manifest.json").get("files")) {
            if (file.has("tensors") && matching.test(file.get("path").asString())) {
                models.add(model(file));
            }
        }
        return models;
    }

    private static Model model(JsonNode file) {
        List<Entry> tensors = new ArrayList<>();
        for (JsonNode tensor : file.get("tensors")) {
            tensors.add(new Entry(
                    tensor.get("name").asString(),
                    tensor.get("dtype").asString(),
                    longs(tensor.get("shape")),
                    tensor.get("sha256").asString()));
        }
        return new Model(
                file.get("path").asString(), file.get("tool").asString(), tensors, strings(file.get("metadata")));
    }

    /// An array of integers, the largest as their two's complement bits.
    public static List<Long> longs(JsonNode array) {
        List<Long> values = new ArrayList<>();
        array.forEach(value -> values.add(value.bigIntegerValue().longValue()));
        return values;
    }

    /// An object of strings; null stays null.
    public static @Nullable Map<String, String> strings(@Nullable JsonNode object) {
        if (object == null || object.isNull()) {
            return null;
        }
        Map<String, String> strings = new TreeMap<>();
        object.properties()
                .forEach(entry -> strings.put(entry.getKey(), entry.getValue().asString()));
        return strings;
    }

    /// The bytes that a string of hex digits stands for; none for a missing node.
    public static byte[] hex(@Nullable JsonNode text) {
        return text == null ? new byte[0] : HexFormat.of().parseHex(text.asString());
    }
}
