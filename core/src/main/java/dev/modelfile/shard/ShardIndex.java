package dev.modelfile.shard;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.json.JsonCursor;
import dev.modelfile.json.Utf8;
import dev.modelfile.spi.Printable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// The `*.index.json` of a sharded checkpoint, after the convention of Hugging Face: which tensor is in which file.
///
/// @param format name of the format of the shards; begins the rules of errors
/// @param path the index
/// @param weightMap file name, relative to the index, by tensor name
/// @param totalSize the declared sum of all tensor bytes, where it is given as an integer
/// @param heap estimate of the heap that it takes, in bytes
public record ShardIndex(String format, Path path, Map<String, String> weightMap, OptionalLong totalSize, long heap) {
    private static final long ENTRY_HEAP = 200;
    private static final long LONGEST_STRING = 1 << 20;

    /// Reads an index.
    ///
    /// @param format name of the format of the shards
    /// @throws ModelFormatException if it is not one, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static ShardIndex read(String format, Path path, ReadLimits limits) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MappedFile file = MappedFile.open(path, arena);
            if (file.size() > limits.maxHeaderBytes()) {
                throw new LimitExceededException(
                        "maxHeaderBytes", path.toString(), "", 0, file.size() + " bytes vs " + limits.maxHeaderBytes());
            }
            return new Parser(format, path, file.region().at("shard index"), limits).parse();
        }
    }

    /// The shards in the order of their names.
    public List<String> shardNames() {
        return weightMap.values().stream().distinct().sorted().toList();
    }

    /// The name of a rule for this format.
    String rule(String name) {
        return format + "." + name;
    }

    /// Takes tokens into the map; never builds a tree.
    private static final class Parser {
        private final String format;
        private final Path path;
        private final Region text;
        private final ReadLimits limits;
        private final JsonCursor json;
        private final Map<String, String> weightMap = new LinkedHashMap<>();
        private OptionalLong totalSize = OptionalLong.empty();
        private final Map<String, String> shards = new HashMap<>();
        private boolean mapSeen;
        private long heap;

        Parser(String format, Path path, Region text, ReadLimits limits) {
            this.format = format;
            this.path = path;
            this.text = text;
            this.limits = limits;
            long longest = Math.min(LONGEST_STRING, limits.maxStringBytes());
            this.json = new JsonCursor(text, format + ".index", limits.withMaxStringBytes(longest));
        }

        ShardIndex parse() throws ModelFormatException {
            long wrong = Utf8.firstError(text.bytes());
            if (wrong >= 0) {
                throw json.error("not UTF-8", wrong);
            }
            if (json.peek() != '{') {
                throw json.error("not a JSON object");
            }
            json.object(this::field);
            if (json.peek() != -1) {
                throw json.error("text behind the end of the JSON object");
            }
            if (!mapSeen) {
                throw json.error("there is no object \"weight_map\"");
            }
            return new ShardIndex(format, path, weightMap, totalSize, heap);
        }

        private void field(String name) throws ModelFormatException {
            if (name.equals("weight_map")) {
                if (mapSeen || json.peek() != '{') {
                    throw json.error("\"weight_map\" is " + (mapSeen ? "there twice" : "not an object"));
                }
                mapSeen = true;
                json.object(this::mapped);
            } else if (name.equals("metadata") && json.peek() == '{') {
                json.object(this::metadata);
            } else {
                json.skip(1);
            }
        }

        private void mapped(String tensor) throws ModelFormatException {
            if (json.peek() != '"') {
                throw json.error("the shard of tensor \"" + Printable.of(tensor) + "\" is not a string");
            }
            long at = json.offset();
            String named = json.string();
            heap += ENTRY_HEAP + 2L * tensor.length();
            heap += shards.containsKey(named) ? 0 : ENTRY_HEAP + 2L * named.length();
            if (weightMap.size() >= limits.maxTensors()) {
                throw text.limit("maxTensors", "", at, "more than " + limits.maxTensors() + " tensors");
            }
            if (heap > limits.maxHeapBytes()) {
                throw text.limit(
                        "maxHeapBytes",
                        "",
                        at,
                        "the index needs more than " + limits.maxHeapBytes() + " bytes of heap");
            }
            json.heapLeft(limits.maxHeapBytes() - heap);
            String shard = shards.computeIfAbsent(named, name -> name);
            String earlier = weightMap.put(tensor, shard);
            if (earlier != null && !earlier.equals(shard)) {
                throw json.error(
                        "tensor \"" + Printable.of(tensor) + "\" is mapped to both \"" + Printable.of(earlier)
                                + "\" and \"" + Printable.of(shard) + "\"",
                        at);
            }
        }

        private void metadata(String name) throws ModelFormatException {
            json.peek();
            long at = json.offset();
            json.skip(2);
            long length = json.offset() - at;
            if (name.equals("total_size") && length <= 18) {
                String number = new String(text.copy("total_size", at, length), StandardCharsets.US_ASCII);
                boolean whole = number.chars().allMatch(c -> c >= '0' && c <= '9');
                totalSize = whole ? OptionalLong.of(Long.parseLong(number)) : OptionalLong.empty();
            }
        }
    }
}
