package dev.modelfile.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.Shape;
import dev.modelfile.cli.Main;
import dev.modelfile.contract.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Which classes a listing loads: what makes the start of the program slow.
final class ClassesTest {
    /// Ours, with those that the compiler makes of lambdas.
    private static final int OURS = 260;

    private static final int ALL = 2500;

    @TempDir
    private Path folder;

    @TestFactory
    Stream<DynamicTest> listingLoadsLittle() {
        return Stream.of("ls safetensors", "ls pt", "ls gguf", "ls onnx", "info onnx")
                .map(run -> dynamicTest(
                        run, () -> check(run.substring(0, run.indexOf(' ')), run.substring(run.indexOf(' ') + 1))));
    }

    private void check(String verb, String format) throws Exception {
        Path file = folder.resolve("model." + format);
        if (!Files.exists(file)) {
            Models.write(folder, format, 10, Shape.of(4, 4));
        }
        Path log = folder.resolve("classes.log");
        ChildJvm.Result result = ChildJvm.run(
                Duration.ofSeconds(60),
                List.of("-Xlog:class+load:file=" + log + ":tags"),
                Main.class,
                verb,
                file.toString());
        assertEquals(0, result.exit(), result::output);
        List<String> classes = Files.readAllLines(log);
        assertTrue(classes.stream().anyMatch(line -> line.contains(" dev.modelfile.cli.Main ")));
        for (String heavy : List.of("com.google.protobuf", "tools.jackson", "jdk.incubator.vector")) {
            assertEquals(
                    List.of(),
                    classes.stream()
                            .filter(line -> line.contains(" " + heavy))
                            .limit(3)
                            .toList());
        }
        long ours = classes.stream()
                .filter(line -> line.contains(" dev.modelfile."))
                .count();
        Cost.assertWithin(OURS, ours, verb + " of " + format + ", in classes of ours,");
        Cost.assertWithin(ALL, classes.size(), verb + " of " + format + ", in classes,");
    }
}
