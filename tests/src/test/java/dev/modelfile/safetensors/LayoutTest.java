package dev.modelfile.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSink;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where the data begins, and what the writer refuses.
final class LayoutTest {
    private static TensorSource small(String name) {
        return TensorSource.of(name, Shape.of(2), 1f, 2f);
    }

    @Test
    void dataBeginsWhereAsked(@TempDir Path folder) throws IOException {
        for (int alignment : new int[] {0, 1, 8, 64, 512, 4096, 65_536}) {
            for (int room : new int[] {0, 1, 7, 100, 5000}) {
                for (int names = 0; names < 20; names += 3) {
                    Path file = folder.resolve("m.safetensors");
                    Safetensors.writer()
                            .add(small("n".repeat(names)))
                            .options(WriteOptions.defaults()
                                    .withOverwrite(true)
                                    .withSync(false)
                                    .withAlignment(alignment)
                                    .withHeaderRoom(room))
                            .write(file);
                    try (SafetensorsFile model =
                            Safetensors.open(file, ReadOptions.defaults().withStrict(true))) {
                        long data = model.shards().get(0).dataOffset();
                        assertEquals(0, data % Math.max(8, alignment));
                        int json = ("{\"" + "n".repeat(names)
                                        + "\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}")
                                .length();
                        long spare = data - 8 - json;
                        assertTrue(spare >= room && spare < room + Math.max(8, alignment), () -> spare + " spare");
                        assertEquals(data, model.tensors().get(0).offset().orElseThrow());
                    }
                }
            }
        }
    }

    private static void refuses(Path folder, ModelWriter writer, String... words) throws IOException {
        var error =
                assertThrows(IllegalArgumentException.class, () -> writer.write(folder.resolve("refused.safetensors")));
        for (String word : words) {
            assertTrue(String.valueOf(error.getMessage()).contains(word), error::getMessage);
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @Test
    void whatCannotBeSaidIsRefused(@TempDir Path folder) throws IOException {
        refuses(folder, Safetensors.writer().add(small("__metadata__")), "__metadata__", "rename");
        refuses(folder, Safetensors.writer().add(small("x")).add(small("x")), "\"x\"");
        refuses(folder, Safetensors.writer().metadata("n", Value.of(3)), "\"n\"", "string");
        refuses(folder, Safetensors.writer().metadata("n", Value.strings(List.of("a"))), "\"n\"");
        refuses(folder, Safetensors.writer().metadata("n", Value.text(new byte[] {(byte) 0xFF})), "UTF-8");
        refuses(folder, Safetensors.writer().add(small("\ud800")), "surrogate");
        refuses(
                folder,
                Safetensors.writer()
                        .add(TensorSource.of("odd", ScalarType.F4, Shape.of(3), MemorySegment.ofArray(new byte[2]))),
                "odd",
                "bytes");
        refuses(
                folder,
                Safetensors.writer()
                        .add(TensorSource.of("q", ScalarType.I4, Shape.of(4), MemorySegment.ofArray(new byte[2]))),
                "I4",
                "convert");
        refuses(folder, Safetensors.writer().metadata("big", "a".repeat(100_000_000)), "100000000");
    }

    /// A source of our own making may announce anything; what is written must still be readable.
    @Test
    void sizesThatDisagreeWithTheShapeAreRefused(@TempDir Path folder) throws IOException {
        TensorSource wrong = new TensorSource() {
            @Override
            public String name() {
                return "wrong";
            }

            @Override
            public DType dtype() {
                return ScalarType.F32;
            }

            @Override
            public Shape shape() {
                return Shape.of(3);
            }

            @Override
            public long byteSize() {
                return 8;
            }

            @Override
            public void writeTo(TensorSink sink) throws IOException {
                sink.write(MemorySegment.ofArray(new byte[8]));
            }
        };
        refuses(folder, Safetensors.writer().add(wrong), "wrong", "8", "12");
    }

    @Test
    void metadataComesBackInAnyOrder(@TempDir Path folder) throws IOException {
        Metadata metadata = Metadata.empty()
                .with("zoë", Value.of("😀\n\"\\/"))
                .with("", Value.of(""))
                .with("\u0000", Value.of("\u001f\u007f"))
                .with("\ud83d\ude00", Value.of("last by code point"))
                .with("\uffff", Value.of("before it"));
        byte[][] bytes = new byte[2][];
        for (int i = 0; i < 2; i++) {
            Path file = folder.resolve(i + ".safetensors");
            ModelWriter writer = Safetensors.writer();
            List<String> keys = new ArrayList<>(metadata.keys());
            for (String key : i == 0 ? keys : keys.reversed()) {
                writer.metadata(key, metadata.get(key));
            }
            writer.write(file);
            bytes[i] = Files.readAllBytes(file);
            try (SafetensorsFile model =
                    Safetensors.open(file, ReadOptions.defaults().withStrict(true))) {
                assertEquals(metadata, model.metadata());
                assertEquals(
                        List.of("", "\u0000", "zoë", "\uffff", "\ud83d\ude00"),
                        List.copyOf(model.metadata().keys()));
            }
        }
        org.junit.jupiter.api.Assertions.assertArrayEquals(bytes[0], bytes[1]);
    }
}
