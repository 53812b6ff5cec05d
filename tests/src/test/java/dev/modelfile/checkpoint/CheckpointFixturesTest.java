package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFormats;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.UnsafeModelException;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.torch.TorchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// What torch wrote is read with the names, types, shapes and bytes that torch has, and refused where torch refuses.
final class CheckpointFixturesTest {
    private static JsonNode expected() throws IOException {
        return new ObjectMapper().readTree(Files.readString(Samples.PICKLES.resolve("expected.json")));
    }

    @TestFactory
    List<DynamicTest> tensorsAreThoseOfTorch() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (var entry : expected().properties()) {
            tests.add(DynamicTest.dynamicTest(entry.getKey(), () -> compare(entry.getKey(), entry.getValue())));
        }
        assertTrue(tests.size() >= 28);
        return tests;
    }

    private static void compare(String name, JsonNode expected) throws IOException {
        Path path = Samples.PICKLES.resolve(name);
        try (CheckpointFile file = Checkpoints.open(path)) {
            TreeMap<String, String> theirs = new TreeMap<>();
            for (JsonNode row : expected.get("tensors")) {
                String dtype =
                        TorchType.named(row.get("dtype").asString()).dtype().name();
                theirs.put(
                        row.get("name").asString(),
                        dtype + " " + row.get("shape").toString().replace(",", ", ") + " "
                                + row.get("sha256").asString());
            }
            TreeMap<String, String> ours = new TreeMap<>();
            for (Tensor tensor : file.tensors()) {
                ours.put(tensor.name(), tensor.dtype().name() + " " + tensor.shape() + " " + tensor.sha256());
            }
            assertEquals(theirs, ours);
            assertEquals(List.of(), file.warnings());
        }
        assertEquals("checkpoint", ModelFormats.installed().detect(path).name());
    }

    @TestFactory
    List<DynamicTest> weightsOnlyAgreesWithTorch() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (var entry : expected().properties()) {
            JsonNode verdict = entry.getValue().get("weightsOnly");
            if (verdict != null && !verdict.asString().startsWith("cannot")) {
                boolean accepted = verdict.asString().equals("accepted");
                tests.add(DynamicTest.dynamicTest(
                        entry.getKey(),
                        () -> assertEquals(accepted, isAccepted(Samples.PICKLES.resolve(entry.getKey())))));
            }
        }
        assertTrue(tests.size() >= 18);
        return tests;
    }

    private static boolean isAccepted(Path path) throws IOException {
        try (CheckpointFile file = Checkpoints.open(path, ReadOptions.defaults().withWeightsOnly(true))) {
            return file.tensors() != null;
        } catch (UnsafeModelException refused) {
            assertEquals("checkpoint.weights-only", refused.rule());
            return false;
        }
    }

    @Test
    void sharedStoragesAreKnown() throws IOException {
        try (CheckpointFile file = Checkpoints.open(Samples.PICKLES.resolve("views.pt"))) {
            assertEquals(1, file.storages().size());
            assertTrue(file.storages().get(0).tensors() >= 7);
            assertEquals(96, file.storages().get(0).byteSize());
            assertEquals(file.tensor("base").offset(), file.tensor("same").offset());
            assertFalse(file.tensor("transposed").isMapped());
        }
    }

    @Test
    void bytesAreViewsOfTheMapping() throws IOException {
        try (CheckpointFile file = Checkpoints.open(Samples.PICKLES.resolve("types.pt"))) {
            Tensor tensor = file.tensor("float32");
            long address =
                    file.parts().get(0).bytes().address() + tensor.offset().orElseThrow();
            assertEquals(address, tensor.segment().address());
        }
    }

    @Test
    void plainValuesAreMetadata() throws IOException {
        try (CheckpointFile file = Checkpoints.open(Samples.PICKLES.resolve("lightning.ckpt"))) {
            assertEquals(Value.of(3L), file.metadata().get("epoch"));
            assertEquals(Value.of(0.01), file.metadata().get("hyper_parameters.lr"));
            assertEquals("[1, 2, 3]", file.metadata().getString("hyper_parameters.layers"));
            assertEquals(Value.of(true), file.metadata().get("hyper_parameters.flag"));
            assertEquals(new Value.None(), file.metadata().get("hyper_parameters.nothing"));
            assertTrue(file.tensors().has("optimizer_states.0.state.1.exp_avg"));
        }
    }

    @Test
    void theObjectGraphIsWhole() throws IOException {
        try (CheckpointFile file = Checkpoints.open(Samples.PICKLES.resolve("numpy.pt"))) {
            PickleValue.Dict root = (PickleValue.Dict) file.root();
            assertEquals(6, root.entries().size());
            assertTrue(root.entries().get(0).value() instanceof PickleValue.Instance call
                    && call.isCallOf("numpy._core.multiarray", "_reconstruct"));
            assertTrue(file.globals().stream().anyMatch(g -> g.toString().equals("numpy.dtype")));
        }
    }
}
