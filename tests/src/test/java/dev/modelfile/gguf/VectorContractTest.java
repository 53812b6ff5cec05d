package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.gguf.simd.Vectors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Vector kernels and scalar codecs are equal bit for bit, at every width of vectors; and all works without vectors.
final class VectorContractTest {

    @Test
    void vectorsAreUsedHere() throws ReflectiveOperationException {
        assertTrue(Vectors.available(), "run tests with --add-modules jdk.incubator.vector");
        var scalar = VectorContract.scalar(GgmlType.Q4_K);
        assertTrue(Vectors.codec(scalar) != scalar);
    }

    @ParameterizedTest
    @EnumSource(GgmlType.class)
    void decodesAsScalar(GgmlType type) throws ReflectiveOperationException {
        assertTrue(VectorContract.decodes(type) > 0);
    }

    @ParameterizedTest
    @EnumSource(GgmlType.class)
    void encodesAsScalar(GgmlType type) throws ReflectiveOperationException {
        assertTrue(VectorContract.encodes(type) > 0);
    }

    /// Narrow vectors run on any machine; wide ones too, slowly, where the machine has none.
    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void holdsAtEveryWidth(int bits) throws IOException, InterruptedException {
        assertOutput("true", run("--add-modules", "jdk.incubator.vector", "-Dmodelfile.vector=" + bits));
    }

    @Test
    void worksWithoutTheModule() throws IOException, InterruptedException {
        assertOutput("false", run());
    }

    @Test
    void worksWhenSwitchedOff() throws IOException, InterruptedException {
        assertOutput("false", run("--add-modules", "jdk.incubator.vector", "-Dmodelfile.vector=off"));
    }

    /// Where vectors would be objects, scalar code is the faster one.
    @Test
    void staysScalarWithoutTheOptimisingCompiler() throws IOException, InterruptedException {
        assertOutput("false", run("--add-modules", "jdk.incubator.vector", "-XX:TieredStopAtLevel=1"));
    }

    private static void assertOutput(String available, String output) {
        String[] words = output.strip().split(" ");
        assertEquals(available, words[0], output);
        assertTrue(Long.parseLong(words[1]) > 1_000_000, output);
        assertEquals(Long.toString(VectorContract.checksum()), words[2]);
    }

    private static String run(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        Stream.of(options).forEach(command::add);
        command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
        command.add(VectorContract.class.getName());
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }
}
