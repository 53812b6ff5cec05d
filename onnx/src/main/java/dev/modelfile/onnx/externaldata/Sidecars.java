package dev.modelfile.onnx.externaldata;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.io.MappedFile;
import dev.modelfile.onnx.check.Problems;
import dev.modelfile.onnx.check.Rules;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.scan.Severity;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The files with external data of one model. Each is mapped once, when the first tensor asks for it.
public final class Sidecars {
    private final Path model;
    private final Location locations;
    private final ReadOptions options;
    private final Arena arena;
    private final Problems problems;
    private final Map<String, Sidecar> byLocation = new HashMap<>();
    private final Map<Path, MappedFile> mapped = new LinkedHashMap<>();
    private final List<Range> ranges = new ArrayList<>();

    /// What a location leads to.
    ///
    /// @param file the mapped file, null if there is none or it must not be followed
    /// @param problem why there is none
    /// @param refused whether it must not be followed
    private record Sidecar(@Nullable MappedFile file, String problem, boolean refused) {}

    /// What a tensor takes of a file.
    ///
    /// @param at where the tensor is in the model
    private record Range(MappedFile file, long offset, long length, String tensor, long at) {}

    /// The sidecars of a model.
    ///
    /// @param arena owns the mappings
    /// @throws IOException if the model does not exist
    public Sidecars(Path model, ReadOptions options, Arena arena, Problems problems) throws IOException {
        this.model = model;
        this.locations = new Location(model, options.sidecars());
        this.options = options;
        this.arena = arena;
        this.problems = problems;
    }

    /// The bytes of a tensor.
    ///
    /// @param external its keys
    /// @param byteSize what its type and shape take
    /// @param name the tensor
    /// @param at where it is in the model file
    /// @return null if they are unusable and that was collected
    /// @throws IOException if they are unusable
    public @Nullable TensorData find(ExternalData external, long byteSize, String name, long at) throws IOException {
        String place = "tensor " + Texts.shown(name);
        if (external.length() == 0 && byteSize > 0) {
            problems.note(
                    Severity.WARNING, Rules.LENGTH, place, at, "length 0 vs " + byteSize + " bytes; the shape counts");
        } else if (external.length() >= 0 && external.length() != byteSize) {
            problems.refuse(
                    Severity.ERROR,
                    Rules.LENGTH,
                    place,
                    at,
                    "length " + external.length() + " vs " + byteSize + " bytes for its type and shape");
            return null;
        }
        Sidecar sidecar = byLocation.get(external.location());
        if (sidecar == null) {
            sidecar = open(external.location(), place, at);
            byLocation.put(external.location(), sidecar);
        }
        MappedFile file = sidecar.file();
        if (file == null) {
            return sidecar.refused() ? null : new Missing(byteSize, model.toString(), place, sidecar.problem());
        }
        if (external.offset() > file.size() || byteSize > file.size() - external.offset()) {
            problems.refuse(
                    Severity.ERROR,
                    Rules.RANGE,
                    place,
                    at,
                    byteSize + " bytes at offset " + external.offset() + " vs " + file.size() + " bytes in "
                            + Texts.shown(external.location()));
            return null;
        }
        ranges.add(new Range(file, external.offset(), byteSize, name, at));
        return TensorData.of(file, external.offset(), byteSize);
    }

    private Sidecar open(String location, String place, long at) throws IOException {
        String shown = "external data in " + Texts.shown(location);
        try {
            Location.Target target = locations.resolve(location);
            if (target == null) {
                return missing(place, at, shown + ": there is no such file");
            }
            Path path = target.path();
            if (!Files.isRegularFile(path)) {
                return refused(Severity.DANGER, Rules.ESCAPE, place, at, shown + ": it is not a regular file");
            }
            if (Files.isSameFile(path, model)) {
                return refused(Severity.ERROR, Rules.SELF, place, at, shown + ": it is the model itself");
            }
            if (location.endsWith(".onnx")) {
                problems.note(Severity.WARNING, Rules.SELF, place, at, shown + ": it is another model");
            }
            hardLinks(path, place, at, shown);
            return new Sidecar(map(target), "", false);
        } catch (Location.Refused refused) {
            return refused(Severity.DANGER, refused.rule(), place, at, shown + ": " + refused.getMessage());
        } catch (FileSystemException impossible) {
            String reason = impossible.getReason();
            String why = reason == null ? impossible.getClass().getSimpleName() : Printable.of(reason);
            return missing(place, at, shown + ": it cannot be opened: " + why);
        }
    }

    private Sidecar refused(Severity severity, String rule, String place, long at, String problem)
            throws ModelFormatException {
        problems.refuse(severity, rule, place, at, problem);
        return new Sidecar(null, problem, true);
    }

    /// A model without its sidecars can still be listed.
    private Sidecar missing(String place, long at, String problem) throws ModelFormatException {
        problems.note(problems.collecting() ? Severity.ERROR : Severity.WARNING, Rules.MISSING, place, at, problem);
        return new Sidecar(null, problem, false);
    }

    private MappedFile map(Location.Target target) throws IOException {
        Path real = target.path();
        MappedFile known = mapped.get(real);
        if (known != null) {
            return known;
        }
        if (mapped.size() >= options.limits().maxParts()) {
            throw new LimitExceededException(
                    "maxParts",
                    model.toString(),
                    "external data",
                    -1,
                    "more than " + options.limits().maxParts() + " files");
        }
        MappedFile file =
                target.folder() == null ? MappedFile.open(real, arena) : Beneath.map(target.folder(), real, arena);
        mapped.put(real, file);
        return file;
    }

    private void hardLinks(Path path, String place, long at, String shown) throws IOException {
        Object links;
        try {
            links = Files.getAttribute(path, "unix:nlink");
        } catch (UnsupportedOperationException | IllegalArgumentException notUnix) {
            return;
        }
        if (links instanceof Integer count && count > 1) {
            problems.note(
                    Severity.INFO,
                    Rules.HARD_LINK,
                    place,
                    at,
                    shown + ": " + count + " names lead to this file; the reference refuses it");
        }
    }

    /// The mapped files.
    public List<MappedFile> files() {
        return List.copyOf(mapped.values());
    }

    /// Looks for ranges of different tensors that overlap without being the same.
    ///
    /// @throws ModelFormatException if reading is strict and there are some
    public void checkOverlaps() throws ModelFormatException {
        ranges.sort(Comparator.comparing((Range r) -> r.file().path())
                .thenComparingLong(Range::offset)
                .thenComparingLong(Range::length));
        Range last = null;
        for (Range range : ranges) {
            if (range.length() == 0) {
                continue;
            }
            if (last != null
                    && last.file() == range.file()
                    && range.offset() < last.offset() + last.length()
                    && (range.offset() != last.offset() || range.length() != last.length())) {
                problems.note(
                        Severity.WARNING,
                        Rules.OVERLAP,
                        "tensor " + Texts.shown(range.tensor()),
                        range.at(),
                        "its bytes overlap those of tensor " + Texts.shown(last.tensor()) + " in "
                                + range.file().path().getFileName());
            }
            if (last == null
                    || last.file() != range.file()
                    || range.offset() + range.length() > last.offset() + last.length()) {
                last = range;
            }
        }
    }
}
