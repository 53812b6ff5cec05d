package dev.modelfile.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.ModelWriter;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// The main class of the virtual machine that is killed: writes one file over and over.
public final class CrashingWriter {
    private static final int TENSORS = 8;
    private static final int BYTES = 1 << 20;
    private static final String STARTED = "writing";

    private CrashingWriter() {}

    /// Writes until killed.
    ///
    /// @param args the class of the format, the file
    public static void main(String[] args) throws IOException {
        ModelFormat format = ModelFormats.installed().all().stream()
                .filter(f -> f.getClass().getName().equals(args[0]))
                .findFirst()
                .orElseThrow();
        for (int round = 0; ; round++) {
            ModelWriter writer =
                    ModelWriter.of(format).options(WriteOptions.defaults().withOverwrite(true));
            for (int i = 0; i < TENSORS; i++) {
                byte[] bytes = new byte[BYTES];
                Arrays.fill(bytes, (byte) i);
                writer.add(TensorSource.deferred("new." + i, ScalarType.I8, Shape.of(BYTES), sink -> {
                    for (int at = 0; at < BYTES; at += 1 << 16) {
                        sink.write(MemorySegment.ofArray(bytes).asSlice(at, 1 << 16));
                    }
                }));
            }
            if (round == 0) {
                System.out.println(STARTED);
            }
            writer.write(Path.of(args[1]));
        }
    }

    static void awaitStart(Process child, Path log) throws IOException, InterruptedException {
        for (int i = 0; i < 3000 && child.isAlive() && !Files.readString(log).contains(STARTED); i++) {
            Thread.sleep(10);
        }
        assertTrue(child.isAlive(), Files.readString(log));
    }

    /// Whether a file that replaced the old one is whole.
    static void check(ModelFile model) {
        assertEquals(TENSORS, model.tensors().size());
        for (int i = 0; i < TENSORS; i++) {
            Tensor tensor = model.tensor("new." + i);
            byte[] expected = new byte[BYTES];
            Arrays.fill(expected, (byte) i);
            assertTrue(Arrays.equals(expected, tensor.segment().toArray(ValueLayout.JAVA_BYTE)), tensor::name);
        }
    }
}
