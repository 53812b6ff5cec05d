package dev.modelfile.cli.verb;

import dev.modelfile.Conversion;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.cli.option.GraphOptions;
import dev.modelfile.cli.option.Selecting;
import dev.modelfile.cli.option.TypeRules;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.terminal.Printable;
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
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// `convert` where the result is a copy of an ONNX model: its graph stays, its weights come from another model or go to
/// another place.
///
/// @param options what is asked for
/// @param selecting which tensors of the other model are taken, under which names, and the metadata of the graph's
///     model
/// @param types new types of the other model's tensors
record GraphConversion(GraphOptions options, Selecting selecting, TypeRules types) {
    private static final int SHOWN = 10;

    /// Converts.
    ///
    /// @param conversion of the other model, or of the one that has the graph
    /// @throws UsageException if what is asked for needs an ONNX model, and there is none
    /// @throws IOException if reading or writing fails
    Conversion.Report run(Conversion conversion, Conversions.Task task) throws IOException {
        Path into = options.into();
        try (ModelFile source = conversion.open();
                ModelFile base = into == null ? source : ModelFile.open(into, task.reading())) {
            if (!(base instanceof OnnxFile graph)) {
                throw new UsageException(base.path() + " is " + base.format().name()
                        + ", which has no graph; give --into with an ONNX model");
            }
            OnnxEdit edit = OnnxEdit.of(graph);
            options.configure(edit, task.writing());
            Metadata changed = selecting.change(graph.metadata());
            if (!changed.equals(graph.metadata())) {
                edit.metadata(changed);
            }
            Books books = new Books();
            if (into == null) {
                keep(graph, edit, books);
            } else {
                // The graph's own metadata stays, so that of the other model has no place.
                put(conversion.metadata(UnaryOperator.identity()).view(source, base.format()), graph, edit, books);
                if (!source.portableMetadata().isEmpty()) {
                    books.dropped.add("the metadata of " + source.path() + ": the graph keeps its own");
                }
            }
            WritePlan files = edit.plan(task.out());
            books.remove(edit.merged().keySet(), into == null ? Conversion.Change::from : Conversion.Change::to);
            List<Path> written = task.dryRun() ? List.of() : files.write(task.out(), task.writing(), task.progress());
            return books.report(written, files, task.out());
        }
    }

    /// All tensors are those of the graph.
    private void keep(OnnxFile graph, OnnxEdit edit, Books books) {
        UnaryOperator<String> renaming = selecting.renaming();
        edit.rename(renaming);
        Set<String> initializers = new HashSet<>();
        graph.initializers().forEach(tensor -> initializers.add(tensor.name()));
        for (Tensor tensor : graph.tensors()) {
            if (!selecting.isWanted(tensor) || !types.apply(tensor).equals(tensor.dtype())) {
                throw new UsageException("the graph needs \"" + tensor.name() + "\" as it is; --include, --exclude and"
                        + " --type are for the tensors that --into puts into another graph");
            }
            boolean named = initializers.contains(tensor.name());
            books.add(tensor, named ? tensor.named(renaming.apply(tensor.name())) : tensor);
        }
    }

    /// Tensors of another model take the place of the graph's.
    private void put(Conversion.View view, OnnxFile graph, OnnxEdit edit, Books books) {
        refuseUnknown(view.tensors(), graph);
        for (int i = 0; i < view.tensors().size(); i++) {
            Tensor stored = view.originals().get(i);
            TensorSource put = view.tensors().get(i).as(types.apply(stored));
            refuseOther(put, graph);
            edit.replace(put);
            books.add(stored, put);
        }
        books.skipped.addAll(view.skipped());
    }

    private static void refuseUnknown(List<Tensor> tensors, OnnxFile graph) {
        List<String> unknown = tensors.stream()
                .map(Tensor::name)
                .filter(name -> graph.tensors().find(name).isEmpty())
                .map(name -> "\"" + Printable.of(name) + "\"")
                .toList();
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException((unknown.size() == 1
                            ? "the graph has no tensor "
                            : "the graph lacks " + unknown.size() + " tensors: ")
                    + unknown.stream().limit(SHOWN).collect(Collectors.joining(", "))
                    + (unknown.size() > SHOWN ? ", …" : "")
                    + "; --rename gives tensors the names that they have there, --include and --exclude choose them");
        }
    }

    private static void refuseOther(TensorSource put, OnnxFile graph) {
        Tensor there = graph.tensor(put.name());
        if (!there.dtype().equals(put.dtype())) {
            throw new IllegalArgumentException("the graph needs \"" + put.name() + "\" as "
                    + there.dtype().name() + ", not as " + put.dtype().name() + "; convert with --type '"
                    + put.dtype().name() + "=" + there.dtype().name() + "'");
        }
    }

    /// What became of the tensors.
    private static final class Books {
        private final List<Conversion.Change> changes = new ArrayList<>();
        private final List<String> skipped = new ArrayList<>();
        private final List<String> dropped = new ArrayList<>();

        void add(Tensor from, TensorSource to) {
            changes.add(new Conversion.Change(
                    from.name(), to.name(), from.dtype(), to.dtype(), from.shape(), to.byteSize()));
        }

        /// Other tensors stand for these, which the plan's notes say.
        void remove(Set<String> merged, Function<Conversion.Change, String> nameInGraph) {
            changes.removeIf(change -> merged.contains(nameInGraph.apply(change)));
        }

        Conversion.Report report(List<Path> written, WritePlan plan, Path out) {
            List<Conversion.Output> outputs = Conversion.Output.of(plan, out);
            return new Conversion.Report(written, outputs, changes, skipped, dropped, plan.notes(), plan.totalBytes());
        }
    }
}
