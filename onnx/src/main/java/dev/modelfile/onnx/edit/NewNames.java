package dev.modelfile.onnx.edit;

import dev.modelfile.ModelFormatException;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.onnx.tensor.TensorHeader;
import dev.modelfile.onnx.wire.Texts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// What the initializers of the main graph are called in a copy, and for which of them an equal one stands.
public final class NewNames {
    /// From this version of the format on, an initializer that is an input is only its default.
    private static final long DEFAULTS_SINCE_IR = 4;

    private final Walker walker;
    private final ValueNames values;
    private final Map<String, String> merged = new LinkedHashMap<>();
    private final Map<String, String> renamed = new LinkedHashMap<>();

    /// The names of a model's values.
    ///
    /// @throws ModelFormatException if the model is broken or exceeds a limit
    public NewNames(Walker walker) throws ModelFormatException {
        this.walker = walker;
        values = ValueNames.of(walker);
    }

    private record Kind(int type, Shape shape) {}

    /// Lets one initializer stand for all that are equal to it. Inputs, whose values callers may change, stay; so do
    /// outputs and whatever else is known by its name.
    ///
    /// @param sources the elements that each initializer will have
    /// @return what is to be said of it, a line each
    /// @throws IOException if a tensor cannot be read
    public List<String> merge(List<TensorEntry> entries, Function<TensorEntry, TensorSource> sources, long irVersion)
            throws IOException {
        if (values.hasTraining()) {
            return List.of("the model can be trained, so equal initializers need not stay equal; none was merged");
        }
        Map<Kind, List<TensorEntry>> alike = new LinkedHashMap<>();
        for (TensorEntry entry : entries) {
            String name = entry.tensor().name();
            boolean changing = values.isInput(name) && irVersion >= DEFAULTS_SINCE_IR;
            if (isPlain(entry) && !changing && !values.isAmbiguous(name)) {
                alike.computeIfAbsent(new Kind(entry.dataType(), entry.tensor().shape()), kind -> new ArrayList<>())
                        .add(entry);
            }
        }
        for (List<TensorEntry> group : alike.values()) {
            if (group.size() > 1) {
                mergeEqual(group, sources);
            }
        }
        List<String> notes = new ArrayList<>();
        merged.forEach((gone, kept) -> notes.add(
                "initializer " + Texts.shown(gone) + " equals " + Texts.shown(kept) + ", which stands for both"));
        return notes;
    }

    private void mergeEqual(List<TensorEntry> group, Function<TensorEntry, TensorSource> sources) throws IOException {
        Map<String, List<String>> equal = new HashMap<>();
        for (TensorEntry entry : group) {
            if (sources.apply(entry) instanceof Tensor stored) {
                equal.computeIfAbsent(stored.sha256(), digest -> new ArrayList<>())
                        .add(entry.tensor().name());
            }
        }
        for (List<String> names : equal.values()) {
            // Where an inner graph has a value of its own under the name, this one cannot be seen.
            List<String> visible = names.stream()
                    .filter(name -> !values.isDefinedElsewhere(name))
                    .toList();
            String kept = visible.stream()
                    .filter(values::isFixed)
                    .findFirst()
                    .orElse(visible.isEmpty() ? "" : visible.getFirst());
            for (String name : names) {
                if (!kept.isEmpty() && !name.equals(kept) && !values.isFixed(name)) {
                    merged.put(name, kept);
                }
            }
        }
    }

    /// Gives the initializers other names.
    ///
    /// @throws IllegalArgumentException if a value would be mistaken for another one then
    /// @throws ModelFormatException if the file has changed
    public void rename(List<TensorEntry> entries, UnaryOperator<String> renaming) throws ModelFormatException {
        Map<String, String> origins = new HashMap<>();
        for (TensorEntry entry : entries) {
            String name = entry.tensor().name();
            if (entry.site() != TensorEntry.Site.INITIALIZER || merged.containsKey(name)) {
                continue;
            }
            String to = renaming.apply(name);
            if (!isPlain(entry)) {
                refuseNameless(name, to);
                continue;
            }
            String other = origins.put(to, name);
            if (other != null) {
                throw new IllegalArgumentException("\"" + other + "\" and \"" + name + "\" would both be named \"" + to
                        + "\"; change the renaming");
            }
            if (!to.equals(name)) {
                renamed.put(name, to);
            }
        }
        renamed.forEach(this::check);
    }

    private static void refuseNameless(String name, String to) {
        if (!to.equals(name)) {
            throw new IllegalArgumentException("\"" + name + "\" stands for an initializer whose name in the model is"
                    + " empty, or that of another one; it cannot be renamed, leave it out of the renaming");
        }
    }

    /// Whether a tensor is known to nodes by the name that it has here: of several initializers of one name, only one.
    private boolean isPlain(TensorEntry entry) throws ModelFormatException {
        return entry.site() == TensorEntry.Site.INITIALIZER
                && !entry.tensor().name().isEmpty()
                && walker.text(entry.message(), TensorHeader.NAME)
                        .equals(entry.tensor().name());
    }

    private void check(String name, String to) {
        boolean leaves = (renamed.containsKey(to) || merged.containsKey(to)) && !values.isDefinedElsewhere(to);
        if (to.isEmpty() || values.isTaken(to) && !leaves) {
            throw new IllegalArgumentException("\"" + name + "\" would be named \"" + to + "\", "
                    + (to.isEmpty() ? "which stands for no value" : "as another value of the graph is")
                    + "; change the renaming");
        }
    }

    /// The initializers that are gone, each with the one that stands for it.
    public Map<String, String> merged() {
        return merged;
    }

    /// Changes the names wherever they are used.
    ///
    /// @throws ModelFormatException if the file has changed
    public void apply(ModelPatch patch) throws ModelFormatException {
        Map<String, String> all = new HashMap<>(renamed);
        merged.forEach((name, kept) -> all.put(name, renamed.getOrDefault(kept, kept)));
        patch.rename(all, merged.keySet(), values);
    }
}
