package dev.modelfile.contract;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.modelfile.BlockType;
import dev.modelfile.DType;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.OpaqueType;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.ModelScanner;
import dev.modelfile.scan.ScanReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a reader promises about damaged files: one of our exceptions or a model that can be read, and nothing else. A
/// subclass names the format and small fixtures.
public abstract class CorruptionContract {
    /// The format under test.
    protected abstract ModelFormat format();

    /// Small files to damage.
    protected abstract List<Path> samples();

    /// How many bytes from the start are damaged one by one: the structure of the file.
    protected int structureBytes(byte[] sample) {
        return Math.min(sample.length, 600);
    }

    /// Whether a file that ends too early may still open: formats without a declared end.
    protected boolean toleratesTruncation() {
        return false;
    }

    private int opened;
    private int refused;

    /// Opens, reads everything, validates; fails if anything but our exception comes out.
    private boolean survives(Path file, String damage) {
        boolean readable = false;
        try (ModelFile model = format().open(file, ReadOptions.defaults())) {
            for (Tensor tensor : model.tensors()) {
                tensor.sha256();
                if (hasNumbers(tensor.dtype()) && tensor.shape().elements() > 0) {
                    tensor.readInto(tensor.shape().elements() - 1, new float[1], 0, 1);
                }
            }
            readable = true;
            opened++;
        } catch (ModelFormatException expected) {
            refused++;
            assertTrue(expected.source().contains(String.valueOf(file.getFileName())), expected::toString);
            assertFalse(expected.rule().isEmpty());
            assertTrue(expected.offset() >= ModelFormatException.NO_OFFSET);
            assertTrue(String.valueOf(expected.getMessage()).length() < 2000, "a message of a hostile length");
        } catch (IOException | RuntimeException | Error escaped) {
            fail(damage + " of " + file + " let escape " + escaped, escaped);
        }
        validates(file, damage, readable);
        return readable;
    }

    private static boolean hasNumbers(DType dtype) {
        return switch (dtype) {
            case ScalarType type -> type.kind() != ScalarType.Kind.COMPLEX;
            case BlockType type -> type.canDecode();
            case OpaqueType type -> false;
        };
    }

    private void validates(Path file, String damage, boolean readable) {
        try {
            List<Finding> findings = format().validate(file, ReadOptions.defaults());
            assertTrue(readable || !findings.isEmpty(), () -> damage + ": refused but without findings");
        } catch (IOException | RuntimeException escaped) {
            fail(damage + ": validate let escape " + escaped, escaped);
        }
    }

    private Path copy(Path folder, Path sample) {
        return folder.resolve(String.valueOf(sample.getFileName()));
    }

    @Test
    void cutFiles(@TempDir Path folder) throws IOException {
        for (Path sample : samples()) {
            byte[] good = Files.readAllBytes(sample);
            Path file = copy(folder, sample);
            int step = Math.max(1, good.length / 400);
            for (int length = 0; length < good.length; length += length < 64 ? 1 : step) {
                Files.write(file, Arrays.copyOf(good, length));
                boolean readable = survives(file, "cutting to " + length);
                assertTrue(toleratesTruncation() || !readable, "a cut file opened: " + sample + " at " + length);
            }
        }
        assertTrue(refused > 0);
    }

    @Test
    void flippedBits(@TempDir Path folder) throws IOException {
        Random random = new Random(1);
        for (Path sample : samples()) {
            byte[] good = Files.readAllBytes(sample);
            Path file = copy(folder, sample);
            for (int at = 0; at < structureBytes(good); at++) {
                byte[] bad = good.clone();
                bad[at] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, bad);
                survives(file, "flipping a bit at " + at);
            }
        }
        assertTrue(refused > 0 && opened > 0, refused + " refused, " + opened + " opened");
    }

    @Test
    void extremeBytes(@TempDir Path folder) throws IOException {
        for (Path sample : samples()) {
            byte[] good = Files.readAllBytes(sample);
            Path file = copy(folder, sample);
            for (int at = 0; at + 8 <= structureBytes(good); at += 3) {
                for (long value : new long[] {-1, Long.MAX_VALUE, 0, 0x7FFF_FFFFL}) {
                    byte[] bad = good.clone();
                    for (int i = 0; i < 8; i++) {
                        bad[at + i] = (byte) (value >>> 8 * i);
                    }
                    Files.write(file, bad);
                    survives(file, "writing " + value + " at " + at);
                }
            }
        }
        assertTrue(refused > 0);
    }

    @Test
    void noise(@TempDir Path folder) throws IOException {
        Random random = new Random(2);
        Path file = copy(folder, samples().get(0));
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            Files.write(file, bytes);
            survives(file, "noise " + i);
        }
        assertTrue(refused > 0);
    }

    @Test
    void scannerReportsDamage(@TempDir Path folder) throws IOException {
        for (Path sample : samples()) {
            byte[] good = Files.readAllBytes(sample);
            Path file = copy(folder, sample);
            Files.write(file, Arrays.copyOf(good, good.length / 2));
            ScanReport report = ModelScanner.standard().scan(file);
            assertFalse(report.results().isEmpty(), sample::toString);
            assertTrue(toleratesTruncation() || !report.isClean(), sample::toString);
        }
    }
}
