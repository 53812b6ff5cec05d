package dev.modelfile.onnx.check;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.TensorEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Supplier;

/// All checks that a reader does not need.
public final class Checks {
    private Checks() {}

    /// Looks at the structure and the contents of a model that can be read.
    ///
    /// @param walkers makes walkers, each with the full limits
    /// @throws ModelFormatException if a limit is exceeded
    /// @throws IOException if elements cannot be read
    public static void run(Supplier<Walker> walkers, List<TensorEntry> entries, Problems problems) throws IOException {
        walkers.get().walk(new FieldCheck(problems));
        Walker model = walkers.get();
        model.walk(new ModelCheck(model, problems));
        Walker declarations = walkers.get();
        declarations.walk(new DeclarationCheck(declarations, problems));
        Walker graph = walkers.get();
        graph.walk(new GraphCheck(graph, problems));
        Walker content = walkers.get();
        content.walk(new ContentScan(content, problems));
        Elements elements = new Elements();
        new TensorCheck(walkers.get(), elements, problems).check(entries);
        Walker sparse = walkers.get();
        try {
            sparse.walk(new SparseCheck(sparse, elements, problems, entries));
        } catch (UncheckedIOException inWalk) {
            throw inWalk.getCause();
        }
    }
}
