package dev.modelfile.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.UnsafeModelException;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.contract.Handles;
import dev.modelfile.scan.Finding;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Checkpoints of several files: opened as one, kept inside their folder, and compared with their index.
final class ShardedTest {
    private static final String INDEX = "model.safetensors.index.json";
    private static final Path SHARDED = Fixtures.path("checkpoints/sharded");

    private static void shard(Path file, String... names) throws IOException {
        var writer = Safetensors.writer().options(WriteOptions.defaults().withOverwrite(true));
        for (String name : names) {
            writer.add(TensorSource.of(name, Shape.of(2), 1f, 2f));
        }
        writer.write(file);
    }

    private static Path index(Path folder, Map<String, String> map, String metadata) throws IOException {
        StringBuilder json = new StringBuilder("{\"metadata\":" + metadata + ",\"weight_map\":{");
        String separator = "";
        for (Map.Entry<String, String> entry : new TreeMap<>(map).entrySet()) {
            json.append(separator).append('"').append(entry.getKey()).append("\":\"");
            json.append(entry.getValue().replace("\\", "\\\\")).append('"');
            separator = ",";
        }
        return Files.writeString(folder.resolve(INDEX), json.append("}}"));
    }

    private static Path index(Path folder, Map<String, String> map) throws IOException {
        return index(folder, map, "{}");
    }

    private static ModelFormatException refused(Path path) {
        return assertThrows(
                ModelFormatException.class, () -> Safetensors.open(path).close());
    }

    @Test
    void folderIndexAndWholeFileAreTheSame() throws IOException {
        Map<String, String> whole = digests(Fixtures.path("checkpoints/model.safetensors"));
        assertEquals(18, whole.size());
        assertEquals(whole, digests(SHARDED));
        assertEquals(whole, digests(SHARDED.resolve(INDEX)));
        try (SafetensorsFile model = Safetensors.open(SHARDED)) {
            assertEquals(3, model.parts().size());
            assertEquals(SHARDED.resolve(INDEX), model.indexPath().orElseThrow());
            assertEquals(List.of(), model.warnings());
            for (Tensor tensor : model.tensors()) {
                assertTrue(model.parts().contains(tensor.part()));
            }
        }
    }

    /// As in Transformers: a merged checkpoint counts, not the index that is left from before.
    @Test
    void singleFileGoesBeforeItsIndex(@TempDir Path folder) throws IOException {
        shard(folder.resolve("a.safetensors"), "old");
        index(folder, Map.of("old", "a.safetensors"));
        assertTrue(digests(folder).keySet().toString().contains("old"));
        shard(folder.resolve("other.safetensors"), "other");
        assertTrue(digests(folder).keySet().toString().contains("old"));
        shard(folder.resolve("model.safetensors"), "new");
        assertTrue(digests(folder).keySet().toString().contains("new"));
        assertTrue(digests(folder.resolve(INDEX)).keySet().toString().contains("old"));
    }

