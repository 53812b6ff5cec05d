package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFile;
import dev.modelfile.Progress;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The facts shown first, and what a large vocabulary costs until it is asked for.
class GgufSummaryTest {
    @TempDir
    Path folder;

    @Test
    void saysWhatMattersMost() throws IOException {
        Path original = folder.resolve("tiny.gguf");
        Path quantised = folder.resolve("q.gguf");
        TinyLlama.write(original);
        try (GgufFile model = Gguf.open(original)) {
            Quantization.of(model, FileType.Q4_K_M).write(quantised, WriteOptions.defaults(), Progress.NONE);
        }
        try (ModelFile model = ModelFile.open(quantised)) {
            Map<String, Value> facts = model.summary();
            assertEquals("llama", String.valueOf(facts.get("architecture")));
            assertEquals("1.3M", String.valueOf(facts.get("size label")));
            assertEquals("Q4_K_M", String.valueOf(facts.get("file type")));
            assertEquals(Value.u32(128), facts.get("context length"));
            assertEquals(Value.of(285L), facts.get("vocabulary"));
            assertEquals("Q4_K 13, F32 5, Q6_K 3", String.valueOf(facts.get("tensor types")));
            assertTrue(((Value.Real) facts.getOrDefault("bits per weight", Value.of(0.0))).value() > 4.5);
        }
    }

    @Test
    void largeVocabulariesCostNothingUntilAskedFor() throws IOException {
        Path path = folder.resolve("large.gguf");
        LargeVocabulary.write(path);
        long before = allocated();
        try (GgufFile model = Gguf.open(path)) {
            long spent = allocated() - before;
            assertTrue(spent < 2_000_000, spent + " bytes allocated to open the file");
            Value.Array tokens = (Value.Array) model.metadata().get("tokenizer.ggml.tokens");
            Value.Array merges = (Value.Array) model.metadata().get("tokenizer.ggml.merges");
            assertEquals(LargeVocabulary.TOKENS, tokens.size());
            assertEquals(LargeVocabulary.MERGES, merges.size());
            assertEquals(
                    "\u2581" + Integer.toString(255_999 * 7919, 36),
                    tokens.get(255_999).toString());
            assertEquals(
                    tokens.get(1234) + " " + tokens.get(1235), merges.get(1234).toString());
        }
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
