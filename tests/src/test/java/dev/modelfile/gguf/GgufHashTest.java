package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.gguf.GgufHash.Algorithm;
import dev.modelfile.gguf.GgufHash.Line;
import dev.modelfile.gguf.hash.XxHash64;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Digests against published values, and manifests against themselves.
class GgufHashTest {
    @TempDir
    Path folder;

    /// Values of the xxHash library (Python package xxhash 4.0.1).
    @ParameterizedTest
    @CsvSource({
        "'', ef46db3751d8e999",
        "a, d24ec4f1a98c6e5b",
        "abc, 44bc2cf5ad770999",
        "Nobody inspects the spammish repetition, fbcea83c8a378bf1"
    })
    void xxh64(String text, String expected) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        for (int cut = 0; cut <= bytes.length; cut++) {
            XxHash64 hash = new XxHash64();
            hash.update(MemorySegment.ofArray(bytes).asSlice(0, cut));
            hash.update(MemorySegment.ofArray(bytes).asSlice(cut));
            assertEquals(expected, Long.toHexString(hash.value()));
        }
    }

    private Path model(float last) throws IOException {
        Path path = folder.resolve("m" + last + ".gguf");
        Gguf.writer()
                .add(TensorSource.of("a.weight", Shape.of(2), 1, 2))
                .add(TensorSource.of("blk.0.attention.bias", Shape.of(1), last + 1))
                .add(TensorSource.of("b.weight", Shape.of(1), last))
                .write(path);
        return path;
    }

    @Test
    void manifestsAreReadBackAndCompared() throws IOException {
        try (GgufFile a = Gguf.open(model(3));
                GgufFile b = Gguf.open(model(4))) {
            List<Line> lines = GgufHash.manifest(a, "m.gguf", EnumSet.allOf(Algorithm.class), true);
            assertEquals(3 * 3 + 4, lines.size());
            String text = lines.stream().map(Line::toString).collect(Collectors.joining("\n"));
            assertTrue(text.startsWith("xxh64     "), text);
            assertEquals(lines, GgufHash.parse(text));
            GgufHash.Comparison same = GgufHash.check(a, "m.gguf", lines);
            assertEquals(Algorithm.SHA256, same.algorithm());
            assertTrue(same.matches());
            GgufHash.Comparison other = GgufHash.check(b, "m.gguf", lines);
            assertFalse(other.matches());
            assertEquals(
                    List.of("m.gguf:blk.0.attention.bias", "m.gguf:b.weight", "m.gguf"),
                    other.differing().stream().map(Line::name).toList());
        }
    }
}
