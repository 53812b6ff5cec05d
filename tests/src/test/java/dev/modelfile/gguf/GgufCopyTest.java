package dev.modelfile.gguf;

import static dev.modelfile.gguf.Crafted.file;
import static dev.modelfile.gguf.Crafted.i32;
import static dev.modelfile.gguf.Crafted.i64;
import static dev.modelfile.gguf.Crafted.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.modelfile.Conversion;
import dev.modelfile.ModelEdit;
import dev.modelfile.Progress;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What copies, edits, splitting, joining and quantising keep of a file: its version, byte order and padding.
class GgufCopyTest {
    @TempDir
    Path folder;

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.gguf"), bytes);
    }

    private Path copy(Path source, WriteOptions options) throws IOException {
        Path target = folder.resolve("copy.gguf");
        Conversion.from(source).writing(options.withOverwrite(true)).write(target, Gguf.FORMAT);
        return target;
    }

    private void assertCopied(byte[] bytes) throws IOException {
        Path source = write(bytes);
        assertEquals(-1, Files.mismatch(source, copy(source, WriteOptions.defaults())));
    }

    private static byte[] v1() {
        byte[] header = Crafted.join(
                "GGUF".getBytes(StandardCharsets.US_ASCII),
                i32(1),
                i32(1),
                i32(2),
                i32(1),
                "k".getBytes(StandardCharsets.US_ASCII),
                i32(4),
                i32(7),
                i32(1),
                "a".getBytes(StandardCharsets.US_ASCII),
                i32(9),
                i32(8),
                i32(1),
                i32(1),
                "x".getBytes(StandardCharsets.US_ASCII),
                i32(1),
                "t".getBytes(StandardCharsets.US_ASCII),
                i32(1),
                i32(8),
                i32(0),
                i64(0));
        return Crafted.join(header, new byte[(32 - header.length % 32) % 32], new byte[32]);
    }

    @Test
    void versionsAreKept() throws IOException {
        assertCopied(file().version(2)
                .pair("k", 4, i32(1))
                .tensor("t", 0, 0, 8)
                .data(32)
                .bytes());
        assertCopied(v1());
    }

    @Test
    void anotherVersionIsMadeWhenAskedFor() throws IOException {
        Path source = write(v1());
        try (GgufFile upgraded = Gguf.open(copy(source, WriteOptions.defaults().withVersion(3)));
                GgufFile model = Gguf.open(source)) {
            assertEquals(3, upgraded.version());
            assertEquals(model.metadata(), upgraded.metadata());
            assertEquals(model.tensor("t").sha256(), upgraded.tensor("t").sha256());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> copy(source, WriteOptions.defaults().withVersion(4)));
        WriteOptions impossible = WriteOptions.defaults().withVersion(2).withByteOrder(ByteOrder.BIG_ENDIAN);
        assertThrows(IllegalArgumentException.class, () -> copy(source, impossible));
        WriteOptions big = WriteOptions.defaults().withByteOrder(ByteOrder.BIG_ENDIAN);
        try (GgufFile swapped = Gguf.open(copy(source, big))) {
            assertEquals(3, swapped.version());
        }
        Path bigSource = Files.move(folder.resolve("copy.gguf"), folder.resolve("swapped.gguf"));
        assertThrows(
                IllegalArgumentException.class,
                () -> copy(bigSource, WriteOptions.defaults().withVersion(2)));
    }

    /// llama.cpp's tools pad a header that no tensor follows, gguf-py's converters do not.
    @Test
    void paddingOfAHeaderAloneIsKept() throws IOException {
        byte[] plain = file().pair("k", 8, text("vocabulary")).bytes();
        assertCopied(plain);
        byte[] padded = Crafted.join(plain, new byte[32 - plain.length % 32]);
        assertCopied(padded);
        Path source = write(padded);
        ModelEdit.create().set("k", "much longer than it was before").apply(source, WriteOptions.defaults());
        assertEquals(0, Files.size(source) % 32);
    }

    /// A merged file of `llama-gguf-split` and a single shard.
    @Test
    void keysOfOneShardAloneAreKept() throws IOException {
        for (int count : new int[] {0, 1}) {
            assertCopied(file().pair("split.no", 2, new byte[2])
                    .pair("split.tensors.count", 5, i32(0))
                    .pair("split.count", 2, new byte[] {(byte) count, 0})
                    .bytes());
        }
    }

    @Test
    void byteOrderIsKept() throws IOException {
        Path big = folder.resolve("big.gguf");
        WriteOptions options = WriteOptions.defaults();
        Gguf.writer()
                .metadata("general.architecture", "llama")
                .metadata("general.name", "n")
                .add(TensorSource.of("blk.0.attn_q.weight", Shape.of(2, 32), new float[64]))
                .add(TensorSource.of("output_norm.weight", Shape.of(3), 1, 2, 3))
                .options(options.withByteOrder(ByteOrder.BIG_ENDIAN))
                .write(big);
        assertEquals(-1, Files.mismatch(big, copy(big, options)));
        Path parts = folder.resolve("parts.gguf");
        List<Path> shards = Conversion.from(big)
                .writing(options.withMaxShardTensors(1))
                .write(parts, Gguf.FORMAT)
                .written();
        assertEquals(2, shards.size());
        for (Path shard : shards) {
            assertBig(shard);
        }
        assertEquals(-1, Files.mismatch(big, copy(shards.get(0), options)));
        Path quantised = folder.resolve("quantised.gguf");
        try (GgufFile model = Gguf.open(big)) {
            Quantization.of(model, FileType.Q4_0).write(quantised, options, Progress.NONE);
        }
        assertBig(quantised);
        ModelEdit.create()
                .set("general.name", "a name that needs more room ".repeat(9))
                .apply(big, options);
        assertBig(big);
        Path little = copy(big, options.withByteOrder(ByteOrder.LITTLE_ENDIAN));
        try (GgufFile model = Gguf.open(little)) {
            assertEquals(ByteOrder.LITTLE_ENDIAN, model.byteOrder());
        }
    }

    private static void assertBig(Path path) throws IOException {
        try (GgufFile model = ModelReader.readAlone(path, ReadOptions.defaults())) {
            assertEquals(ByteOrder.BIG_ENDIAN, model.byteOrder(), path.toString());
        }
    }
}
