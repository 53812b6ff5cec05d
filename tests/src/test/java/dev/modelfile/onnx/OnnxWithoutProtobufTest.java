package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.modelfile.ModelFile;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Only the graph view needs protobuf-java.
final class OnnxWithoutProtobufTest {
    /// Runs where protobuf-java is not on the class path.
    public static final class Program {
        private Program() {}

        /// Opens, reads, checks and describes a model.
        ///
        /// @return how many tensors it has
        public static int run(String path) throws Exception {
            Path file = Path.of(path);
            Onnx.FORMAT.validate(file, ReadOptions.defaults());
            try (ModelFile model = ModelFile.open(file)) {
                for (Tensor tensor : model.tensors()) {
                    tensor.sha256();
                }
                OnnxFile onnx = (OnnxFile) model;
                onnx.summary();
                OnnxEdit.of(onnx).deduplicate().plan(file.resolveSibling("copy.onnx"));
                assertThrows(NoClassDefFoundError.class, () -> System.out.println(onnx.graph()));
                return model.tensors().size();
            }
        }
    }

    @Test
    void everythingButTheGraphViewWorks() throws Exception {
        String real = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        URL[] urls = Arrays.stream(real.split(File.pathSeparator))
                // The command's jar brings its own copy along.
                .filter(entry -> !entry.contains("protobuf-java") && !entry.contains("modelfile-cli"))
                .map(OnnxWithoutProtobufTest::url)
                .toArray(URL[]::new);
        try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            assertThrows(ClassNotFoundException.class, () -> loader.loadClass("com.google.protobuf.Message"));
            Object tensors = loader.loadClass(Program.class.getName())
                    .getMethod("run", String.class)
                    .invoke(null, OnnxFixtures.path("sites.onnx").toString());
            assertEquals(OnnxFixtures.oracle("sites.onnx").get("tensors").size(), tensors, List.of(urls)::toString);
        }
    }

    private static URL url(String entry) {
        try {
            return new File(entry).toURI().toURL();
        } catch (MalformedURLException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
