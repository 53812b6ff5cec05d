package dev.modelfile.onnx;

import dev.modelfile.Metadata;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.onnx.externaldata.ExternalData;
import dev.modelfile.onnx.tensor.DataType;
import dev.modelfile.onnx.tensor.TensorHeader;
import dev.modelfile.onnx.wire.WireBytes;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Lays out a new model that has initializers and no nodes. What would not fit the 2 GiB of a protobuf file goes to
/// files beside it.
final class Planner {
    /// What other parsers of protobuf can read.
    static final long MAX_PROTOBUF = Integer.MAX_VALUE;

    private static final String PRODUCER = "modelfile";
    /// The name of a graph that has none.
    private static final String GRAPH = "weights";
    private static final int BASE_IR = 8;
    /// The standard's operator set of each IR version from 8 on.
    private static final List<Integer> OPSETS = List.of(17, 20, 22, 23, 24, 25);

    private final Path target;
    private final Metadata metadata;
    private final WriteOptions options;

    Planner(Path target, Metadata metadata, WriteOptions options) {
        this.target = target;
        this.metadata = Properties.typed(metadata);
        this.options = options;
    }

    WritePlan plan(List<TensorSource> tensors) {
        Set<String> names = new HashSet<>();
        long bytes = 0;
        for (TensorSource tensor : tensors) {
            if (tensor.name().isEmpty() || !names.add(tensor.name())) {
                throw new IllegalArgumentException(
                        "a tensor has no name, or two have the name \"" + tensor.name() + "\"");
            }
            if (DataType.idOf(tensor.dtype()) == 0) {
                throw new IllegalArgumentException("tensor \"" + tensor.name() + "\" is "
                        + tensor.dtype().name() + ", which ONNX cannot store; convert it to another type");
            }
            bytes = Math.addExact(
                    bytes, tensor.byteSize() + 256 + 4L * tensor.name().length());
        }
        for (Map.Entry<String, Value> entry : metadata.entries().entrySet()) {
            long size = entry.getValue() instanceof Value.Text text ? text.byteSize() : 0;
            bytes = Math.addExact(bytes, size + 256 + 4L * entry.getKey().length());
        }
        boolean large = bytes > MAX_PROTOBUF - (1 << 20);
        if (options.sharded() || large) {
            return model(tensors, layout(tensors), options.sharded() ? List.of() : List.of(tooLarge(bytes)));
        }
        return model(tensors, ExternalFiles.Layout.NONE, List.of());
    }

    /// What is said when tensors go to other files without being asked to.
    static String tooLarge(long bytes) {
        return "one file would take " + bytes + " bytes, and other programs read at most " + MAX_PROTOBUF
                + "; tensors from " + ExternalLayout.defaults().threshold() + " bytes on are in files beside the model";
    }

