package dev.modelfile.matrix;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.modelfile.Conversion;
import dev.modelfile.DType;
import dev.modelfile.ModelFile;
import dev.modelfile.OpaqueType;
import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.UnfitTensorsException;
import dev.modelfile.Value;
import dev.modelfile.contract.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Every kind of source into every kind of target, and back: equal tensors and metadata; what the target cannot hold is
/// refused by name, converted when told so, or reported.
final class MatrixTest {
    /// Files of kinds that we do not write ourselves, or that other programs wrote.
    private static final List<String> FOUND = List.of(
            "pickles/types-legacy.pt",
            "pickles/views-legacy.pt",
            "pickles/views.pt",
            "pickles/tar.pt",
            "pickles/module.pt",
            "pickles/module-legacy.pt",
            "pickles/script.pt",
            "pickles/dcp",
            "pickles/lightning.ckpt",
            "pickles/stable-diffusion.ckpt",
            "pickles/sparse.pt",
            "pickles/quantised.pt",
            "pickles/numpy.pt",
            "pickles/signs.pt",
            "pickles/big-endian.pt",
            "pickles/types.pt",
            "gguf/alignment.gguf",
            "gguf/nested.gguf",
            "gguf/pairs.gguf",
            "gguf/pairs-big-endian.gguf",
            "gguf/shards-00001-of-00003.gguf",
            "gguf/tensor-types.gguf",
            "onnx/types-raw.onnx",
            "onnx/types-typed.onnx",
            "onnx/types-external.onnx",
            "onnx/sites.onnx",
            "onnx/net.onnx",
            "safetensors/torch-types.safetensors",
            "safetensors/high-rank.safetensors",
            "safetensors/names.safetensors",
            "checkpoints/sharded");

    /// For files of others. Waived: old versions of GGUF are written by what writes the newest, and are targets of
    /// every made source.
    private static final Set<Kind> TARGETS = EnumSet.complementOf(EnumSet.of(Kind.GGUF_1, Kind.GGUF_2));

    @TempDir
    static Path folder;

    private static final Map<Kind, Path> MADE = new EnumMap<>(Kind.class);

    @TestFactory
    Stream<DynamicTest> everyKindIntoEveryOtherAndBack() {
        return Stream.of(Kind.values())
                .flatMap(from -> Stream.of(Kind.values())
                        .map(to ->
                                dynamicTest(from + " to " + to, () -> new Cell(made(from), to).runAndReturnTo(from))));
    }

    @TestFactory
    Stream<DynamicTest> filesOfOtherProgramsIntoEveryKind() {
        return FOUND.stream()
                .flatMap(from -> TARGETS.stream()
                        .map(to -> dynamicTest(from + " to " + to, () -> new Cell(found(from), to).run())));
    }

    /// Maven leaves out hidden files when it copies resources, and such a folder has one.
    private static Path found(String name) {
        return name.endsWith("dcp") ? Path.of("src/test/resources/fixtures", name) : Fixtures.path(name);
    }

    /// Every type that any format can hold is in the made sources, so that the cells above cover the whole product.
    @Test
    void everyTypeIsInASource() throws IOException {
        Set<DType> seen = new HashSet<>();
        for (Kind kind : Kind.values()) {
            try (ModelFile model = ModelFile.open(made(kind))) {
                Set<DType> stored = model.tensors().stream().map(Tensor::dtype).collect(Collectors.toSet());
                seen.addAll(stored);
                assertEquals(
                        Kind.allTypes().stream().filter(kind.format::canStore).collect(Collectors.toSet()), stored);
            }
        }
        assertEquals(Set.copyOf(Kind.allTypes()), seen);
    }

    private static Path made(Kind kind) throws IOException {
        Path known = MADE.get(kind);
        if (known == null) {
            known = kind.make(Files.createDirectory(folder.resolve(kind.name())));
            MADE.put(kind, known);
        }
        return known;
    }

    /// One source into one target.
    private record Cell(Path source, Kind target) {
        void run() throws IOException {
            Path out = Files.createTempDirectory(folder, "cell");
            refusesWhatDoesNotFit(out);
            write(out);
            convertsWhatDoesNotFit(out);
        }

        void runAndReturnTo(Kind origin) throws IOException {
            Path out = Files.createTempDirectory(folder, "cell");
            refusesWhatDoesNotFit(out);
            Path written = write(out);
            convertsWhatDoesNotFit(out);
            Path back = Conversion.from(written)
                    .writing(origin.options)
                    .write(origin.in(out, "back"), origin.format)
                    .written()
                    .get(0);
            try (ModelFile before = ModelFile.open(source);
                    ModelFile after = ModelFile.open(back)) {
                Map<String, String> expected = new TreeMap<>(digests(before));
                expected.keySet()
                        .removeIf(name ->
                                !target.format.canStore(before.tensor(name).dtype()));
                assertEquals(expected, digests(after));
                assertEquals(
                        new TreeMap<>(before.portableMetadata().entries()).toString(),
                        new TreeMap<>(after.portableMetadata().entries()).toString());
                assertEquals(before.portableMetadata(), after.portableMetadata());
            }
        }

