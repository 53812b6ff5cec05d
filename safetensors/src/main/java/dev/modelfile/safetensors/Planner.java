package dev.modelfile.safetensors;

import dev.modelfile.Metadata;
import dev.modelfile.ScalarType;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.safetensors.header.Dtypes;
import dev.modelfile.safetensors.header.Header;
import dev.modelfile.safetensors.header.HeaderWriter;
import dev.modelfile.safetensors.header.JsonText;
import dev.modelfile.safetensors.header.Names;
import dev.modelfile.shard.ShardSet;
import dev.modelfile.spi.Structure;
import dev.modelfile.spi.WritePlan;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Lays out new files as the reference does: wide types first, then by name, without gaps.
final class Planner {
    private static final String EXTENSION = ".safetensors";
    private static final int EMPTY_OBJECT = 2;
    private static final Comparator<TensorSource> REFERENCE_ORDER = Comparator.comparing(
                    (TensorSource tensor) -> -Dtypes.rank((ScalarType) tensor.dtype()))
            .thenComparing(TensorSource::name, Names.ORDER);

    private final String stem;
    /// The name of the file if there is only one.
    private final String single;

    private final Map<String, Value.Text> metadata;
    /// What it adds to a header; counted once for all shards, because it may be long.
    private final long metadataBytes;

    private final WriteOptions options;

    Planner(Path target, Metadata metadata, WriteOptions options) {
        String name = String.valueOf(target.getFileName());
        this.stem = name.endsWith(Checkpoints.INDEX)
                ? name.substring(0, name.length() - Checkpoints.INDEX.length())
                : name.endsWith(EXTENSION) ? name.substring(0, name.length() - EXTENSION.length()) : name;
        this.metadata = texts(metadata);
        this.metadataBytes = HeaderWriter.json(this.metadata, List.of()).count() - EMPTY_OBJECT;
        this.options = options;
        this.single = name.endsWith(Checkpoints.INDEX) ? stem + EXTENSION : name;
    }

    static Map<String, Value.Text> texts(Metadata metadata) {
        Map<String, Value.Text> texts = new LinkedHashMap<>();
        metadata.entries().forEach((key, value) -> {
            if (!(value instanceof Value.Text text)) {
                throw new IllegalArgumentException("metadata \"" + key + "\" is " + value.type()
                        + "; Safetensors stores only strings, give it as text");
            }
            if (!text.isUtf8()) {
                throw new IllegalArgumentException("metadata \"" + key + "\" is not UTF-8");
            }
            texts.put(key, text);
        });
        return texts;
    }

    WritePlan plan(List<TensorSource> tensors) {
        Set<String> names = new HashSet<>();
        for (TensorSource tensor : tensors) {
            check(tensor);
            if (!names.add(tensor.name())) {
                throw new IllegalArgumentException("two tensors are named \"" + tensor.name() + "\"");
            }
        }
        List<List<TensorSource>> shards =
                ShardSet.divide(tensors, TensorSource::byteSize, options.maxShardBytes(), options.maxShardTensors());
        if (shards.size() == 1) {
            return new WritePlan(List.of(file(single, shards.get(0))));
        }
        List<WritePlan.File> files = new ArrayList<>();
        Map<String, String> weightMap = new TreeMap<>(Names.ORDER);
        for (int i = 0; i < shards.size(); i++) {
            String name = String.format(Locale.ROOT, "%s-%05d-of-%05d%s", stem, i + 1, shards.size(), EXTENSION);
            files.add(file(name, shards.get(i)));
            shards.get(i).forEach(tensor -> weightMap.put(tensor.name(), name));
        }
        long total = tensors.stream().mapToLong(TensorSource::byteSize).sum();
        byte[] index = index(weightMap, total);
        files.add(new WritePlan.File(
                stem + Checkpoints.INDEX,
                index.length,
                List.of(WritePlan.Section.of(0, MemorySegment.ofArray(index)))));
        return new WritePlan(files);
    }

    private static void check(TensorSource tensor) {
        String name = tensor.name();
        if (name.equals(Header.METADATA)) {
            throw new IllegalArgumentException(
                    "a tensor must not be named \"" + name + "\": Safetensors reserves that name; rename it");
        }
        if (!(tensor.dtype() instanceof ScalarType type) || Dtypes.rank(type) < 0) {
            throw new IllegalArgumentException("tensor \"" + name + "\" is "
                    + tensor.dtype().name() + ", which Safetensors cannot store; convert it to another type");
        }
        if (tensor.byteSize() != type.byteSize(tensor.shape())) {
            throw new IllegalArgumentException("tensor \"" + name + "\" announces " + tensor.byteSize() + " bytes, but "
                    + type + " " + tensor.shape() + " takes " + type.byteSize(tensor.shape()));
        }
        if (tensor.shape().elements() % type.blockElements() != 0) {
            throw new IllegalArgumentException(
                    "tensor \"" + name + "\" has " + tensor.shape().elements() + " elements of " + type
                            + ", which do not fill whole bytes as Safetensors demands");
        }
    }

    private WritePlan.File file(String name, List<TensorSource> tensors) {
        List<TensorSource> sorted = tensors.stream().sorted(REFERENCE_ORDER).toList();
        List<HeaderWriter.Item> items = new ArrayList<>(sorted.size());
        long end = 0;
        for (TensorSource tensor : sorted) {
            long begin = end;
            end = Math.addExact(end, tensor.byteSize());
            items.add(new HeaderWriter.Item(tensor.name(), (ScalarType) tensor.dtype(), tensor.shape(), begin, end));
        }
        Structure json = HeaderWriter.json(metadata, items);
        boolean comma = metadataBytes > 0 && !items.isEmpty();
        long jsonBytes = metadataBytes
                + (comma ? 1 : 0)
                + HeaderWriter.json(Map.of(), items).count();
        long dataOffset = HeaderWriter.dataOffset(jsonBytes, options.headerRoom(), options.alignment());
        List<WritePlan.Section> sections = new ArrayList<>(sorted.size() + 1);
        sections.add(WritePlan.Section.of(0, dataOffset, HeaderWriter.header(json, jsonBytes, dataOffset)));
        for (int i = 0; i < sorted.size(); i++) {
            sections.add(WritePlan.Section.of(dataOffset + items.get(i).begin(), sorted.get(i)));
        }
        return new WritePlan.File(name, Math.addExact(dataOffset, end), sections);
    }

    /// The index as the Hugging Face libraries write it: two spaces, sorted keys.
    static byte[] index(Map<String, String> weightMap, long totalSize) {
        StringBuilder out = new StringBuilder("{\n  \"metadata\": {\n    \"total_size\": ");
        out.append(totalSize).append("\n  },\n  \"weight_map\": {");
        String separator = "\n    ";
        for (Map.Entry<String, String> entry : weightMap.entrySet()) {
            out.append(separator);
            JsonText.quote(out, entry.getKey());
            out.append(": ");
            JsonText.quote(out, entry.getValue());
            separator = ",\n    ";
        }
        return out.append("\n  }\n}\n").toString().getBytes(StandardCharsets.UTF_8);
    }
}