    private ExternalFiles.Layout layout(List<TensorSource> tensors) {
        ExternalLayout layout = ExternalLayout.defaults()
                .withMaxFileBytes(options.maxShardBytes())
                .withMaxFileTensors(options.maxShardTensors())
                .withAlignment(Math.max(1, options.alignment()));
        try {
            List<TensorSource> outside = tensors.stream()
                    .filter(tensor -> !ExternalFiles.staysInside(tensor, layout))
                    .toList();
            return ExternalFiles.of(target, outside, layout);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    private WritePlan model(List<TensorSource> tensors, ExternalFiles.Layout outside, List<String> notes) {
        WireBytes start = new WireBytes();
        int ir = ir(tensors);
        number(start, 1, ir);
        text(start, 2, PRODUCER);
        for (int field = 3; field <= 6; field++) {
            if (field == 5) {
                number(start, field, 0);
            } else {
                text(start, field, "");
            }
        }
        List<byte[]> headers = new ArrayList<>();
        long graph = 0;
        WireBytes graphStart = new WireBytes().text(2, text(Properties.ofGraph(2), GRAPH));
        if (!text(Properties.ofGraph(10), "").isEmpty()) {
            graphStart.text(10, text(Properties.ofGraph(10), ""));
        }
        for (TensorSource tensor : tensors) {
            ExternalData place = outside.places().get(tensor.name());
            long inside = place == null ? tensor.byteSize() : 0;
            WireBytes fields = fields(tensor, place);
            byte[] header = new WireBytes()
                    .header(5, fields.length() + inside)
                    .raw(fields.toByteArray())
                    .toByteArray();
            headers.add(header);
            graph = Math.addExact(graph, header.length + inside);
        }
        start.header(7, graphStart.length() + graph).raw(graphStart.toByteArray());
        List<WritePlan.Section> sections = new ArrayList<>();
        long at = section(sections, 0, start.toByteArray());
        for (int i = 0; i < headers.size(); i++) {
            TensorSource tensor = tensors.get(i);
            at = section(sections, at, headers.get(i));
            if (!outside.places().containsKey(tensor.name())) {
                sections.add(WritePlan.Section.of(at, tensor));
                at += tensor.byteSize();
            }
        }
        at = section(sections, at, imports(ir));
        for (Map.Entry<String, Value> entry : metadata.entries().entrySet()) {
            if (!Properties.isField(entry.getKey(), entry.getValue())) {
                at = property(sections, at, entry.getKey(), entry.getValue());
            }
        }
        List<WritePlan.File> files = new ArrayList<>(outside.files());
        files.add(new WritePlan.File(String.valueOf(target.getFileName()), at, sections));
        return new WritePlan(files, notes);
    }

    private static long section(List<WritePlan.Section> sections, long at, byte[] bytes) {
        sections.add(WritePlan.Section.of(at, MemorySegment.ofArray(bytes)));
        return at + bytes.length;
    }

    /// A tensor up to its elements.
    private static WireBytes fields(TensorSource tensor, @Nullable ExternalData place) {
        WireBytes fields = new WireBytes();
        for (long dim : tensor.shape().toArray()) {
            fields.integer(TensorHeader.DIMS, dim);
        }
        fields.integer(TensorHeader.DATA_TYPE, DataType.idOf(tensor.dtype())).text(TensorHeader.NAME, tensor.name());
        if (place != null) {
            fields.entry(TensorHeader.EXTERNAL_DATA, ExternalData.LOCATION, place.location())
                    .entry(TensorHeader.EXTERNAL_DATA, ExternalData.OFFSET, Long.toString(place.offset()))
                    .entry(TensorHeader.EXTERNAL_DATA, ExternalData.LENGTH, Long.toString(place.length()))
                    .integer(TensorHeader.DATA_LOCATION, 1);
        } else if (!tensor.dtype().equals(DataType.TEXT)) {
            fields.header(TensorHeader.RAW_DATA, tensor.byteSize());
        }
        return fields;
    }

    /// What is not UTF-8 becomes U+FFFD.
    private static long property(List<WritePlan.Section> sections, long at, String key, Value value) {
        boolean kept = value instanceof Value.Text text && text.isUtf8();
        Value.Text text = (Value.Text) (kept ? value : Value.of(value.toString()));
        long length = text.byteSize();
        long begin =
                section(sections, at, new WireBytes().entry(14, key, length).toByteArray());
        sections.add(WritePlan.Section.of(begin, length, text.data()::writeTo));
        return begin + length;
    }

    private byte[] imports(int ir) {
        WireBytes end = new WireBytes();
        boolean imported = false;
        for (Map.Entry<String, Value> entry : metadata.entries().entrySet()) {
            String key = entry.getKey();
            if (key.startsWith(Properties.OPSET) && entry.getValue() instanceof Value.Int version) {
                end.message(
                        8,
                        new WireBytes()
                                .text(1, key.substring(Properties.OPSET.length()))
                                .integer(2, version.bits()));
                imported = true;
            }
        }
        if (!imported) {
            end.message(8, new WireBytes().text(1, "").integer(2, opset(ir)));
        }
        return end.toByteArray();
    }

    private static int ir(Collection<? extends TensorSource> tensors) {
        return tensors.stream()
                .flatMap(tensor -> DataType.of(DataType.idOf(tensor.dtype())).stream())
                .mapToInt(DataType::sinceIr)
                .reduce(BASE_IR, Math::max);
    }

    private static int opset(int ir) {
        return OPSETS.get(Math.min(ir - BASE_IR, OPSETS.size() - 1));
    }

    /// The metadata without what a plan adds by itself for such tensors.
    static Metadata withoutDefaults(Metadata metadata, Collection<? extends TensorSource> tensors) {
        if (metadata.find(Properties.ofModel(2))
                .filter(Value.of(PRODUCER)::equals)
                .isEmpty()) {
            return metadata;
        }
        int ir = ir(tensors);
        Map<String, Value> kept = new LinkedHashMap<>(metadata.entries());
        kept.remove(Properties.ofModel(1), Value.of(ir));
        kept.remove(Properties.ofModel(2));
        kept.remove(Properties.ofGraph(2), Value.of(GRAPH));
        kept.remove(Properties.OPSET, Value.of(opset(ir)));
        return Metadata.of(kept);
    }

    private void number(WireBytes out, int field, long absent) {
        long value = metadata.find(Properties.ofModel(field)).orElse(Value.of(absent)) instanceof Value.Int number
                ? number.bits()
                : absent;
        if (field == 1) {
            out.integer(field, Math.max(value, absent));
        } else if (value != 0) {
            out.integer(field, value);
        }
    }

    private void text(WireBytes out, int field, String absent) {
        String value = text(Properties.ofModel(field), absent);
        if (!value.isEmpty()) {
            out.text(field, value);
        }
    }

    private String text(String key, String absent) {
        return metadata.find(key).map(Value::toString).orElse(absent);
    }
}
