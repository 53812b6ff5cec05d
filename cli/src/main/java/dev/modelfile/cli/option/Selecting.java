package dev.modelfile.cli.option;

import dev.modelfile.Conversion;
import dev.modelfile.Metadata;
import dev.modelfile.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which tensors to take, what to call them, and which metadata to give them along.
public final class Selecting {
    @Option(names = "--include", paramLabel = "RE", description = "Only tensors in whose name this is found.")
    private List<Pattern> includes = new ArrayList<>();

    @Option(names = "--exclude", paramLabel = "RE", description = "No tensors in whose name this is found.")
    private List<Pattern> excludes = new ArrayList<>();

    @Option(
            names = "--rename",
            paramLabel = "RULE",
            description = "Rename tensors: 's/RE/REPLACEMENT/' or 'RE=REPLACEMENT', one rule after the other.")
    private List<String> renamings = new ArrayList<>();

    @Option(
            names = "--fit",
            description = "Join dimensions and shorten names that the target cannot hold; converting back undoes it.")
    private boolean fit;

    @Option(
            names = "--metadata",
            paramLabel = "KEY=VALUE",
            converter = Assignment.Converter.class,
            description = "Set metadata; u32:5, bool:true, '[f32]:[1, 2]' and the like are typed, else it is text.")
    private List<Assignment> metadata = new ArrayList<>();

    @Option(
            names = "--remove-metadata",
            paramLabel = "KEY",
            description = "Leave metadata out: a key, or a pattern for whole keys as in 'optimizer.*'.")
    private List<String> removed = new ArrayList<>();

    private final Set<Pattern> found = new LinkedHashSet<>();
    private final Set<String> left = new LinkedHashSet<>();
    private @Nullable List<Renaming> parsed;
    private BiFunction<Metadata, Metadata, List<String>> needed = (before, after) -> List.of();

    /// Sets all of it.
    ///
    /// @throws UsageException if a renaming is none
    public void apply(Conversion conversion) {
        conversion
                .select(this::isWanted)
                .rename(renaming())
                .metadata(this::change)
                .fit(fit);
    }

    /// Leaves metadata in that the target cannot be without, unless its very key is to be left out.
    ///
    /// @param keys tells which of the keys that are gone from the second metadata are needed
    public void needing(BiFunction<Metadata, Metadata, List<String>> keys) {
        needed = keys;
    }

    /// Whether a tensor is taken.
    public boolean isWanted(Tensor tensor) {
        return (includes.isEmpty() | isFound(includes, tensor.name())) & !isFound(excludes, tensor.name());
    }

    /// Looks with every pattern, so that those which never find anything can be told.
    private boolean isFound(List<Pattern> patterns, String name) {
        boolean any = false;
        for (Pattern pattern : patterns) {
            if (pattern.matcher(name).find()) {
                found.add(pattern);
                any = true;
            }
        }
        return any;
    }

    /// The new names.
    ///
    /// @throws UsageException if a renaming is none
    public UnaryOperator<String> renaming() {
        if (parsed == null) {
            parsed = renamings.stream().map(Renaming::parse).toList();
        }
        return Renaming.all(parsed);
    }

    /// The changed metadata.
    ///
    /// @throws java.util.NoSuchElementException if a key that is to be left out is not there
    public Metadata change(Metadata original) {
        Metadata result = original;
        for (String key : removed) {
            result = without(key, result);
        }
        for (Assignment entry : metadata) {
            result = result.with(entry.left(), TypedValue.parse(entry.right(), result.find(entry.left())));
        }
        return result;
    }

    private Metadata without(String key, Metadata metadata) {
        if (metadata.find(key).isPresent()) {
            return metadata.without(key);
        }
        Predicate<String> pattern = Whole.matching(key);
        Metadata rest = metadata.select(name -> !pattern.test(name));
        if (rest.size() == metadata.size()) {
            metadata.get(key);
        }
        Set<String> kept = Set.copyOf(needed.apply(metadata, rest));
        kept.stream()
                .sorted()
                .forEach(name -> left.add("--remove-metadata '" + key + "' leaves " + name
                        + " in, as no program would load the model without it"));
        return kept.isEmpty() ? rest : metadata.select(name -> !pattern.test(name) || kept.contains(name));
    }

    /// The patterns that have found no tensor, the renamings that have changed no name, and the metadata that had to
    /// stay, a line each.
    public List<String> idle() {
        List<String> idle = new ArrayList<>(left);
        idle("--include", includes, idle);
        idle("--exclude", excludes, idle);
        if (parsed != null) {
            parsed.stream()
                    .filter(renaming -> !renaming.isUsed())
                    .forEach(renaming -> idle.add("--rename '" + renaming + "' has changed no name"));
        }
        return idle;
    }

    private void idle(String option, List<Pattern> patterns, List<String> idle) {
        patterns.stream()
                .filter(pattern -> !found.contains(pattern))
                .forEach(pattern -> idle.add(option + " '" + pattern + "' is found in no tensor's name"));
    }
}
