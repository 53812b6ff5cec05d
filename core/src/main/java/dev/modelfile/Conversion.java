package dev.modelfile;

import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
    private Progress progress = Progress.NONE;

    Predicate<? super Tensor> selection = tensor -> true;
    UnaryOperator<String> renaming = UnaryOperator.identity();
    Function<? super Tensor, ? extends DType> typing = Tensor::dtype;
    UnaryOperator<Metadata> metadata = UnaryOperator.identity();
    boolean fit;

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
    public record Output(Path path, long bytes) {
        /// The files of a plan in its order.
        ///
        /// @param target the file that the plan was made for
        public static List<Output> of(WritePlan plan, Path target) {
            return plan.files().stream()
                    .map(file -> new Output(target.resolveSibling(file.name()), file.size()))
                    .toList();
        }
    }

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

    /// A model as it goes into another format: which tensors under which names, and which metadata.
    ///
    /// @param metadata in values that the format can hold
    /// @param tensors the selected tensors under their new names, with their own types; valid as long as the model
    /// @param originals the same tensors under the names that they had
    /// @param skipped names of tensors that were not selected
    /// @param dropped what the format cannot carry, a line each
    public record View(
            Metadata metadata, Tensors tensors, List<Tensor> originals, List<String> skipped, List<String> dropped) {
        /// @throws NullPointerException if a component is null
        public View {
            Objects.requireNonNull(metadata, "metadata");
            Objects.requireNonNull(tensors, "tensors");
            originals = List.copyOf(originals);
            skipped = List.copyOf(skipped);
            dropped = List.copyOf(dropped);
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

    /// Lets tensors that exceed the target's bounds on dimensions and names be fitted to them, instead of refusing
    /// them: their outermost dimensions are joined, their names shortened from the front. The metadata notes what they
    /// were, and a conversion into a format without these bounds undoes it.
    public Conversion fit(boolean value) {
        fit = value;
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
    /// @throws UnfitTensorsException if the target cannot hold some tensors: the message names them and the way out
    /// @throws IllegalArgumentException if the target cannot hold something else, or two tensors would have one name
    /// @throws IOException if the source cannot be read
    public Report plan(Path target, ModelFormat format) throws IOException {
        try (ModelFile model = open()) {
            ConversionJob job = new ConversionJob(this, model, format);
            return job.report(List.of(), job.plan(target, writeOptions), target);
        }
    }

    /// Converts.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException if a file exists and overwriting was not asked for
    /// @throws UnfitTensorsException if the target cannot hold some tensors: the message names them and the way out
    /// @throws IllegalArgumentException if the target cannot hold something else, or two tensors would have one name
    /// @throws IOException if reading or writing fails; nothing is left behind then
    public Report write(Path target, ModelFormat format) throws IOException {
        try (ModelFile model = open()) {
            ConversionJob job = new ConversionJob(this, model, format);
            WritePlan plan = job.plan(target, writeOptions);
            return job.report(plan.write(target, writeOptions, progress), plan, target);
        }
    }

    /// Opens the source.
    ///
    /// @throws IOException if it cannot be read
    public ModelFile open() throws IOException {
        return formats.open(source, readOptions);
    }

    /// Selects, renames and fits the tensors of the open source and adapts its metadata, without converting: for
    /// writers that choose the types themselves.
    ///
    /// @param model what [#open] has given
    /// @param format what the model is for
    /// @throws UnfitTensorsException if the format cannot hold the dimensions or names of some tensors
    /// @throws IllegalArgumentException if two tensors would have one name
    public View view(ModelFile model, ModelFormat format) {
        ConversionView view = new ConversionView(this, model, format);
        UnfitTensorsException.throwIfAny(format, view.unfit());
        return view.view();
    }
}
