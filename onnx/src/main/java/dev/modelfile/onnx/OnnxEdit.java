package dev.modelfile.onnx;

import dev.modelfile.Metadata;
import dev.modelfile.Progress;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.io.MappedFile;
import dev.modelfile.onnx.edit.ModelPatch;
import dev.modelfile.onnx.edit.NewNames;
import dev.modelfile.onnx.edit.Patches;
import dev.modelfile.onnx.edit.TensorPatch;
import dev.modelfile.onnx.externaldata.ExternalData;
import dev.modelfile.onnx.externaldata.FileDigest;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Makes a changed copy of a model. What is not changed is copied byte by byte, straight from the file: a model that
/// nothing is asked of comes out as it was.
///
/// Not safe for use by several threads. The model must stay open until the copy is written.
public final class OnnxEdit {
    private final OnnxFile model;
    private final Map<String, TensorSource> replaced = new HashMap<>();
    private @Nullable Metadata metadata;
    private UnaryOperator<String> renaming = UnaryOperator.identity();
    private Predicate<? super Tensor> inline = tensor -> false;
    private @Nullable ExternalLayout layout;
    private boolean strip;
    private boolean deduplicate;
    private Map<String, String> merged = Map.of();

    private OnnxEdit(OnnxFile model) {
        this.model = model;
    }

    /// What was written.
    ///
    /// @param written the files, the model first
    /// @param messages what else there is to say, a line each: initializers that were merged, large tensors that had
    ///     to go to files beside the model, files that the model no longer needs
    /// @param bytes the size of all files
    public record Report(List<Path> written, List<String> messages, long bytes) {
        /// @throws NullPointerException if a list or an element is null
        public Report {
            written = List.copyOf(written);
            messages = List.copyOf(messages);
        }
    }

    /// Changes of an open model.
    public static OnnxEdit of(OnnxFile model) {
        return new OnnxEdit(Objects.requireNonNull(model, "model"));
    }

    /// Sets all metadata, in the form of [OnnxFile#metadata()].
    ///
    /// @param wanted the metadata; for the model's own numbers, text that is an integer stands for it
    /// @throws IllegalArgumentException if a new value is no string, or for the model's own numbers no integer; or if
    ///     the IR version or the last operator set would be gone, without which nothing loads a model
    public OnnxEdit metadata(Metadata wanted) {
        Metadata all = Properties.typed(wanted);
        Properties.checkLoadable(model.metadata(), all);
        all.entries().forEach((key, value) -> {
            if (model.metadata().find(key).filter(value::equals).isPresent()) {
                return;
            }
            boolean number = Properties.isNumber(key);
            if (number != value instanceof Value.Int || !number && !(value instanceof Value.Text)) {
                throw new IllegalArgumentException("metadata \"" + key + "\" is " + value.type() + "; ONNX stores "
                        + (number ? "an integer" : "only strings") + " there");
            }
        });
        metadata = all;
        return this;
    }

    /// The keys that a change would remove though no program loads a model without them: that of the IR version, and
    /// those of all operator sets if none is left. [#metadata] refuses such a change.
    public static List<String> missing(Metadata before, Metadata after) {
        return Properties.missing(before, after);
    }

    /// Gives the initializers of the main graph other names, and the nodes that use them. Writing fails if a name is
    /// that of another value of the graph, or of a graph inside it.
    public OnnxEdit rename(UnaryOperator<String> naming) {
        renaming = naming;
        return this;
    }

    /// Puts other elements into a tensor.
    ///
    /// @param source has the tensor's name, type and shape
    /// @throws IllegalArgumentException if type or shape differ, as the graph is made for the present ones
    /// @throws java.util.NoSuchElementException if there is no such tensor
    public OnnxEdit replace(TensorSource source) {
        Tensor tensor = model.tensor(source.name());
        if (!tensor.dtype().equals(source.dtype()) || !tensor.shape().equals(source.shape())) {
            throw new IllegalArgumentException(
                    "tensor \"" + source.name() + "\" is " + tensor.dtype().name() + " " + tensor.shape()
                            + " in the graph, and " + source.dtype().name() + " " + source.shape() + " now");
        }
        replaced.put(source.name(), source);
        return this;
    }