        private void refusesWhatDoesNotFit(Path out) throws IOException {
            Set<String> unfit = new HashSet<>();
            try (ModelFile model = ModelFile.open(source)) {
                for (Tensor tensor : model.tensors()) {
                    if (!fits(tensor)) {
                        unfit.add(tensor.name());
                    }
                }
            }
            if (!unfit.isEmpty()) {
                UnfitTensorsException refused = assertThrows(
                        UnfitTensorsException.class,
                        () -> Conversion.from(source).plan(target.in(out, "whole"), target.format));
                assertEquals(
                        unfit,
                        refused.tensors().stream()
                                .map(UnfitTensorsException.Unfit::name)
                                .collect(Collectors.toSet()));
            }
        }

        private boolean fits(Tensor tensor) {
            return target.format.canStore(tensor.dtype(), tensor.shape())
                    && target.format.canName(tensor.name())
                    && tensor.shape().rank() <= target.format.maxRank()
                    && tensor.name().getBytes(StandardCharsets.UTF_8).length <= target.format.maxNameBytes();
        }

        /// Whatever has a type that fits; dimensions and names are fitted.
        private Path write(Path out) throws IOException {
            Conversion.Report report = Conversion.from(source)
                    .select(tensor -> target.format.canStore(tensor.dtype(), tensor.shape()))
                    .fit(true)
                    .writing(target.options)
                    .write(target.in(out, "there"), target.format);
            Path written = report.written().get(0);
            try (ModelFile from = ModelFile.open(source);
                    ModelFile to = ModelFile.open(written)) {
                for (Conversion.Change change : report.tensors()) {
                    Tensor before = from.tensor(change.from());
                    Tensor after = to.tensor(change.to());
                    assertEquals(before.dtype(), after.dtype(), change.from());
                    assertEquals(before.sha256(), after.sha256(), change.from());
                    if (fits(before)) {
                        assertEquals(before.shape(), after.shape(), change.from());
                        assertEquals(change.from(), change.to());
                    }
                }
                assertEquals(report.tensors().size(), to.tensors().size());
                nothingIsLostSilently(from, to, report);
            }
            return written;
        }

        private void nothingIsLostSilently(ModelFile from, ModelFile to, Conversion.Report report) {
            for (Map.Entry<String, Value> entry :
                    from.portableMetadata().entries().entrySet()) {
                boolean kept = to.metadata().find(entry.getKey()).isPresent();
                boolean told = report.dropped().stream().anyMatch(line -> line.contains("\"" + entry.getKey() + "\""));
                assertTrue(kept || told, () -> entry.getKey() + " is lost");
            }
        }

        /// Types that the target has not, as F32.
        private void convertsWhatDoesNotFit(Path out) throws IOException {
            List<String> rest = new ArrayList<>();
            List<String> never = new ArrayList<>();
            try (ModelFile model = ModelFile.open(source)) {
                for (Tensor tensor : model.tensors()) {
                    if (!target.format.canStore(tensor.dtype(), tensor.shape())) {
                        (hasNumbers(tensor.dtype()) ? rest : never).add(tensor.name());
                    }
                }
            }
            for (String name : never) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> Conversion.from(source)
                                .select(tensor -> tensor.name().equals(name))
                                .type(tensor -> ScalarType.F32)
                                .plan(target.in(out, "never"), target.format));
            }
            if (rest.isEmpty()) {
                return;
            }
            Set<String> names = Set.copyOf(rest);
            Conversion.Report report = Conversion.from(source)
                    .select(tensor -> names.contains(tensor.name()))
                    .type(tensor -> ScalarType.F32)
                    .fit(true)
                    .writing(target.options)
                    .write(target.in(out, "rest"), target.format);
            try (ModelFile from = ModelFile.open(source);
                    ModelFile to = ModelFile.open(report.written().get(0))) {
                assertEquals(rest.size(), to.tensors().size());
                for (Conversion.Change change : report.tensors()) {
                    Tensor after = to.tensor(change.to());
                    assertEquals(ScalarType.F32, after.dtype());
                    assertArrayEquals(
                            from.tensor(change.from()).toFloatArray(), after.toFloatArray(), change::toString);
                }
            }
        }

        /// Waived: complex numbers have no real type, and bytes of unknown meaning no numbers.
        private static boolean hasNumbers(DType type) {
            return !(type instanceof OpaqueType)
                    && !(type instanceof ScalarType scalar && scalar.kind() == ScalarType.Kind.COMPLEX);
        }

        private static Map<String, String> digests(ModelFile model) throws IOException {
            Map<String, String> digests = new TreeMap<>();
            for (Tensor tensor : model.tensors()) {
                digests.put(tensor.name(), tensor.dtype() + " " + tensor.shape() + " " + tensor.sha256());
            }
            return digests;
        }
    }
}
