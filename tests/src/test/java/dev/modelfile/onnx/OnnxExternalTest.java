package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelEdit;
import dev.modelfile.Progress;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.SidecarPolicy;
import dev.modelfile.UnsafeModelException;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.onnx.externaldata.Beneath;
import dev.modelfile.onnx.proto.AttributeProto;
import dev.modelfile.onnx.proto.NodeProto;
import dev.modelfile.onnx.proto.SparseTensorProto;
import dev.modelfile.onnx.proto.StringStringEntryProto;
import dev.modelfile.onnx.proto.TensorProto;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Where external data may lie, and what is said about it.
final class OnnxExternalTest {
    @TempDir
    Path root;

    private Path folder = Path.of("");
    private Path outside = Path.of("");

    @BeforeEach
    void folders() throws IOException {
        folder = Files.createDirectories(root.resolve("model"));
        outside = Files.createDirectories(root.resolve("outside"));
        Files.write(outside.resolve("w.bin"), new byte[32]);
    }

    private static TensorProto tensor(String name, String... keysAndValues) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(1)
                .addDims(2)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL);
        for (int i = 0; i < keysAndValues.length; i += 2) {
            tensor.addExternalData(
                    StringStringEntryProto.newBuilder().setKey(keysAndValues[i]).setValue(keysAndValues[i + 1]));
        }
        return tensor.build();
    }

    private static ReadOptions with(SidecarPolicy policy) {
        return ReadOptions.defaults().withSidecars(policy);
    }

    @Test
    void aLinkOutOfTheFolderIsRefused() throws IOException {
        Files.createSymbolicLink(folder.resolve("w.bin"), outside.resolve("w.bin"));
        Path file = OnnxFixtures.write(folder, tensor("t", "location", "w.bin"));
        assertEquals(
                "onnx.external-escape",
                assertThrows(UnsafeModelException.class, () -> Onnx.open(file)).rule());
        assertThrows(UnsafeModelException.class, () -> Onnx.open(file, with(SidecarPolicy.STRICT)));
        Onnx.open(file, with(SidecarPolicy.TRUSTED)).close();
    }

    @Test
    void aLinkedFolderIsNoWayOut() throws IOException {
        Files.createSymbolicLink(folder.resolve("sub"), outside);
        Path file = OnnxFixtures.write(folder, tensor("t", "location", "sub/w.bin"));
        assertThrows(UnsafeModelException.class, () -> Onnx.open(file));
        assertThrows(UnsafeModelException.class, () -> Onnx.open(file, with(SidecarPolicy.STRICT)));
    }

    @Test
    void aLinkInsideTheFolderIsFollowedUnlessStrict() throws IOException {
        Files.write(folder.resolve("real.bin"), new byte[8]);
        Files.createSymbolicLink(folder.resolve("w.bin"), Path.of("real.bin"));
        Path file = OnnxFixtures.write(folder, tensor("t", "location", "w.bin"));
        Onnx.open(file).close();
        assertThrows(UnsafeModelException.class, () -> Onnx.open(file, with(SidecarPolicy.STRICT)));
    }

    @Test
    void aHuggingFaceCacheWorks() throws IOException {
        Path repository = root.resolve("models--org--name");
        Path blobs = Files.createDirectories(repository.resolve("blobs"));
        Path snapshot = Files.createDirectories(repository.resolve("snapshots/abc/onnx"));
        Files.write(blobs.resolve("2222"), new byte[8]);
        Path made = OnnxFixtures.write(folder, tensor("t", "location", "model.onnx_data"));
        Files.move(made, blobs.resolve("1111"));
        Path file = Files.createSymbolicLink(snapshot.resolve("model.onnx"), Path.of("../../../blobs/1111"));
        Path data = Files.createSymbolicLink(snapshot.resolve("model.onnx_data"), Path.of("../../../blobs/2222"));
        Onnx.open(file).close();
        assertThrows(UnsafeModelException.class, () -> Onnx.open(file, with(SidecarPolicy.STRICT)));
        Path other = Files.createDirectories(root.resolve("models--org--other/blobs"));
        Files.write(other.resolve("3333"), new byte[8]);
        Files.delete(data);
        Files.createSymbolicLink(data, other.resolve("3333"));
        assertThrows(UnsafeModelException.class, () -> Onnx.open(file));
    }

    @Test
    void whatBecomesALinkAfterItWasJudgedIsNotOpened() throws IOException {
        Path real = folder.toRealPath();
        Path link = Files.createSymbolicLink(real.resolve("w.bin"), outside.resolve("w.bin"));
        Files.createSymbolicLink(real.resolve("sub"), outside);
        Path sub = Files.createDirectories(real.resolve("a/b"));
        Files.write(sub.resolve("w.bin"), new byte[3]);
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(3, Beneath.map(real, sub.resolve("w.bin"), arena).size());
            assertThrows(FileSystemException.class, () -> Beneath.map(real, link, arena));
            assertThrows(FileSystemException.class, () -> Beneath.map(real, real.resolve("sub/w.bin"), arena));
            assertThrows(FileSystemException.class, () -> Beneath.map(real, sub, arena));
            assertThrows(NoSuchFileException.class, () -> Beneath.map(real, sub.resolve("gone"), arena));
        }
    }

    /// Somebody who may write into the folder changes a file for a link, back and forth, while models are opened.
    @Test
    void nobodyIsFasterThanTheCheck() throws Exception {
        Path good = Files.write(folder.resolve("good.bin"), new byte[8]);
        Files.write(outside.resolve("secret.bin"), new byte[] {1, 1, 1, 1, 1, 1, 1, 1});
        Path file = OnnxFixtures.write(folder, tensor("t", "location", "w.bin"));
        Path sidecar = Files.copy(good, folder.resolve("w.bin"));
        AtomicBoolean done = new AtomicBoolean();
        Thread attacker = Thread.ofPlatform().start(() -> {
            try {
                while (!done.get()) {
                    Path link = Files.createSymbolicLink(folder.resolve("link"), outside.resolve("secret.bin"));
                    Files.move(link, sidecar, StandardCopyOption.ATOMIC_MOVE);
                    Files.move(Files.copy(good, folder.resolve("copy")), sidecar, StandardCopyOption.ATOMIC_MOVE);
                }
            } catch (IOException unexpected) {
                throw new UncheckedIOException(unexpected);
            }
        });
        int opened = 0;
        int refused = 0;
        try {
            for (int i = 0; i < 10_000 && (i < 2000 || opened < 20 || refused < 20); i++) {
                try (OnnxFile model = Onnx.open(file)) {
                    assertEquals(0f, model.tensor("t").toFloatArray()[0]);
                    opened++;
                } catch (IOException caught) {
                    refused++;
                }
            }
        } finally {
            done.set(true);
            attacker.join();
        }
        assertTrue(opened > 0 && refused > 0, opened + " opened, " + refused + " refused");
    }

    @Test
    void aModelWithoutItsSidecarIsListed() throws IOException {
        Path file = OnnxFixtures.write(folder, tensor("t", "location", "gone.bin"));
        try (OnnxFile model = Onnx.open(file)) {
            assertEquals("[2]", model.tensor("t").shape().toString());
            assertEquals("gone.bin", model.location("t").orElseThrow());
            assertEquals(
                    List.of("onnx.external-missing"),
                    model.warnings().stream().map(Finding::rule).toList());
            assertThrows(MalformedModelException.class, () -> model.tensor("t").toFloatArray());
        }
        assertEquals(
                Severity.ERROR,
                Onnx.FORMAT.validate(file, ReadOptions.defaults()).getFirst().severity());
    }

    @Test
    void aForeignFileIsNotTakenForAMissingSidecar() throws IOException {
        Path file = OnnxFixtures.write(folder, tensor("t", "location", "gone.bin"));
        try (OnnxFile model = Onnx.open(file)) {
            OnnxEdit edit = OnnxEdit.of(model);
            Path copy = outside.resolve("copy.onnx");
            assertEquals(1, edit.plan(copy).files().size());
            Files.write(outside.resolve("gone.bin"), new byte[8]);
            var refused = assertThrows(IllegalArgumentException.class, () -> edit.plan(copy));
            assertTrue(String.valueOf(refused.getMessage()).contains("\"gone.bin\" is there already"));
            assertThrows(IllegalArgumentException.class, () -> edit.plan(folder.resolve("gone.bin")));
            assertEquals(1, edit.plan(folder.resolve("copy.onnx")).files().size());
        }
    }

    /// Overwriting is meant for the files of the copy, not for whatever the model names.
    @Test
    void onlyFilesNamedAfterTheCopyAreReplaced() throws IOException {
        List<String> own = List.of(
                "z.onnx.data", "z.onnx_data", "z.onnx-00001.data", "z.safetensors", "z-00001-of-00002.safetensors");
        List<String> foreign = List.of("z.onnx.bak", "z.onnx.data.bak", "z.onnx-1.data", "z.data", "zXonnx.data");
        WriteOptions force = WriteOptions.defaults().withOverwrite(true);
        Path copy = outside.resolve("z.onnx");
        for (String name : Stream.concat(own.stream(), foreign.stream()).toList()) {
            Files.write(folder.resolve(name), new byte[8]);
            Path there = Files.writeString(outside.resolve(name), "another file");
            try (OnnxFile model = Onnx.open(OnnxFixtures.write(folder, tensor("t", "location", name)))) {
                OnnxEdit edit = OnnxEdit.of(model);
                if (own.contains(name)) {
                    assertThrows(FileAlreadyExistsException.class, () -> edit.write(copy), name);
                    edit.write(copy, force, Progress.NONE);
                    assertArrayEquals(new byte[8], Files.readAllBytes(there), name);
                    Files.delete(copy);
                } else {
                    assertThrows(IllegalArgumentException.class, () -> edit.write(copy, force, Progress.NONE), name);
                    assertEquals("another file", Files.readString(there), name);
                }
            }
        }
    }

    @Test
    void partsOfALocationThatLeadNowhereDoNotMatter() throws IOException {
        byte[] bytes = {0, 0, 0, 64, 0, 0, 64, 64};
        Path target = outside.resolve("copy.onnx");
        for (String location : List.of("./s.bin", "././s.bin", ".//s.bin", "./././/./s.bin")) {
            Files.write(folder.resolve("s.bin"), bytes);
            try (OnnxFile model = Onnx.open(OnnxFixtures.write(folder, tensor("t", "location", location)))) {
                OnnxEdit.of(model).write(target);
                // In its own folder the copy needs no other file.
                assertEquals(
                        1,
                        OnnxEdit.of(model)
                                .plan(folder.resolve("copy.onnx"))
                                .files()
                                .size(),
                        location);
            }
            try (OnnxFile copy = Onnx.open(target)) {
                assertArrayEquals(new float[] {2, 3}, copy.tensor("t").toFloatArray(), location);
            }
            Files.delete(target);
            Files.delete(outside.resolve("s.bin"));
        }
        Files.createDirectories(folder.resolve("sub"));
        Files.write(folder.resolve("sub/s.bin"), bytes);
        for (String location : List.of("sub/s.bin", "./sub//s.bin", "sub/../s.bin")) {
            try (OnnxFile model = Onnx.open(OnnxFixtures.write(folder, tensor("t", "location", location)))) {
                assertThrows(
                        IllegalArgumentException.class, () -> OnnxEdit.of(model).plan(target), location);
            }
        }
    }

    /// What a link leads to is changed where it is, and finds its weights by way of the link as before.
    @Test
    void aLinkedModelKeepsItsWeightsWhereTheyAre() throws IOException {
        Path made = OnnxFixtures.write(folder, tensor("t", "location", "s.bin"));
        Path store = Files.createDirectories(root.resolve("store"));
        Files.move(made, store.resolve("1111"));
        Files.write(store.resolve("2222"), new byte[8]);
        Path link = Files.createSymbolicLink(folder.resolve("model.onnx"), store.resolve("1111"));
        Files.createSymbolicLink(folder.resolve("s.bin"), store.resolve("2222"));
        ModelEdit.create().set("k", "v").apply(link, WriteOptions.defaults());
        try (var files = Files.list(store)) {
            assertEquals(2, files.count());
        }
        assertTrue(Files.isSymbolicLink(link));
        try (OnnxFile model = Onnx.open(link)) {
            assertEquals(Value.of("v"), model.metadata().get("k"));
            assertArrayEquals(new float[2], model.tensor("t").toFloatArray());
        }
    }

    @Test
    void aPathThatCannotBeOpenedIsAMissingFile() throws IOException {
        Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle"));
        for (String location : List.of("n".repeat(5000), "model.onnx/weights", "circle")) {
            Path file = OnnxFixtures.write(folder, tensor("t", "location", location));
            try (OnnxFile model = Onnx.open(file)) {
                assertEquals(
                        "onnx.external-missing", model.warnings().getFirst().rule());
                assertEquals(Value.of(8L), model.summary().get("bytes outside"));
                assertThrows(
                        MalformedModelException.class, () -> model.tensor("t").toFloatArray());
            }
            assertEquals(
                    List.of("onnx.external-missing"),
                    Onnx.FORMAT.validate(file, ReadOptions.defaults()).stream()
                            .map(Finding::rule)
                            .toList());
        }
    }

    @Test
    void sizesThatNoFileHasToHaveStillHaveASum() throws IOException {
        TensorProto huge = tensor("t", "location", "gone").toBuilder()
                .clearDims()
                .addDims(1L << 60)
                .build();
        Path file =
                OnnxFixtures.write(folder, huge, huge.toBuilder().setName("u").build());
        assertEquals(
                "onnx.tensor-overflow",
                assertThrows(MalformedModelException.class, () -> Onnx.open(file))
                        .rule());
        assertTrue(Onnx.FORMAT.validate(file, ReadOptions.defaults()).stream()
                .anyMatch(finding -> finding.rule().equals("onnx.tensor-overflow")));
    }

    @Test
    void aSidecarIsMappedOnce() throws IOException {
        Files.write(folder.resolve("w.bin"), new byte[32]);
        Path file = OnnxFixtures.write(
                folder, tensor("a", "location", "w.bin"), tensor("b", "location", "./w.bin", "offset", "8"));
        try (OnnxFile model = Onnx.open(file)) {
            assertSame(model.tensor("a").part(), model.tensor("b").part());
            assertEquals(2, model.parts().size());
        }
        ReadOptions none =
                ReadOptions.defaults().withLimits(ReadLimits.defaults().withMaxParts(0));
        assertThrows(LimitExceededException.class, () -> Onnx.open(file, none));
    }

    @Test
    void overlapsAreReportedAndSharingIsNot() throws IOException {
        Files.write(folder.resolve("w.bin"), new byte[32]);
        Path file = OnnxFixtures.write(
                folder,
                tensor("a", "location", "w.bin"),
                tensor("b", "location", "w.bin"),
                tensor("c", "location", "w.bin", "offset", "4"));
        List<Finding> findings = Onnx.FORMAT.validate(file, ReadOptions.defaults());
        assertEquals(
                List.of("onnx.external-overlap"),
                findings.stream().map(Finding::rule).toList());
        assertEquals("tensor \"c\"", findings.getFirst().where());
        assertTrue(findings.getFirst().offset() > 0);
    }

    @Test
    void checksumsAreVerifiedOnRequest() throws IOException {
        Files.write(folder.resolve("w.bin"), new byte[8]);
        // sha1sum of eight zero bytes
        String right = "05fe405753166f125559e7c9ac558654f107c7e9";
        try (OnnxFile model =
                Onnx.open(OnnxFixtures.write(folder, tensor("t", "location", "w.bin", "checksum", right)))) {
            assertEquals(List.of(), model.verifyChecksums());
        }
        try (OnnxFile model =
                Onnx.open(OnnxFixtures.write(folder, tensor("t", "location", "w.bin", "checksum", "00")))) {
            assertEquals(
                    "onnx.external-checksum", model.verifyChecksums().getFirst().rule());
        }
    }

    @Test
    void hardLinksAreMentioned() throws IOException {
        Files.createLink(folder.resolve("w.bin"), outside.resolve("w.bin"));
        Path file = OnnxFixtures.write(folder, tensor("t", "location", "w.bin"));
        Finding finding = Onnx.FORMAT.validate(file, ReadOptions.defaults()).getFirst();
        assertEquals("onnx.external-hard-link", finding.rule());
        assertEquals(Severity.INFO, finding.severity());
    }

    /// Every place where a tensor can be is looked at, unlike in the tools of others.
    enum Site {
        INITIALIZER,
        SPARSE,
        ATTRIBUTE,
        INNER,
        FUNCTION,
        TRAINING
    }

    @ParameterizedTest
    @EnumSource(Site.class)
    void noPlaceIsOverlooked(Site site) throws IOException {
        TensorProto bad = tensor("t", "location", "../outside/w.bin");
        var attribute = AttributeProto.newBuilder()
                .setName("value")
                .setType(AttributeProto.AttributeType.TENSOR)
                .setT(bad);
        var node = NodeProto.newBuilder().setOpType("Constant").addOutput("o").addAttribute(attribute);
        var model = OnnxFixtures.model();
        switch (site) {
            case INITIALIZER -> model.getGraphBuilder().addInitializer(bad);
            case SPARSE ->
                model.getGraphBuilder()
                        .addSparseInitializer(SparseTensorProto.newBuilder().setValues(bad));
            case ATTRIBUTE -> model.getGraphBuilder().addNode(node);
            case INNER ->
                model.getGraphBuilder()
                        .addNodeBuilder()
                        .setOpType("If")
                        .addOutput("i")
                        .addAttributeBuilder()
                        .setName("then_branch")
                        .setType(AttributeProto.AttributeType.GRAPH)
                        .getGBuilder()
                        .addInitializer(bad);
            case FUNCTION ->
                model.addFunctionsBuilder().setName("f").setDomain("d").addNode(node);
            case TRAINING ->
                model.addTrainingInfoBuilder().getAlgorithmBuilder().addInitializer(bad);
        }
        Path file = OnnxFixtures.write(folder, model.build().toByteArray());
        assertEquals(
                "onnx.external-escape",
                assertThrows(UnsafeModelException.class, () -> Onnx.open(file)).rule());
        assertTrue(Onnx.FORMAT.validate(file, ReadOptions.defaults()).stream()
                .anyMatch(f -> f.severity() == Severity.DANGER && f.rule().equals("onnx.external-escape")));
    }
}
