package dev.modelfile.matrix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.Conversion;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelWriter;
import dev.modelfile.OpaqueType;
import dev.modelfile.Tensor;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.onnx.ExternalLayout;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.onnx.OnnxEdit;
import dev.modelfile.onnx.OnnxFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Tensors of every kind of source go back into a graph, with every type that the source and ONNX both have: the graph
/// gets their bytes and keeps everything else, and from the graph they come back equal.
final class GraphMatrixTest {
    /// One with every type, and two with nodes, inner graphs and functions that use their tensors.
    private static final List<String> GRAPHS = List.of(
            "onnx/types-raw.onnx",
            "onnx/types-typed.onnx",
            "onnx/types-external.onnx",
            "onnx/net.onnx",
            "onnx/sites.onnx");

    @TempDir
    private Path folder;

    private enum Weights {
        INSIDE,
        OUTSIDE
    }

    @TestFactory
    Stream<DynamicTest> everyKindIntoAGraphAndBack() {
        return Stream.of(Kind.values())
                .flatMap(from -> GRAPHS.stream()
                        .flatMap(graph -> Stream.of(Weights.values())
                                .map(weights -> dynamicTest(
                                        from + " into " + graph + ", weights " + weights,
                                        () -> check(from, graph, weights)))));
    }

    private void check(Kind from, String graph, Weights weights) throws IOException {
        Path out = Files.createTempDirectory(folder, "cell");
        Path base = Fixtures.path(graph);
        Path source = make(from, base, out);
        Path written = out.resolve("into.onnx");
        Map<String, String> put;
        try (OnnxFile model = Onnx.open(base);
                ModelFile tensors = ModelFile.open(source)) {
            OnnxEdit edit = OnnxEdit.of(model)
                    .replaceAll(
                            Conversion.from(source).view(tensors, Onnx.FORMAT).tensors());
            if (weights == Weights.OUTSIDE) {
                edit.external(ExternalLayout.defaults().withThreshold(0)).write(written);
            } else {
                edit.inline(tensor -> true).write(written);
            }
            put = digests(tensors);
            compare(model, written, put);
        }
        Path back = Conversion.from(written)
                .select(tensor -> from.format == Onnx.FORMAT || put.containsKey(tensor.name()))
                .fit(true)
                .writing(from.options)
                .write(from.in(out, "back"), from.format)
                .written()
                .get(0);
        try (ModelFile after = ModelFile.open(back)) {
            Map<String, String> found = digests(after);
            found.keySet().retainAll(put.keySet());
            assertEquals(put, found);
        }
    }

    /// A model with tensors like those of the graph that it can hold, and other numbers in them.
    private static Path make(Kind kind, Path base, Path out) throws IOException {
        Random random = new Random(3);
        ModelWriter writer = ModelWriter.of(kind.format).options(kind.options);
        try (ModelFile model = ModelFile.open(base)) {
            for (Tensor tensor : model.tensors()) {
                if (kind.format.canStore(tensor.dtype(), tensor.shape()) && !(tensor.dtype() instanceof OpaqueType)) {
                    writer.add(Kind.random(tensor.name(), tensor.dtype(), tensor.shape(), random));
                }
            }
        }
        return writer.write(kind.in(out, "source")).get(0);
    }

    private static void compare(OnnxFile before, Path written, Map<String, String> put) throws IOException {
        assertTrue(!put.isEmpty());
        try (OnnxFile after = Onnx.open(written)) {
            Map<String, String> expected = digests(before);
            expected.putAll(put);
            assertEquals(expected, digests(after));
            assertNotEquals(digests(before), digests(after));
            assertEquals(before.metadata(), after.metadata());
            assertEquals(
                    before.graph().getGraph().getNodeCount(),
                    after.graph().getGraph().getNodeCount());
        }
    }

    private static Map<String, String> digests(ModelFile model) throws IOException {
        Map<String, String> digests = new HashMap<>();
        for (Tensor tensor : model.tensors()) {
            digests.put(tensor.name(), tensor.dtype() + " " + tensor.shape() + " " + tensor.sha256());
        }
        return digests;
    }
}
