package dev.modelfile.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The reader accepts what the reference accepts and sees the same in it, refuses the rest for the same reason, and in
/// strict mode follows the written specification.
final class ConformanceTest {
    private static final ReadOptions STRICT = ReadOptions.defaults().withStrict(true);

    private static Path write(Path folder, Conformance test) throws IOException {
        return Files.write(folder.resolve(test.id() + ".safetensors"), test.bytes());
    }

    @Test
    void casesAreAllThere() {
        List<Conformance> cases = Conformance.all();
        assertEquals(311, cases.size());
        assertEquals(102, cases.stream().filter(Conformance::accepted).count());
        assertTrue(cases.stream().filter(c -> c.accepted() && c.deviates()).count() >= 20);
    }

    @TestFactory
    Stream<DynamicTest> asTheReference(@TempDir Path folder) {
        return Conformance.all().stream()
                .map(test -> dynamicTest(test.id(), () -> {
                    Path file = write(folder, test);
                    if (test.accepted()) {
                        accepts(file, test.json());
                    } else {
                        refuses(file, test);
                    }
                }));
    }

    private static void accepts(Path file, JsonNode expected) throws IOException {
        try (SafetensorsFile model = Safetensors.open(file)) {
            long data = model.shards().get(0).dataOffset();
            List<String> found = new ArrayList<>();
            for (Tensor tensor : model.tensors()) {
                List<Long> shape =
                        Arrays.stream(tensor.shape().toArray()).boxed().toList();
                long begin = tensor.offset().orElseThrow() - data;
                found.add(List.of(tensor.name(), tensor.dtype().name(), shape, begin, tensor.byteSize())
                        .toString());
            }
            List<String> wanted = new ArrayList<>();
            for (JsonNode tensor : expected.get("tensors")) {
                wanted.add(List.of(
                                tensor.get("name").asString(),
                                tensor.get("dtype").asString(),
                                Fixtures.longs(tensor.get("shape")),
                                tensor.get("begin").asLong(),
                                tensor.get("bytes").asLong())
                        .toString());
            }
            assertEquals(wanted, found);
            Map<String, String> metadata = new TreeMap<>();
            model.metadata().entries().forEach((key, value) -> metadata.put(key, value.toString()));
            assertEquals(Objects.requireNonNullElse(Fixtures.strings(expected.get("metadata")), Map.of()), metadata);
        }
    }

    private static void refuses(Path file, Conformance test) throws IOException {
        ModelFormatException error = assertThrows(
                ModelFormatException.class, () -> Safetensors.open(file).close());
        assertEquals(test.rule(), error.rule());
        assertEquals(file.toString(), error.source());
        if (!test.tensorsNamed().isEmpty()) {
            assertTrue(
                    test.tensorsNamed().stream().anyMatch(name -> error.where().endsWith("tensor \"" + name + "\"")),
                    error::toString);
        }
        List<Finding> findings = Safetensors.FORMAT.validate(file, ReadOptions.defaults());
        assertEquals(1, findings.size());
        assertEquals(test.rule(), findings.get(0).rule());
        assertEquals(Severity.ERROR, findings.get(0).severity());
    }

    @TestFactory
    Stream<DynamicTest> strictAsTheSpecification(@TempDir Path folder) {
        return Conformance.all().stream()
                .filter(Conformance::accepted)
                .map(test -> dynamicTest(test.id(), () -> {
                    Path file = write(folder, test);
                    List<Finding> findings = Safetensors.FORMAT.validate(file, ReadOptions.defaults());
                    boolean warned = findings.stream()
                            .anyMatch(f -> f.severity() == Severity.WARNING
                                    // About the data; the specification does not speak of it.
                                    && !f.rule().equals("safetensors.bool-value"));
                    assertEquals(test.deviates(), warned, () -> "findings: " + findings);
                    if (!test.deviates()) {
                        Safetensors.open(file, STRICT).close();
                        return;
                    }
                    var error = assertThrows(
                            MalformedModelException.class,
                            () -> Safetensors.open(file, STRICT).close());
                    assertTrue(
                            findings.stream().anyMatch(f -> f.rule().equals(error.rule())),
                            () -> error.rule() + " is none of " + findings);
                    assertTrue(error.offset() >= 0, "a deviation has a place");
                }));
    }

    @TestFactory
    Stream<DynamicTest> strictRefusesTheRest(@TempDir Path folder) {
        return Conformance.all().stream()
                .filter(test -> !test.accepted())
                .map(test -> dynamicTest(test.id(), () -> {
                    Path file = write(folder, test);
                    assertThrows(
                            MalformedModelException.class,
                            () -> Safetensors.open(file, STRICT).close());
                }));
    }

    @Test
    void declaredLengthsAllocateNothing(@TempDir Path folder) throws IOException {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        List<String> huge = List.of("110", "111", "112", "113", "114");
        for (Conformance test : Conformance.all()) {
            if (!huge.contains(test.id())) {
                continue;
            }
            Path file = write(folder, test);
            assertThrows(MalformedModelException.class, () -> Safetensors.open(file));
            long before = threads.getCurrentThreadAllocatedBytes();
            assertThrows(MalformedModelException.class, () -> Safetensors.open(file));
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < 200_000, () -> test.id() + " allocated " + allocated);
        }
        assertFalse(huge.isEmpty());
    }
}
