package dev.modelfile.safetensors.shard;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Segments;
import dev.modelfile.spi.Printable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.lang.foreign.Arena;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/// The `*.safetensors.index.json` of a sharded checkpoint, after the convention of Hugging Face: which tensor is in
/// which file.
///
/// @param path the index
/// @param weightMap file name, relative to the index, by tensor name
/// @param totalSize the declared sum of all tensor bytes, where it is given as an integer
/// @param heap estimate of the heap that it takes, in bytes
public record ShardIndex(Path path, Map<String, String> weightMap, OptionalLong totalSize, long heap) {
    /// How the name of an index ends.
    public static final String SUFFIX = ".safetensors.index.json";

    private static final String BROKEN = "safetensors.index";
    private static final long ENTRY_HEAP = 200;

    /// Reads an index.
    ///
    /// @throws ModelFormatException if it is not one, or exceeds a limit
    /// @throws IOException if it cannot be read
    public static ShardIndex read(Path path, ReadLimits limits) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MappedFile file = MappedFile.open(path, arena);
            if (file.size() > limits.maxHeaderBytes()) {
                throw new LimitExceededException(
                        "maxHeaderBytes", path.toString(), "", 0, file.size() + " bytes vs " + limits.maxHeaderBytes());
            }
            return new Parser(path, limits).parse(file);
        }
    }

    /// The shards in the order of their names.
    public List<String> shardNames() {
        return weightMap.values().stream().distinct().sorted().toList();
    }

    /// Pulls tokens into the map; never builds a tree.
    private static final class Parser {
        private final Path path;
        private final ReadLimits limits;
        private final Map<String, String> weightMap = new LinkedHashMap<>();
        private OptionalLong totalSize = OptionalLong.empty();
        private final Map<String, String> shards = new HashMap<>();
        private boolean mapSeen;
        private long heap;

        Parser(Path path, ReadLimits limits) {
            this.path = path;
            this.limits = limits;
        }

        ShardIndex parse(MappedFile file) throws IOException {
            JsonFactory factory = JsonFactory.builder()
                    // Names are read once; a table of symbols would only be one more thing to fill.
                    .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(limits.maxDepth())
                            .maxNameLength(1 << 20)
                            .maxStringLength(1 << 20)
                            .build())
                    .build();
            try (Reader text = new InputStreamReader(
                            Segments.stream(file.bytes()),
                            StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT));
                    JsonParser json = factory.createParser(ObjectReadContext.empty(), text)) {
                object(json);
            } catch (JacksonException broken) {
                if (broken.getCause() instanceof CharacterCodingException) {
                    throw malformed("not UTF-8", -1);
                }
                TokenStreamLocation place = broken.getLocation();
                throw malformed(broken.getOriginalMessage(), place == null ? -1 : place.getCharOffset());
            }
            if (!mapSeen) {
                throw malformed("there is no object \"weight_map\"", -1);
            }
            return new ShardIndex(path, weightMap, totalSize, heap);
        }

        private MalformedModelException malformed(@Nullable String problem, long offset) {
            return new MalformedModelException(BROKEN, path.toString(), "shard index", offset, String.valueOf(problem));
        }

        private void object(JsonParser json) throws ModelFormatException {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw malformed("not a JSON object", 0);
            }
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String field = json.currentName();
                JsonToken value = json.nextToken();
                if (field.equals("weight_map") && value == JsonToken.START_OBJECT && !mapSeen) {
                    mapSeen = true;
                    weightMap(json);
                } else if (field.equals("weight_map")) {
                    throw malformed("\"weight_map\" is " + (mapSeen ? "there twice" : "not an object"), at(json));
                } else if (field.equals("metadata") && value == JsonToken.START_OBJECT) {
                    metadata(json);
                } else {
                    json.skipChildren();
                }
            }
            if (json.nextToken() != null) {
                throw malformed("text behind the end of the JSON object", at(json));
            }
        }

        private static long at(JsonParser json) {
            return json.currentTokenLocation().getCharOffset();
        }

        private void weightMap(JsonParser json) throws ModelFormatException {
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String tensor = json.currentName();
                if (json.nextToken() != JsonToken.VALUE_STRING) {
                    throw malformed("the shard of tensor \"" + Printable.of(tensor) + "\" is not a string", at(json));
                }
                String named = json.getString();
                heap += ENTRY_HEAP + 2L * tensor.length();
                heap += shards.containsKey(named) ? 0 : ENTRY_HEAP + 2L * named.length();
                if (weightMap.size() >= limits.maxTensors()) {
                    throw limit("maxTensors", "more than " + limits.maxTensors() + " tensors");
                }
                if (heap > limits.maxHeapBytes()) {
                    throw limit(
                            "maxHeapBytes", "the index needs more than " + limits.maxHeapBytes() + " bytes of heap");
                }
                String shard = shards.computeIfAbsent(named, name -> name);
                String earlier = weightMap.put(tensor, shard);
                if (earlier != null && !earlier.equals(shard)) {
                    throw malformed(
                            "tensor \"" + Printable.of(tensor) + "\" is mapped to both \"" + Printable.of(earlier)
                                    + "\" and \"" + Printable.of(shard) + "\"",
                            at(json));
                }
            }
        }

        private LimitExceededException limit(String name, String problem) {
            return new LimitExceededException(name, path.toString(), "shard index", -1, problem);
        }

        private void metadata(JsonParser json) {
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String field = json.currentName();
                JsonToken value = json.nextToken();
                if (field.equals("total_size")
                        && value == JsonToken.VALUE_NUMBER_INT
                        && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
                    totalSize = OptionalLong.of(json.getLongValue());
                } else {
                    json.skipChildren();
                }
            }
        }
    }
}
