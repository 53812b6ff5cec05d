package dev.modelfile.howto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFile;
import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.contract.ChildJvm;
import dev.modelfile.contract.Python;
import dev.modelfile.house.Snippets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `docs/how-to.md`: its commands are run in one folder and its code in another, and the files that they leave there
/// are looked at.
final class HowToTest {
    private static final Path DOCUMENT = Path.of("../docs/how-to.md").toAbsolutePath();
    private static final int JOBS = 10;
    /// What people call at most five lines of Java.
    private static final int LINES = 5;

    @TempDir
    private static Path folder;

    private static Path byCommand = Path.of("");
    private static Path byCode = Path.of("");
    private static List<String> codes = List.of();
    private static List<String> thrown = List.of();

    @BeforeAll
    static void doAll() throws Exception {
        byCommand = Files.createDirectory(folder.resolve("commands"));
        byCode = Files.createDirectory(folder.resolve("code"));
        Inputs.make(byCommand);
        Inputs.make(byCode);
        codes = results(
                ChildJvm.runIn(byCommand, Duration.ofSeconds(100), HowToProcess.Commands.class, DOCUMENT.toString()));
        List<Recipe> recipes = Recipe.all(DOCUMENT);
        Path classes = Files.createDirectory(folder.resolve("classes"));
        Map<String, String> units = new LinkedHashMap<>();
        List<String> arguments = new ArrayList<>(List.of(classes.toString()));
        for (int i = 0; i < recipes.size(); i++) {
            String name = "Recipe" + i;
            units.put(name, unit(name, recipes.get(i).code()));
            arguments.add(name);
        }
        assertEquals("", Snippets.compile(units, classes));
        thrown = results(ChildJvm.runIn(
                byCode, Duration.ofSeconds(100), HowToProcess.Samples.class, arguments.toArray(String[]::new)));
    }

    private static String unit(String name, String code) throws IOException {
        return Snippets.imports() + "public class " + name + " implements Runnable { public void run() { try {\n" + code
                + "} catch (IOException failed) { throw new UncheckedIOException(failed); } } }";
    }

    private static List<String> results(ChildJvm.Result result) {
        assertEquals(0, result.exit(), result::output);
        List<String> lines = result.output()
                .lines()
                .filter(line -> line.startsWith(HowToProcess.RESULT))
                .map(line -> line.replaceFirst(HowToProcess.RESULT + "\\d+ ?", ""))
                .toList();
        assertEquals(JOBS, lines.size(), result::output);
        return lines;
    }

    @Test
    void thereAreTenJobsInFewLines() throws IOException {
        List<Recipe> recipes = Recipe.all(DOCUMENT);
        assertEquals(JOBS, recipes.size());
        for (Recipe recipe : recipes) {
            assertTrue(!recipe.commands().isEmpty(), recipe::title);
            long lines = recipe.code().lines().count();
            assertTrue(lines > 0 && lines <= LINES, () -> lines + " lines for " + recipe.title());
        }
    }

    @Test
    void allButTheRefusalSucceed() {
        for (int i = 0; i < JOBS - 1; i++) {
            assertTrue(codes.get(i).matches("0( 0)*"), "recipe " + (i + 1) + " ended with " + codes.get(i));
            assertEquals("", thrown.get(i));
        }
        assertEquals("1", codes.getLast());
        assertTrue(thrown.getLast().startsWith("not loaded: "), thrown::getLast);
        assertTrue(thrown.getLast().contains("bad.ckpt"), thrown::getLast);
    }

    /// The second quantisation is a command only.
    @Test
    void codeWritesWhatCommandsWrite() throws IOException {
        Map<String, String> ofCode = digests(byCode);
        Map<String, String> ofCommands = digests(byCommand);
        ofCommands.remove("weights-Q8_0.gguf");
        assertEquals(ofCommands, ofCode);
    }

