package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.Progress;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.cli.option.GraphOptions;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.onnx.OnnxEdit;
import dev.modelfile.onnx.OnnxFile;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// `convert` where the result is a copy of an ONNX model: its graph stays, its weights come from another model or go to
/// another place.
///
/// @param options what is asked for
/// @param selection which tensors of the other model are taken
/// @param renaming new names: those that the graph knows, or those that it gets
/// @param types new types of the other model's tensors
/// @param metadata changes the metadata of the graph's model
record GraphConversion(
        GraphOptions options,
        Predicate<Tensor> selection,
        UnaryOperator<String> renaming,
        Function<Tensor, DType> types,
        UnaryOperator<Metadata> metadata) {

    /// Converts.
    ///
    /// @param plan whether only to say what would be written
    /// @throws UsageException if what is asked for needs an ONNX model, and there is none
    /// @throws IOException if reading or writing fails
    Conversion.Report run(Path in, Path out, Reading reading, WriteOptions writing, boolean plan, Progress progress)
            throws IOException {
        Path into = options.into();
        try (ModelFile source = reading.open(in);
                ModelFile base = into == null ? source : ModelFile.open(into, reading.options())) {
            if (!(base instanceof OnnxFile graph)) {
                throw new UsageException(base.path() + " is " + base.format().name()
                        + ", which has no graph; give --into with an ONNX model");
            }
            OnnxEdit edit = OnnxEdit.of(graph);
            options.configure(edit, writing);
            Metadata changed = metadata.apply(graph.metadata());
            if (!changed.equals(graph.metadata())) {
                edit.metadata(changed);
            }
            Books books = new Books();
            if (into == null) {
                keep(graph, edit, books);
            } else {
                put(source, edit, books);
            }
            WritePlan files = edit.plan(out);
            return books.report(plan ? List.of() : files.write(out, writing, progress), files, out);
        }
    }

    /// All tensors are those of the graph.
    private void keep(OnnxFile graph, OnnxEdit edit, Books books) {
        edit.rename(renaming);
        Set<String> initializers = new HashSet<>();
        graph.initializers().forEach(tensor -> initializers.add(tensor.name()));
        for (Tensor tensor : graph.tensors()) {
            if (!selection.test(tensor) || !types.apply(tensor).equals(tensor.dtype())) {
                throw new UsageException("the graph needs \"" + tensor.name() + "\" as it is; --include, --exclude and"
                        + " --type are for the tensors that --into puts into another graph");
            }
            boolean named = initializers.contains(tensor.name());
            books.add(tensor, named ? tensor.named(renaming.apply(tensor.name())) : tensor);
        }
    }

    /// Tensors of another model take the place of the graph's.
    private void put(ModelFile source, OnnxEdit edit, Books books) {
        for (Tensor tensor : source.tensors()) {
            if (selection.test(tensor)) {
                TensorSource put = tensor.named(renaming.apply(tensor.name())).as(types.apply(tensor));
                edit.replace(put);
                books.add(tensor, put);
            } else {
                books.skipped.add(tensor.name());
            }
        }
    }

    /// What became of the tensors.
    private static final class Books {
        private final List<Conversion.Change> changes = new ArrayList<>();
        private final List<String> skipped = new ArrayList<>();

        void add(Tensor from, TensorSource to) {
            changes.add(new Conversion.Change(
                    from.name(), to.name(), from.dtype(), to.dtype(), from.shape(), to.byteSize()));
        }

        Conversion.Report report(List<Path> written, WritePlan plan, Path out) {
            List<Conversion.Output> outputs = plan.files().stream()
                    .map(file -> new Conversion.Output(out.resolveSibling(file.name()), file.size()))
                    .toList();
            return new Conversion.Report(
                    written, outputs, changes, skipped, List.of(), plan.notes(), plan.totalBytes());
        }
    }
}
