package dev.modelfile.shard;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ReadOptions;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import dev.modelfile.spi.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/// The files of a sharded checkpoint: finds them, and compares what they hold with what the index says.
public final class ShardSet {
    /// How many names a message lists.

    private ShardSet() {}

    /// The shard files by the names that the index uses, in the order of the names.
    ///
    /// @throws dev.modelfile.UnsafeModelException if a name leads out of the folder
    /// @throws MalformedModelException if a file is missing; the first are named
    /// @throws LimitExceededException if there are too many
    public static Map<String, Path> locate(ShardIndex index, ReadOptions options) throws IOException {
        List<String> names = index.shardNames();
        if (names.size() > options.limits().maxParts()) {
            throw new LimitExceededException(
                    "maxParts",
                    index.path().toString(),
                    "shard index",
                    -1,
                    names.size() + " shards vs " + options.limits().maxParts());
        }
        Confinement confinement = new Confinement(index.format(), index.path());
        Map<String, Path> files = new LinkedHashMap<>();
        List<String> missing = new ArrayList<>();
        for (String name : names) {
            Path file = confinement.resolve(name);
            files.put(name, file);
            if (!Files.isRegularFile(file)) {
                missing.add(name);
            }
        }
        if (!missing.isEmpty()) {
            throw new MalformedModelException(
                    index.rule("missing-shard"),
                    index.path().toString(),
                    "shard index",
                    -1,
                    missing.size() + " of " + names.size() + " shards are missing: " + ModelFolder.shown(missing));
        }
        return files;
    }

    /// Compares the index with the tensors that one shard really has.
    ///
    /// @param shard the shard's name
    /// @param tensors the names of its tensors
    /// @return what readers accept: a shard with tensors that the index does not mention
    /// @throws MalformedModelException if a tensor is mapped to another shard or missing; in strict reading also if
    ///     the index does not mention one
    public static List<Finding> compare(ShardIndex index, String shard, Set<String> tensors, ReadOptions options)
            throws MalformedModelException {
        List<Finding> findings = new ArrayList<>();
        for (String tensor : tensors) {
            String mapped = index.weightMap().get(tensor);
            if (mapped == null) {
                String problem = "tensor \"" + Printable.of(tensor) + "\" is in \"" + Printable.of(shard)
                        + "\" and not in the index";
                if (options.strict()) {
                    throw disagrees(index, problem);
                }
                // One is enough: there may be millions.
                if (findings.isEmpty()) {
                    findings.add(
                            new Finding(index.rule("index-disagrees"), Severity.WARNING, "shard index", -1, problem));
                }
            } else if (!mapped.equals(shard)) {
                throw disagrees(
                        index,
                        "tensor \"" + Printable.of(tensor) + "\" is mapped to \"" + Printable.of(mapped)
                                + "\" and also in \"" + Printable.of(shard) + "\"");
            }
        }
        return findings;
    }

    /// Checks that every mapped tensor was found, and the declared total.
    ///
    /// @param found all tensors of all shards
    /// @param bytes the sum of their sizes
    /// @throws MalformedModelException if a tensor is missing
    public static List<Finding> complete(ShardIndex index, Set<String> found, long bytes)
            throws MalformedModelException {
        for (Map.Entry<String, String> entry : index.weightMap().entrySet()) {
            if (!found.contains(entry.getKey())) {
                throw disagrees(
                        index,
                        "tensor \"" + Printable.of(entry.getKey()) + "\" is mapped to \""
                                + Printable.of(entry.getValue()) + "\" and not in it");
            }
        }
        if (index.totalSize().isPresent() && index.totalSize().getAsLong() != bytes) {
            String problem = "total_size is " + index.totalSize().getAsLong() + " vs " + bytes + " bytes in the shards";
            return List.of(new Finding(index.rule("total-size"), Severity.WARNING, "shard index", -1, problem));
        }
        return List.of();
    }

    private static MalformedModelException disagrees(ShardIndex index, String problem) {
        return new MalformedModelException(
                index.rule("index-disagrees"), index.path().toString(), "shard index", -1, problem);
    }

    /// Divides items into shards as Hugging Face does, greedily and in their order: a shard is closed when the next
    /// item would exceed a bound. An item above the bound gets a shard of its own, before the one being filled.
    ///
    /// @param maxBytes bound on the bytes of one shard, 0 for none
    /// @param maxItems bound on the items of one shard, 0 for none
    public static <T> List<List<T>> divide(List<T> items, ToLongFunction<T> size, long maxBytes, int maxItems) {
        List<List<T>> shards = new ArrayList<>();
        List<T> current = new ArrayList<>();
        long bytes = 0;
        for (T item : items) {
            if (maxBytes > 0 && size.applyAsLong(item) > maxBytes) {
                shards.add(List.of(item));
                continue;
            }
            boolean full = maxItems > 0 && current.size() >= maxItems
                    || maxBytes > 0 && !current.isEmpty() && size.applyAsLong(item) > maxBytes - bytes;
            if (full) {
                shards.add(current);
                current = new ArrayList<>();
                bytes = 0;
            }
            current.add(item);
            bytes += size.applyAsLong(item);
        }
        if (!current.isEmpty() || shards.isEmpty()) {
            shards.add(current);
        }
        return shards;
    }
}
