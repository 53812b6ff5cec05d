package dev.modelfile.convert;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.Conversion;
import dev.modelfile.DType;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.Progress;
import dev.modelfile.ScalarType;
import dev.modelfile.WriteOptions;
import dev.modelfile.contract.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A conversion in a virtual machine of its own, which others stop.
public final class ConversionProcess {
    private static final String HALFWAY = "halfway";

    private ConversionProcess() {}

    /// Converts: source, target, format, type, and `pause` to stop halfway for long, or `go`.
    public static void main(String[] args) {
        DType type = ScalarType.valueOf(args[3]);
        Progress halfway = (tensor, done, total) -> {
            if (args[4].equals("pause") && done * 2 >= total) {
                System.out.println(HALFWAY);
                pause();
            }
        };
        try {
            Conversion.from(Path.of(args[0]))
                    .type(tensor -> type)
                    .writing(WriteOptions.defaults().withOverwrite(true).withSync(false))
                    .onProgress(halfway)
                    .write(Path.of(args[1]), format(args[2]));
        } catch (IOException failed) {
            System.out.println(failed);
            System.exit(3);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(600_000);
        } catch (InterruptedException goOn) {
            Thread.currentThread().interrupt();
        }
    }

    static ModelFormat format(String name) {
        return ModelFormats.installed().all().stream()
                .filter(format -> format.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    static Process pausing(Path log, Path source, Path target, ModelFormat format) throws IOException {
        return ChildJvm.start(
                log,
                List.of("-Xmx64m"),
                ConversionProcess.class,
                source.toString(),
                target.toString(),
                format.name(),
                "F16",
                "pause");
    }

    static void awaitHalfway(Process child, Path log) throws IOException, InterruptedException {
        for (int i = 0; i < 6000 && child.isAlive() && !Files.readString(log).contains(HALFWAY); i++) {
            Thread.sleep(10);
        }
        assertTrue(child.isAlive() && Files.readString(log).contains(HALFWAY), Files.readString(log));
    }
}
