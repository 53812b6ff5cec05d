package dev.modelfile;

import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// Writes a model anew: in another format, with some of its tensors, under other names, as other types. Streams one
/// tensor at a time whatever the model's size; what is not changed is copied as it is.
///
/// The target may be the source itself. Nothing is lost silently: what the target cannot carry is in
/// [Report#dropped()], and a tensor that it cannot hold is an error before anything is written.
public final class Conversion {
    private final Path source;
    private ModelFormats formats = ModelFormats.installed();
    private ReadOptions readOptions = ReadOptions.defaults();
    private WriteOptions writeOptions = WriteOptions.defaults();
    private Predicate<? super Tensor> selection = tensor -> true;
    private UnaryOperator<String> renaming = UnaryOperator.identity();
    private Function<? super Tensor, ? extends DType> typing = Tensor::dtype;
    private UnaryOperator<Metadata> metadata = UnaryOperator.identity();
    private Progress progress = Progress.NONE;

    private Conversion(Path source) {
        this.source = source;
    }

    /// What one tensor became.
    ///
    /// @param from its name in the source
    /// @param to its name in the target
    /// @param fromType its type in the source
    /// @param toType its type in the target
    /// @param shape its dimensions
    /// @param bytes its size in the target
    public record Change(String from, String to, DType fromType, DType toType, Shape shape, long bytes) {
        /// Whether name or type differ.
        public boolean isChange() {
            return !from.equals(to) || !fromType.equals(toType);
        }
    }

    /// A file of the result.
    ///
    /// @param path where it is
    /// @param bytes its size
    public record Output(Path path, long bytes) {}

    /// What a conversion did, or would do.
    ///
    /// @param written the files, the one to open first; empty for a plan
    /// @param outputs the same files with their sizes in the order of the parts, also for a plan
    /// @param tensors what became of every selected tensor
    /// @param skipped names of tensors that were not selected
    /// @param dropped what the target cannot carry, a line each
    /// @param notes what the target does without being asked for, a line each
    /// @param bytes the size of all files
    public record Report(
            List<Path> written,
            List<Output> outputs,
            List<Change> tensors,
            List<String> skipped,
            List<String> dropped,
            List<String> notes,
            long bytes) {
        /// @throws NullPointerException if a list or an element is null
        public Report {
            written = List.copyOf(written);
            outputs = List.copyOf(outputs);
            tensors = List.copyOf(tensors);
            skipped = List.copyOf(skipped);
            dropped = List.copyOf(dropped);
            notes = List.copyOf(notes);
        }

        /// The tensors whose name or type differ.
        public List<Change> changed() {
            return tensors.stream().filter(Change::isChange).toList();
        }
    }

    /// A conversion of the model at a path.
    public static Conversion from(Path source) {
        return new Conversion(Objects.requireNonNull(source, "source"));
    }

    /// Takes only the tensors that match.
    public Conversion select(Predicate<? super Tensor> matching) {
        selection = matching;
        return this;
    }

    /// Gives every tensor the name that the function makes of its old one.
    public Conversion rename(UnaryOperator<String> naming) {
        renaming = naming;
        return this;
    }

    /// Gives every tensor the type that the function says, see [TensorSource#as].
    public Conversion type(Function<? super Tensor, ? extends DType> types) {
        typing = types;
        return this;
    }

    /// Changes the metadata, before it is fitted to the target format.
    public Conversion metadata(UnaryOperator<Metadata> change) {
        metadata = change;
        return this;
    }

    /// Sets how to read; the last call counts.
    public Conversion reading(ReadOptions options) {
        readOptions = options;
        return this;
    }

    /// Sets how to write; the last call counts.
    public Conversion writing(WriteOptions options) {
        writeOptions = options;
        return this;
    }

    /// Sets the formats that the source may have; the last call counts.
    public Conversion formats(ModelFormats among) {
        formats = among;
        return this;
    }

    /// Sets who is told about progress; the last call counts.
    public Conversion onProgress(Progress listener) {
        progress = listener;
        return this;
    }

    /// Says what [#write] would do, without writing.
    ///
    /// @throws IllegalArgumentException if the target cannot hold something: the message names it and the way out
    /// @throws IOException if the source cannot be read
    public Report plan(Path target, ModelFormat format) throws IOException {
        try (ModelFile model = formats.open(source, readOptions)) {
            Job job = new Job(model, format);
            return job.report(List.of(), job.writer.plan(target), target);
        }
    }

    /// Converts.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException if a file exists and overwriting was not asked for
    /// @throws IllegalArgumentException if the target cannot hold something: the message names it and the way out
    /// @throws IOException if reading or writing fails; nothing is left behind then
    public Report write(Path target, ModelFormat format) throws IOException {
        try (ModelFile model = formats.open(source, readOptions)) {
            Job job = new Job(model, format);
            WritePlan plan = job.writer.plan(target);
            return job.report(plan.write(target, writeOptions, progress), plan, target);
        }
    }

    /// The writer and the books of one run.
    private final class Job {
        final ModelWriter writer;
        private final List<Change> changes = new ArrayList<>();
        private final List<String> skipped = new ArrayList<>();
        private final List<String> dropped = new ArrayList<>();

        Job(ModelFile model, ModelFormat format) {
            writer = ModelWriter.of(format).from(model).options(writeOptions).onProgress(progress);
            writer.metadata(format.adapt(metadata.apply(model.metadata()), dropped));
            Map<String, String> origin = new LinkedHashMap<>();
            List<String> unfit = new ArrayList<>();
            for (Tensor tensor : model.tensors()) {
                if (!selection.test(tensor)) {
                    skipped.add(tensor.name());
                    continue;
                }
                TensorSource converted = convert(tensor);
                String other = origin.put(converted.name(), tensor.name());
                if (other != null) {
                    throw new IllegalArgumentException("\"" + other + "\" and \"" + tensor.name()
                            + "\" would both be named \"" + converted.name() + "\"; change the renaming");
                }
                if (!format.canStore(converted.dtype())) {
                    unfit.add(converted.name() + " (" + converted.dtype().name() + ")");
                }
                writer.add(converted);
            }
            refuse(unfit, format);
        }

        private TensorSource convert(Tensor tensor) {
            String name = renaming.apply(tensor.name());
            TensorSource converted = tensor.named(name).as(typing.apply(tensor));
            changes.add(new Change(
                    tensor.name(), name, tensor.dtype(), converted.dtype(), tensor.shape(), converted.byteSize()));
            return converted;
        }

        private static void refuse(List<String> unfit, ModelFormat format) {
            if (!unfit.isEmpty()) {
                List<String> shown = unfit.subList(0, Math.min(10, unfit.size()));
                throw new IllegalArgumentException(format.name() + " cannot hold " + unfit.size()
                        + " of the tensors: " + String.join(", ", shown) + (unfit.size() > 10 ? ", …" : "")
                        + "; give them another type");
            }
        }

        Report report(List<Path> written, WritePlan plan, Path target) {
            List<Output> outputs = plan.files().stream()
                    .map(file -> new Output(target.resolveSibling(file.name()), file.size()))
                    .toList();
            return new Report(written, outputs, changes, skipped, dropped, plan.notes(), plan.totalBytes());
        }
    }
}