    /// Puts other elements into many tensors, for instance all of another model.
    ///
    /// @throws IllegalArgumentException if a type or shape differs
    /// @throws java.util.NoSuchElementException if the model lacks one of the tensors
    public OnnxEdit replaceAll(Iterable<? extends TensorSource> sources) {
        sources.forEach(this::replace);
        return this;
    }

    /// Brings all tensors that match from other files into the model.
    public OnnxEdit inline(Predicate<? super Tensor> matching) {
        inline = matching;
        return this;
    }

    /// Moves tensors to files beside the model, whose names are derived from its own. Tensors that the layout keeps
    /// inside come inside if they were in another file. Files that exist are never appended to.
    public OnnxEdit external(ExternalLayout newLayout) {
        layout = Objects.requireNonNull(newLayout, "layout");
        strip = false;
        return this;
    }

    /// Leaves out the tensors that [#external] would move to other files: the model points to a file that is not
    /// written. Putting that file beside it, or [#replace], completes the model again. A file that is there already
    /// would be taken for it, so [#plan] refuses that.
    public OnnxEdit strip(ExternalLayout newLayout) {
        layout = Objects.requireNonNull(newLayout, "layout");
        strip = true;
        return this;
    }

    /// Lets one initializer of the main graph stand for all that are equal to it: the nodes use that one, and the
    /// others are gone. Initializers that callers may give other values, as inputs of the model, stay, and so do
    /// outputs and all of a model with training information. The report names what was merged.
    public OnnxEdit deduplicate() {
        deduplicate = true;
        return this;
    }

    /// The initializers that [#deduplicate] has merged in the last plan or copy: each that is gone, and the one that
    /// stands for it.
    public Map<String, String> merged() {
        return Map.copyOf(merged);
    }

    /// Lays the files out without writing anything. The plan's notes are those of the report.
    ///
    /// @throws IllegalArgumentException if two values would get one name, the model's sidecars cannot come along, or a
    ///     file beside the copy cannot have its name: the message names the way out
    /// @throws IOException if the model cannot be read
    public WritePlan plan(Path target) throws IOException {
        WritePlan plan = layOut(target, layout, inline, List.of());
        long size = plan.files().getLast().size();
        if (layout == null && size > Planner.MAX_PROTOBUF && size > model.file().size()) {
            return layOut(target, ExternalLayout.defaults(), tensor -> false, List.of(Planner.tooLarge(size)));
        }
        return plan;
    }

    private WritePlan layOut(
            Path target, @Nullable ExternalLayout external, Predicate<? super Tensor> inside, List<String> reasons)
            throws IOException {
        Patches patches = new Patches(model.file());
        Walker walker = model.walker();
        List<String> notes = new ArrayList<>(reasons);
        Set<String> gone = rename(new ModelPatch(patches, walker), notes);
        List<TensorEntry> entries = model.entries().stream()
                .filter(entry -> !gone.contains(entry.tensor().name()))
                .toList();
        ExternalFiles.Layout outside = ExternalFiles.Layout.NONE;
        if (external != null) {
            List<TensorSource> sources = entries.stream()
                    .filter(entry -> goesOutside(entry, external, inside))
                    .map(this::source)
                    .toList();
            outside = ExternalFiles.of(target, sources, external);
        }
        SidecarCopies copies = new SidecarCopies(model, target);
        Set<MappedFile> needed = new HashSet<>();
        for (TensorEntry entry : entries) {
            ExternalData place = outside.places().get(entry.tensor().name());
            boolean changed = replaced.containsKey(entry.tensor().name());
            if (place != null) {
                FileDigest checksum = outside.checksums().get(place.location());
                TensorPatch.external(patches, walker, entry, source(entry), place, checksum);
            } else if (changed || entry.external() != null && (external != null || inside.test(entry.tensor()))) {
                // With new files beside the model, nothing points to old ones any more.
                TensorPatch.inline(patches, walker, entry, source(entry));
            } else if (entry.external() != null) {
                copies.keep(entry);
                Optional.ofNullable(entry.tensor().part()).ifPresent(needed::add);
            }
        }
        if (metadata != null) {
            MetadataPatch.apply(new ModelPatch(patches, walker), model, metadata);
        }
        List<WritePlan.File> files = new ArrayList<>();
        if (strip) {
            refuseTaken(target, outside.files());
        } else {
            files.addAll(outside.files());
        }
        files.addAll(copies.files());
        files.add(patches.plan(String.valueOf(target.getFileName())));
        notes.addAll(left(target, needed, files));
        return new WritePlan(files, notes);
    }