    private static Map<String, String> digests(Path path) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (ModelFile model = ModelFile.open(path)) {
            for (Tensor tensor : model.tensors()) {
                digests.put(tensor.toString(), tensor.sha256());
            }
        }
        return digests;
    }

    /// models--org--name/{blobs,snapshots/revision}, every file a link.
    @Test
    void cacheOfHuggingFaceOpens(@TempDir Path root) throws IOException {
        Path blobs = Files.createDirectories(root.resolve("models--org--name/blobs"));
        Path snapshot = Files.createDirectories(root.resolve("models--org--name/snapshots/abc"));
        try (Stream<Path> files = Files.list(SHARDED)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                Files.copy(file, blobs.resolve("hash-of-" + name));
                Files.createSymbolicLink(snapshot.resolve(name), Path.of("../../blobs/hash-of-" + name));
            }
        }
        Map<String, String> expected = digests(SHARDED);
        assertEquals(expected, digests(snapshot));
        assertEquals(expected, digests(snapshot.resolve(INDEX)));
        Path link = Files.createSymbolicLink(root.resolve("link"), snapshot);
        assertEquals(expected, digests(link));
    }

    @Test
    void linksOutsideAreRefused(@TempDir Path root) throws IOException {
        Path folder = Files.createDirectories(root.resolve("blobs-like/model"));
        Path secret = root.resolve("secret.safetensors");
        shard(secret, "a");
        Files.createSymbolicLink(folder.resolve("a.safetensors"), secret);
        ModelFormatException error = refused(index(folder, Map.of("a", "a.safetensors")));
        assertInstanceOf(UnsafeModelException.class, error);
        assertEquals("safetensors.index-escape", error.rule());
        // A link to a link, a linked folder, and a folder that is called blobs but is not the cache's.
        Path inner = Files.createDirectories(folder.resolve("sub"));
        Files.createSymbolicLink(inner.resolve("b.safetensors"), folder.resolve("a.safetensors"));
        assertInstanceOf(UnsafeModelException.class, refused(index(folder, Map.of("a", "sub/b.safetensors"))));
        Path elsewhere = Files.createDirectories(root.resolve("blobs"));
        shard(elsewhere.resolve("c.safetensors"), "a");
        Files.createSymbolicLink(folder.resolve("linked"), elsewhere);
        assertInstanceOf(UnsafeModelException.class, refused(index(folder, Map.of("a", "linked/c.safetensors"))));
        // Links that stay inside are links like any other.
        shard(folder.resolve("real.safetensors"), "a");
        Files.createSymbolicLink(folder.resolve("alias.safetensors"), Path.of("real.safetensors"));
        Safetensors.open(index(folder, Map.of("a", "alias.safetensors"))).close();
    }

    @Test
    void namesThatLeadOutAreRefused(@TempDir Path root) throws IOException {
        Path folder = Files.createDirectories(root.resolve("model"));
        shard(root.resolve("out.safetensors"), "a");
        shard(folder.resolve("in.safetensors"), "a");
        for (String name : List.of(
                "../out.safetensors",
                "sub/../../out.safetensors",
                "..",
                root.resolve("out.safetensors").toString(),
                folder.resolve("in.safetensors").toString(),
                "..\\out.safetensors",
                "sub\\x.safetensors",
                "C:out.safetensors",
                "file:///etc/passwd",
                "in.safetensors/../in.safetensors")) {
            ModelFormatException error = refused(index(folder, Map.of("a", name)));
            assertInstanceOf(UnsafeModelException.class, error, name);
            assertEquals("safetensors.index-escape", error.rule());
            List<Finding> findings = Safetensors.FORMAT.validate(folder, ReadOptions.defaults());
            assertEquals("safetensors.index-escape", findings.get(0).rule());
        }
        for (String name : List.of("", "a\\u0000b")) {
            String json = "{\"weight_map\":{\"a\":\"" + name + "\"}}";
            Files.writeString(folder.resolve(INDEX), json);
            assertInstanceOf(MalformedModelException.class, refused(folder), name);
        }
    }

    @Test
    void missingShardsAreNamed(@TempDir Path folder) throws IOException {
        shard(folder.resolve("1.safetensors"), "a");
        Path index = index(folder, Map.of("a", "1.safetensors", "b", "2.safetensors", "c", "3.safetensors"));
        ModelFormatException error = refused(index);
        assertEquals("safetensors.missing-shard", error.rule());
        String message = String.valueOf(error.getMessage());
        assertTrue(message.contains("2.safetensors") && message.contains("3.safetensors"), message);
        Files.createSymbolicLink(folder.resolve("2.safetensors"), Path.of("nowhere"));
        Files.createDirectories(folder.resolve("3.safetensors"));
        assertEquals("safetensors.missing-shard", refused(index).rule());
    }

    @Test
    void indexAndShardsMustAgree(@TempDir Path folder) throws IOException {
        shard(folder.resolve("1.safetensors"), "a", "b");
        shard(folder.resolve("2.safetensors"), "c");
        List<Map<String, String>> wrong = List.of(
                Map.of("a", "1.safetensors", "b", "2.safetensors", "c", "2.safetensors"),
                Map.of("a", "1.safetensors", "b", "1.safetensors", "c", "2.safetensors", "d", "2.safetensors"));
        for (Map<String, String> map : wrong) {
            assertEquals(
                    "safetensors.index-disagrees", refused(index(folder, map)).rule());
        }
        shard(folder.resolve("2.safetensors"), "a", "c");
        assertEquals(
                "safetensors.index-disagrees",
                refused(index(folder, Map.of("a", "1.safetensors", "b", "1.safetensors", "c", "2.safetensors")))
                        .rule());
        String twice = "{\"weight_map\":{\"a\":\"1.safetensors\",\"a\":\"2.safetensors\"}}";
        Files.writeString(folder.resolve(INDEX), twice);
        assertEquals("safetensors.index", refused(folder).rule());
    }

    @Test
    void unmappedTensorsAndWrongTotalsAreFindings(@TempDir Path folder) throws IOException {
        shard(folder.resolve("1.safetensors"), "a", "b");
        Path index = index(folder, Map.of("a", "1.safetensors"), "{\"total_size\":99}");
        try (SafetensorsFile model = Safetensors.open(index)) {
            assertEquals(2, model.tensors().size());
            assertEquals(
                    List.of("safetensors.index-disagrees", "safetensors.total-size"),
                    model.warnings().stream().map(Finding::rule).toList());
        }
        assertThrows(
                MalformedModelException.class,
                () -> Safetensors.open(index, ReadOptions.defaults().withStrict(true)));
        index(folder, Map.of("a", "1.safetensors", "b", "1.safetensors"), "{\"total_size\":16}");
        try (SafetensorsFile model = Safetensors.open(index)) {
            assertEquals(List.of(), model.warnings());
        }
    }

    @Test
    void limitsHoldForAllShardsTogether(@TempDir Path folder) throws IOException {
        Map<String, String> map = new TreeMap<>();
        for (int i = 0; i < 5; i++) {
            shard(folder.resolve(i + ".safetensors"), "x" + i, "y" + i);
            map.put("x" + i, i + ".safetensors");
            map.put("y" + i, i + ".safetensors");
        }
        Path index = index(folder, map);
        ReadLimits limits = ReadLimits.defaults();
        for (Map.Entry<String, ReadLimits> tight : Map.of(
                        "maxParts", limits.withMaxParts(4),
                        "maxTensors", limits.withMaxTensors(9),
                        "maxHeapBytes", limits.withMaxHeapBytes(5000),
                        "maxHeaderBytes", limits.withMaxHeaderBytes(100))
                .entrySet()) {
            var error = assertThrows(
                    LimitExceededException.class,
                    () -> Safetensors.open(index, ReadOptions.defaults().withLimits(tight.getValue())));
            assertEquals(tight.getKey(), error.limit());
            assertTrue(String.valueOf(error.getMessage()).contains("ReadLimits." + tight.getKey()), error::getMessage);
        }
        Safetensors.open(
                        index,
                        ReadOptions.defaults().withLimits(limits.withMaxParts(5).withMaxTensors(10)))
                .close();
    }

    @Test
    void brokenIndexesAreRefused(@TempDir Path folder) throws IOException {
        shard(folder.resolve("1.safetensors"), "a");
        List<String> broken = List.of(
                "",
                "{",
                "[]",
                "null",
                "{}",
                "{\"weight_map\":{}",
                "{\"weight_map\":[]}",
                "{\"weight_map\":{\"a\":1}}",
                "{\"weight_map\":{\"a\":null}}",
                "{\"weight_map\":{\"a\":{\"b\":\"1.safetensors\"}}}",
                "{\"weight_map\":{\"a\":\"1.safetensors\"}}x",
                "{\"weight_map\":{\"a\":\"1.safetensors\"}}{}",
                "{\"weight_map\":{\"a\":\"1.safetensors\"},\"weight_map\":{}}",
                "\ufeff{\"weight_map\":{\"a\":\"1.safetensors\"}}",
                "{\"weight_map\":{\"a\":\"1.safetensors\"},\"x\":" + "[".repeat(5000) + "}",
                "{\"metadata\":{\"total_size\":" + "9".repeat(5000) + "},\"weight_map\":{}}");
        for (String text : broken) {
            Files.writeString(folder.resolve(INDEX), text);
            String shown = text.length() > 60 ? text.substring(0, 60) : text;
            assertEquals("safetensors.index", refused(folder).rule(), shown);
        }
        Files.write(folder.resolve(INDEX), new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'});
        assertEquals("safetensors.index", refused(folder).rule());
        Files.writeString(folder.resolve(INDEX), "{\"weight_map\":{}}");
        Safetensors.open(folder).close();
    }

    @Test
    void brokenShardsAreNamedAndClosed(@TempDir Path folder) throws IOException {
        shard(folder.resolve("1.safetensors"), "a");
        Files.writeString(folder.resolve("2.safetensors"), "broken");
        ModelFormatException error = refused(index(folder, Map.of("a", "1.safetensors", "b", "2.safetensors")));
        assertTrue(error.source().endsWith("2.safetensors"), error::source);
        if (Files.isDirectory(Path.of("/proc/self"))) {
            assertFalse(Handles.isMapped(folder.resolve("1.safetensors")));
        }
    }

    @Test
    void foldersWithSeveralModelsAskForAName(@TempDir Path folder) throws IOException {
        assertThrows(IOException.class, () -> Safetensors.open(folder));
        shard(folder.resolve("one.safetensors"), "a");
        Safetensors.open(folder).close();
        shard(folder.resolve("two.safetensors"), "b");
        String message = String.valueOf(refused(folder).getMessage());
        assertTrue(message.contains("one.safetensors") && message.contains("two.safetensors"), message);
        shard(folder.resolve("model.safetensors"), "c");
        try (SafetensorsFile model = Safetensors.open(folder)) {
            assertTrue(model.tensors().has("c"));
        }
    }

    /// Digits of another script would make names that nobody finds.
    @Test
    void namesOfShardsDoNotDependOnTheLocale(@TempDir Path folder) throws IOException {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            List<Path> written = Safetensors.writer()
                    .add(TensorSource.of("a\u0001", Shape.of(2), 1f, 2f))
                    .add(TensorSource.of("b", Shape.of(2), 1f, 2f))
                    .options(WriteOptions.defaults().withMaxShardTensors(1))
                    .write(folder.resolve("model.safetensors"));
            assertEquals(
                    List.of(INDEX, "model-00002-of-00002.safetensors", "model-00001-of-00002.safetensors"),
                    written.stream()
                            .map(path -> String.valueOf(path.getFileName()))
                            .toList());
            try (SafetensorsFile model = Safetensors.open(folder)) {
                assertEquals(2, model.tensors().size());
            }
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void boundsOfShardsAreKept(@TempDir Path folder) throws IOException {
        var writer = Safetensors.writer().metadata("format", "pt");
        for (int i = 0; i < 20; i++) {
            byte[] bytes = new byte[i == 7 ? 5000 : 100 * i];
            writer.add(TensorSource.of("t" + i, ScalarType.U8, Shape.of(bytes.length), MemorySegment.ofArray(bytes)));
        }
        writer.options(WriteOptions.defaults().withMaxShardBytes(2000)).write(folder.resolve("m.safetensors"));
        try (SafetensorsFile model = Safetensors.open(folder)) {
            assertEquals(20, model.tensors().size());
            assertEquals("pt", model.metadata().getString("format"));
            assertEquals(List.of(), model.warnings());
            for (SafetensorsFile.Shard shard : model.shards()) {
                long data = shard.file().size() - shard.dataOffset();
                assertTrue(data <= 2000 || data == 5000, () -> data + " bytes");
            }
        }
    }
}
