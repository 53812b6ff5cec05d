package dev.modelfile;

import dev.modelfile.UnfitTensorsException.Reason;
import dev.modelfile.UnfitTensorsException.Unfit;
import dev.modelfile.spi.CarriedMetadata;
import dev.modelfile.spi.Printable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// What of a model goes into a format, under which names, and what stays behind.
final class ConversionView {
    private final Conversion conversion;
    private final ModelFormat format;
    private final Metadata metadata;

    /// By their new names.
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private final List<String> skipped = new ArrayList<>();
    private final List<String> dropped = new ArrayList<>();

    /// A tensor that goes along.
    ///
    /// @param stored under the name that it has in the source
    /// @param tensor under its new name, in the dimensions that it had before it was fitted to the source's format
    record Entry(Tensor stored, Tensor tensor) {}

    ConversionView(Conversion conversion, ModelFile model, ModelFormat format) {
        this.conversion = conversion;
        this.format = format;
        boolean sameFormat = model.format().name().equals(format.name());
        if (!sameFormat) {
            model.remainder().forEach(dropped::add);
        }
        Metadata source = sameFormat ? model.metadata() : CarriedMetadata.restore(model.portableMetadata(), dropped);
        collect(model.tensors(), sameFormat ? model.tensors() : Fitting.undone(model.tensors(), source));
        Metadata changed = conversion.metadata.apply(sameFormat ? source : source.without(Fitting.KEY));
        this.metadata = format.adapt(conversion.fit ? fit(changed) : changed, dropped);
        if (!sameFormat || format.keepsSharing()) {
            Sharing.describe(entries.values().stream().map(Entry::stored).toList(), keptBy(format), dropped);
        }
    }

    /// Which tensors share bytes in the target as they do in the source.
    private Predicate<Tensor> keptBy(ModelFormat format) {
        return tensor -> format.keepsSharing()
                && tensor.part() != null
                && conversion.typing.apply(tensor).equals(tensor.dtype());
    }

    private void collect(List<Tensor> stored, List<Tensor> originals) {
        for (int i = 0; i < stored.size(); i++) {
            Tensor tensor = originals.get(i);
            if (!conversion.selection.test(stored.get(i))) {
                skipped.add(stored.get(i).name());
                continue;
            }
            Tensor renamed = tensor.named(conversion.renaming.apply(tensor.name()));
            Entry other = entries.put(renamed.name(), new Entry(stored.get(i), renamed));
            if (other != null) {
                throw new IllegalArgumentException(
                        "\"" + Printable.of(other.stored().name()) + "\" and \""
                                + Printable.of(stored.get(i).name()) + "\" would both be named \""
                                + Printable.of(renamed.name()) + "\"; change the renaming");
            }
        }
    }

    private Metadata fit(Metadata unfitted) {
        Fitting fitting = new Fitting(format, entries.keySet());
        entries.replaceAll((name, entry) -> new Entry(entry.stored(), fitting.fit(entry.tensor())));
        return fitting.noted(unfitted);
    }

    /// What of the selected tensors' names and dimensions the format cannot hold.
    List<Unfit> unfit() {
        List<Unfit> unfit = new ArrayList<>();
        for (Entry entry : entries.values()) {
            Tensor tensor = entry.tensor();
            Optional<Reason> problem = Fitting.problem(tensor, format);
            problem.ifPresent(reason -> unfit.add(new Unfit(tensor.name(), tensor.dtype(), tensor.shape(), reason)));
        }
        return unfit;
    }

    Conversion.View view() {
        return new Conversion.View(
                metadata,
                Tensors.of(entries.values().stream().map(Entry::tensor).toList()),
                entries.values().stream().map(Entry::stored).toList(),
                skipped,
                dropped);
    }

    Collection<Entry> entries() {
        return entries.values();
    }
}