    /// What lies beside the model, and is needed by it no more once the copy has taken its place. Weights that are left
    /// out are needed: they may be nowhere else.
    private List<String> left(Path target, Set<MappedFile> needed, List<WritePlan.File> written) throws IOException {
        if (strip
                || !Files.exists(target)
                || !Files.isSameFile(target, model.file().path())) {
            return List.of();
        }
        List<String> left = new ArrayList<>();
        for (MappedFile part : model.parts().subList(1, model.parts().size())) {
            boolean replaced = false;
            for (WritePlan.File file : written) {
                Path place = target.resolveSibling(file.name());
                replaced |= Files.exists(place) && Files.isSameFile(place, part.path());
            }
            if (!replaced && !needed.contains(part)) {
                left.add("the model no longer needs \""
                        + Printable.of(String.valueOf(part.path().getFileName()))
                        + "\"; delete it if no other model does");
            }
        }
        return left;
    }

    private static void refuseTaken(Path target, List<WritePlan.File> leftOut) {
        for (WritePlan.File file : leftOut) {
            if (Files.exists(target.resolveSibling(file.name()))) {
                throw new IllegalArgumentException("\"" + file.name() + "\" is there already, and would be taken for"
                        + " the weights that are left out; move it away, or give the copy another name");
            }
        }
    }

    /// Merges and renames initializers.
    ///
    /// @return the names of those that are gone
    private Set<String> rename(ModelPatch patch, List<String> notes) throws IOException {
        merged = Map.of();
        boolean renames = model.initializers().stream()
                .anyMatch(tensor -> !renaming.apply(tensor.name()).equals(tensor.name()));
        if (!renames && !deduplicate) {
            return Set.of();
        }
        NewNames names = new NewNames(model.walker());
        if (deduplicate) {
            notes.addAll(names.merge(model.entries(), this::source, model.irVersion()));
        }
        names.rename(model.entries(), renaming);
        names.apply(patch);
        merged = names.merged();
        return merged.keySet();
    }

    private static boolean goesOutside(TensorEntry entry, ExternalLayout external, Predicate<? super Tensor> inside) {
        return !inside.test(entry.tensor()) && !ExternalFiles.staysInside(entry.tensor(), external);
    }

    private TensorSource source(TensorEntry entry) {
        return Optional.ofNullable(replaced.get(entry.tensor().name())).orElse(entry.tensor());
    }

    /// Writes the copy. It may take the place of the model itself. On failure nothing is left behind.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException if a file exists and overwriting was not asked for
    /// @throws IllegalArgumentException if the model's sidecars cannot come along: the message names the way out
    /// @throws IOException if reading or writing fails
    public Report write(Path target, WriteOptions options, Progress progress) throws IOException {
        WritePlan plan = plan(target);
        return new Report(plan.write(target, options, progress), plan.notes(), plan.totalBytes());
    }

    /// Writes the copy with default options, see [#write(Path, WriteOptions, Progress)].
    ///
    /// @throws IOException if reading or writing fails
    public Report write(Path target) throws IOException {
        return write(target, WriteOptions.defaults(), Progress.NONE);
    }
}