    private static Map<String, String> digests(Path root) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                digests.put(root.relativize(file).toString(), Arrays.hashCode(Files.readAllBytes(file)) + "");
            }
        }
        return digests;
    }

    private interface Look {
        void at(ModelFile before, ModelFile after) throws IOException;
    }

    private static void compare(String before, String after, Look look) throws IOException {
        try (ModelFile from = ModelFile.open(byCommand.resolve(before));
                ModelFile to = ModelFile.open(byCommand.resolve(after))) {
            look.at(from, to);
        }
    }

    @Test
    void stableDiffusionHasItsWeightsAndNothingElse() throws IOException {
        compare("sd.ckpt", "sd.safetensors", (before, after) -> {
            assertEquals(8, after.tensors().size());
            for (Tensor tensor : after.tensors()) {
                Tensor original = before.tensor("state_dict." + tensor.name());
                boolean isFloat = original.dtype() == ScalarType.F32;
                assertEquals(isFloat ? ScalarType.F16 : original.dtype(), tensor.dtype());
                assertArrayEquals(original.toFloatArray(), tensor.toFloatArray(), isFloat ? 1e-3f : 0);
            }
            assertEquals(
                    ScalarType.I64,
                    after.tensor("cond_stage_model.transformer.text_model.embeddings.position_ids")
                            .dtype());
        });
    }

    @Test
    void shardsOfTheHubAreShardsOfSafetensors() throws IOException {
        try (Stream<Path> files = Files.list(byCommand.resolve("bert"))) {
            assertTrue(files.filter(file -> file.toString().endsWith(".safetensors"))
                            .count()
                    > 2);
        }
        compare("bert/pytorch_model.bin.index.json", "bert/model.safetensors.index.json", (before, after) -> {
            assertEquals(equalTensors(before), equalTensors(after));
            assertEquals("pt", after.metadata().getString("format"));
        });
        try (ModelFile model = ModelFile.open(byCommand.resolve("bert"))) {
            assertEquals("safetensors", model.format().name());
        }
    }

    private static TreeSet<String> equalTensors(ModelFile model) throws IOException {
        TreeSet<String> lines = new TreeSet<>();
        for (Tensor tensor : model.tensors()) {
            lines.add(tensor.name() + " " + tensor.dtype() + " " + tensor.shape() + " " + tensor.sha256());
        }
        return lines;
    }

    @Test
    void blocksAreDecoded() throws IOException {
        compare("small.gguf", "small.safetensors", (before, after) -> {
            assertEquals("Q4_K", before.tensor("blk.0.ffn_up.weight").dtype().name());
            assertEquals(2, after.tensors().size());
            for (Tensor tensor : after.tensors()) {
                assertEquals(ScalarType.F16, tensor.dtype());
                assertArrayEquals(before.tensor(tensor.name()).toFloatArray(), tensor.toFloatArray(), 1e-3f);
            }
            assertEquals("llama", after.metadata().getString("general.architecture"));
        });
    }

    @Test
    void nothingOfTheOptimizerRemains() throws IOException {
        compare("training.ckpt", "weights.ckpt", (before, after) -> {
            TreeSet<String> expected = equalTensors(before);
            assertTrue(expected.removeIf(line -> line.startsWith("optimizer_states")));
            assertEquals(expected, equalTensors(after));
            assertTrue(before.metadata().keys().stream().anyMatch(key -> key.startsWith("optimizer")));
            assertEquals(
                    before.metadata()
                            .select(key -> !key.startsWith("optimizer"))
                            .entries()
                            .keySet(),
                    after.metadata().entries().keySet());
            assertTrue(after.metadata().find("hyper_parameters.lr").isPresent());
        });
    }

    @Test
    void weightsLeaveTheGraph() throws IOException {
        compare("classifier.onnx", "classifier.safetensors", (before, after) -> {
            assertTrue(before.tensors().size() > 5);
            assertEquals(equalTensors(before), equalTensors(after));
        });
    }

    @Test
    void theGraphHasTheTunedWeights() throws IOException {
        compare("tuned.safetensors", "tuned.onnx", (tuned, after) -> {
            for (Tensor tensor : tuned.tensors()) {
                assertEquals(tensor.sha256(), after.tensor(tensor.name()).sha256());
            }
            try (ModelFile before = ModelFile.open(byCommand.resolve("classifier.onnx"))) {
                assertEquals(before.metadata(), after.metadata());
                assertEquals(before.tensors().size(), after.tensors().size());
                assertEquals(before.tensor("b1").sha256(), after.tensor("b1").sha256());
                assertNotEquals(before.tensor("w1").sha256(), after.tensor("w1").sha256());
            }
        });
    }

    @Test
    void shardsAreOneFile() throws IOException {
        compare("shards", "merged.safetensors", (before, after) -> {
            assertEquals(3, before.parts().size());
            assertEquals(1, after.parts().size());
            assertEquals(equalTensors(before), equalTensors(after));
        });
        compare("shards-00001-of-00003.gguf", "merged.gguf", (before, after) -> {
            assertEquals(1, after.parts().size());
            assertEquals(equalTensors(before), equalTensors(after));
        });
    }

    @Test
    void mixesAreThoseAskedFor() throws IOException {
        compare("llama.gguf", "llama-Q4_K_M.gguf", (before, after) -> {
            assertEquals("Q4_K", after.tensor("blk.0.attn_q.weight").dtype().name());
            assertEquals("Q6_K", after.tensor("output.weight").dtype().name());
            float[] exact = before.tensor("blk.0.attn_q.weight").toFloatArray();
            assertArrayEquals(exact, after.tensor("blk.0.attn_q.weight").toFloatArray(), 0.05f);
        });
        compare("weights.safetensors", "weights-Q8_0.gguf", (before, after) -> {
            assertEquals("Q8_0", after.tensor("fc.weight").dtype().name());
            assertArrayEquals(
                    before.tensor("fc.weight").toFloatArray(),
                    after.tensor("fc.weight").toFloatArray(),
                    0.02f);
        });
    }

    @Test
    void metadataIsEdited() throws IOException {
        try (ModelFile model = ModelFile.open(byCommand.resolve("chat.gguf"))) {
            assertEquals("My model", model.metadata().getString("general.name"));
            assertEquals(
                    Files.readString(byCommand.resolve("chat.jinja")),
                    model.metadata().getString("tokenizer.chat_template"));
            assertArrayEquals(
                    Inputs.floats(8, 1), model.tensor("output_norm.weight").toFloatArray());
        }
    }

    /// The libraries for which most of these files are.
    @Test
    void pythonReadsTheResults() throws Exception {
        Python.needs("torch", "safetensors", "gguf", "onnx");
        String found = Python.run("""
                import sys, os, gguf, onnx, torch
                from safetensors.torch import load_file
                os.chdir(sys.argv[1])
                sd = load_file("sd.safetensors")
                print(sd["betas"].dtype, len(sd))
                bert = torch.load("bert/pytorch_model-00001-of-00002.bin", weights_only=True)
                names = {n for f in os.listdir("bert") if f.endswith(".safetensors") for n in load_file("bert/" + f)}
                print(len(names), set(bert) <= names)
                print(*sorted(torch.load("weights.ckpt", weights_only=True)))
                onnx.checker.check_model("tuned.onnx")
                print(len(gguf.GGUFReader("merged.gguf").tensors) > 2, len(gguf.GGUFReader("llama-Q4_K_M.gguf").tensors))
                """, byCommand.toString());
        assertEquals(
                "torch.float16 8\n14 True\nstate_dict.net.bias state_dict.net.weight tup.1 tup.2.x\nTrue 21\n", found);
    }

    @Test
    void nothingIsLeftBehind() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            assertEquals(
                    "",
                    files.map(Path::toString)
                            .filter(name -> name.contains(".tmp"))
                            .collect(Collectors.joining("\n")));
        }
    }
}
