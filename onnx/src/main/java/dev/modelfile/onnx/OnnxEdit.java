package dev.modelfile.onnx;

import dev.modelfile.Metadata;
import dev.modelfile.Progress;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.onnx.edit.ModelPatch;
import dev.modelfile.onnx.edit.Patches;
import dev.modelfile.onnx.edit.TensorPatch;
import dev.modelfile.onnx.externaldata.ExternalData;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
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
    private final List<String> messages = new ArrayList<>();
    private @Nullable Metadata metadata;
    private UnaryOperator<String> renaming = UnaryOperator.identity();
    private Predicate<? super Tensor> inline = tensor -> false;
    private @Nullable ExternalLayout layout;
    private boolean strip;

    private OnnxEdit(OnnxFile model) {
        this.model = model;
    }

    /// What was written.
    ///
    /// @param written the files, the model first
    /// @param messages what was done without being asked for, a line each
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
    /// @throws IllegalArgumentException if a value is no string, or for the model's own numbers no integer
    public OnnxEdit metadata(Metadata all) {
        all.entries().forEach((key, value) -> {
            boolean number = key.equals(Properties.ofModel(1))
                    || key.equals(Properties.ofModel(5))
                    || key.startsWith(Properties.OPSET);
            if (number != value instanceof Value.Int || !number && !(value instanceof Value.Text)) {
                throw new IllegalArgumentException("metadata \"" + key + "\" is " + value.type() + "; ONNX stores "
                        + (number ? "an integer" : "only strings") + " there");
            }
        });
        metadata = all;
        return this;
    }

    /// Gives the initializers of the main graph other names, and the nodes that use them.
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

    /// Moves tensors to files beside the model, whose names are derived from its own. Files that exist are never
    /// appended to.
    public OnnxEdit external(ExternalLayout newLayout) {
        layout = Objects.requireNonNull(newLayout, "layout");
        strip = false;
        return this;
    }

    /// Leaves out the tensors that [#external] would move to other files: the model points to a file that is not
    /// written. Putting that file beside it, or [#replace], completes the model again.
    public OnnxEdit strip(ExternalLayout newLayout) {
        layout = Objects.requireNonNull(newLayout, "layout");
        strip = true;
        return this;
    }

    /// Lays the files out without writing anything.
    ///
    /// @throws IllegalArgumentException if the model's sidecars cannot come along: the message names the way out
    /// @throws IOException if the model cannot be read
    public WritePlan plan(Path target) throws IOException {
        messages.clear();
        WritePlan plan = layOut(target, layout, inline);
        WritePlan.File main = plan.files().getLast();
        if (layout == null
                && main.size() > Planner.MAX_PROTOBUF
                && main.size() > model.file().size()) {
            messages.add("the model would take " + main.size() + " bytes, other programs read at most "
                    + Planner.MAX_PROTOBUF + "; large tensors went to files beside it");
            return layOut(target, ExternalLayout.defaults(), tensor -> false);
        }
        return plan;
    }

    private WritePlan layOut(Path target, @Nullable ExternalLayout external, Predicate<? super Tensor> inside)
            throws IOException {
        Patches patches = new Patches(model.file());
        Walker walker = model.walker();
        List<WritePlan.File> files = new ArrayList<>();
        Map<String, ExternalData> places = Map.of();
        if (external != null) {
            List<TensorSource> outside = model.entries().stream()
                    .filter(entry -> goesOutside(entry, external, inside))
                    .map(this::source)
                    .toList();
            ExternalFiles.Layout laid = ExternalFiles.of(target, outside, external);
            places = laid.places();
            files.addAll(strip ? List.of() : laid.files());
        }
        SidecarCopies copies = new SidecarCopies(model, target);
        for (TensorEntry entry : model.entries()) {
            ExternalData place = places.get(entry.tensor().name());
            boolean changed = replaced.containsKey(entry.tensor().name());
            if (place != null) {
                TensorPatch.external(patches, walker, entry, source(entry), place);
            } else if (changed || entry.external() != null && inside.test(entry.tensor())) {
                TensorPatch.inline(patches, walker, entry, source(entry));
            } else if (entry.external() != null) {
                copies.keep(entry);
            }
        }
        ModelPatch header = new ModelPatch(patches, walker);
        header.rename(renames());
        if (metadata != null) {
            MetadataPatch.apply(header, model, metadata);
        }
        files.addAll(copies.files());
        files.add(patches.plan(String.valueOf(target.getFileName())));
        return new WritePlan(files);
    }

    private static boolean goesOutside(TensorEntry entry, ExternalLayout external, Predicate<? super Tensor> inside) {
        return !inside.test(entry.tensor()) && !ExternalFiles.staysInside(entry.tensor(), external);
    }

    private TensorSource source(TensorEntry entry) {
        return Optional.ofNullable(replaced.get(entry.tensor().name())).orElse(entry.tensor());
    }

    private Map<String, String> renames() {
        Map<String, String> renames = new LinkedHashMap<>();
        Map<String, String> origins = new HashMap<>();
        for (TensorEntry entry : model.entries()) {
            String name = entry.tensor().name();
            boolean named = entry.site() == TensorEntry.Site.INITIALIZER;
            String to = named ? renaming.apply(name) : name;
            String other = origins.put(to, name);
            if (other != null) {
                throw new IllegalArgumentException("\"" + other + "\" and \"" + name + "\" would both be named \"" + to
                        + "\"; change the renaming");
            }
            if (!to.equals(name)) {
                renames.put(name, to);
            }
        }
        return renames;
    }

    /// Writes the copy. It may take the place of the model itself. On failure nothing is left behind.
    ///
    /// @throws java.nio.file.FileAlreadyExistsException if a file exists and overwriting was not asked for
    /// @throws IllegalArgumentException if the model's sidecars cannot come along: the message names the way out
    /// @throws IOException if reading or writing fails
    public Report write(Path target, WriteOptions options, Progress progress) throws IOException {
        WritePlan plan = plan(target);
        return new Report(plan.write(target, options, progress), messages, plan.totalBytes());
    }

    /// Writes the copy with default options, see [#write(Path, WriteOptions, Progress)].
    ///
    /// @throws IOException if reading or writing fails
    public Report write(Path target) throws IOException {
        return write(target, WriteOptions.defaults(), Progress.NONE);
    }
}
