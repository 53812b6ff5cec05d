package dev.modelfile.matrix;

import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelWriter;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.checkpoint.Checkpoints;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.gguf.Gguf;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.safetensors.Safetensors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/// The ways in which a model can be written.
enum Kind {
    SAFETENSORS(Safetensors.FORMAT, ".safetensors", WriteOptions.defaults()),
    SAFETENSORS_SHARDS(
            Safetensors.FORMAT,
            ".safetensors.index.json",
            WriteOptions.defaults().withMaxShardTensors(7)),
    CHECKPOINT(Checkpoints.FORMAT, ".pt", WriteOptions.defaults()),
    GGUF(Gguf.FORMAT, ".gguf", WriteOptions.defaults()),
    GGUF_1(Gguf.FORMAT, ".gguf", WriteOptions.defaults().withVersion(1).withByteOrder(ByteOrder.LITTLE_ENDIAN)),
    GGUF_2(Gguf.FORMAT, ".gguf", WriteOptions.defaults().withVersion(2).withByteOrder(ByteOrder.LITTLE_ENDIAN)),
    GGUF_SHARDS(Gguf.FORMAT, ".gguf", WriteOptions.defaults().withMaxShardTensors(7)),
    GGUF_BIG_ENDIAN(Gguf.FORMAT, ".gguf", WriteOptions.defaults().withByteOrder(ByteOrder.BIG_ENDIAN)),
    ONNX(Onnx.FORMAT, ".onnx", WriteOptions.defaults()),
    ONNX_EXTERNAL(Onnx.FORMAT, ".onnx", WriteOptions.defaults().withMaxShardBytes(1 << 20));

    final ModelFormat format;
    private final String extension;
    final WriteOptions options;

    Kind(ModelFormat format, String extension, WriteOptions options) {
        this.format = format;
        this.extension = extension;
        this.options = options.withSync(false);
    }

    /// A file name of this kind.
    Path in(Path folder, String stem) {
        return folder.resolve(stem + extension);
    }

    /// Every type that there is.
    static List<DType> allTypes() {
        return Stream.concat(Stream.of(ScalarType.values()), Stream.of(GgmlType.values()))
                .map(DType.class::cast)
                .toList();
    }

    /// Writes a model that has every type of the format, and shapes from a scalar to as many dimensions as fit.
    ///
    /// @return the file to open
    Path make(Path folder) throws IOException {
        Random random = new Random(ordinal());
        ModelWriter writer = ModelWriter.of(format).options(options).metadata(metadata());
        for (DType type : allTypes()) {
            if (format.canStore(type)) {
                writer.add(random("t." + type.name() + ".weight", type, Shape.of(3, 512), random));
                writer.add(random("t." + type.name() + ".empty", type, Shape.of(0, 512), random));
            }
        }
        writer.add(random("scalar", ScalarType.F32, Shape.of(), random));
        writer.add(random("vector", ScalarType.F16, Shape.of(5), random));
        writer.add(random("volume", ScalarType.I32, Shape.of(2, 3, 4, 5), random));
        if (format.maxRank() > 5) {
            writer.add(random("beyond", ScalarType.F32, Shape.of(2, 3, 1, 2, 3, 4), random));
        }
        if (format.maxNameBytes() > 100) {
            writer.add(random(
                    "model.vision_tower." + "encoder.".repeat(9) + "weight", ScalarType.F32, Shape.of(2), random));
        }
        List<Path> written = writer.write(in(folder, "source"));
        return written.get(0);
    }

    static TensorSource random(String name, DType type, Shape shape, Random random) {
        byte[] bytes = new byte[Math.toIntExact(type.byteSize(shape))];
        random.nextBytes(bytes);
        if (type == ScalarType.BOOL) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] &= 1;
            }
        }
        return TensorSource.of(name, type, shape, MemorySegment.ofArray(bytes));
    }

    /// Metadata of every type that the format has.
    private Metadata metadata() {
        Map<String, Value> values = new LinkedHashMap<>();
        values.put("general.name", Value.of("Größe \"1\"\n日本"));
        values.put("empty", Value.of(""));
        if (format == Gguf.FORMAT) {
            ofGguf(values);
        } else if (format == Checkpoints.FORMAT) {
            ofPython(values);
        }
        return Metadata.of(values);
    }

    private static void ofGguf(Map<String, Value> values) {
        values.put("general.architecture", Value.of("llama"));
        values.put("llama.block_count", Value.u32(32));
        values.put("general.alignment", Value.u32(64));
        for (Value.Type type : List.of(Value.Type.U8, Value.Type.I8, Value.Type.U16, Value.Type.I16, Value.Type.I32)) {
            values.put("n." + type, new Value.Int(type, 100));
        }
        values.put("n.u64", Value.u64(-1));
        values.put("n.i64", Value.of(Long.MIN_VALUE));
        values.put("n.f32", Value.f32(1e-5f));
        values.put("n.nan", Value.f32(Float.NaN));
        values.put("n.f64", Value.of(-0.0));
        values.put("n.inf", Value.of(Double.NEGATIVE_INFINITY));
        values.put("n.bool", Value.of(true));
        values.put("bytes", Value.text(new byte[] {'a', (byte) 0xFF, 0, '"'}));
        values.put("tokenizer.ggml.tokens", Value.strings(List.of("<s>", "a\"b\\", "\u0000\n", "▁the", "")));
        values.put("tokens.raw", Value.array(List.of(Value.of("a"), Value.text(new byte[] {(byte) 0xC3}))));
        values.put("scores", Value.array(List.of(Value.f32(-1.5f), Value.f32(Float.MIN_VALUE))));
        List<Value> many = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            many.add(new Value.Int(Value.Type.I32, i * 7 - 3));
        }
        values.put("many", Value.array(many));
        values.put(
                "nested",
                Value.array(
                        List.of(Value.array(List.of(Value.u32(1), Value.u32(2))), Value.array(List.of(Value.u32(3))))));
    }

    private static void ofPython(Map<String, Value> values) {
        values.put("epoch", Value.of(12));
        values.put("long", Value.of(Long.MIN_VALUE));
        values.put("lr", Value.of(0.001));
        values.put("done", Value.of(false));
        values.put("nothing", new Value.None());
        values.put("steps", Value.array(List.of(Value.of(1), Value.of(2), Value.of(-3))));
        values.put("mixed", Value.array(List.of(Value.of(1), Value.of("two"), new Value.None())));
        values.put("large", Value.u64(-2));
        values.put("bytes", Value.array(List.of(new Value.Int(Value.Type.U8, 0), new Value.Int(Value.Type.U8, 200))));
        LinkedHashMap<String, Value> table = new LinkedHashMap<>();
        table.put("a.b", Value.array(List.of(Value.array(List.of(Value.of("x"))), Value.array(List.of()))));
        table.put("", new Value.Table(new LinkedHashMap<>()));
        values.put("table", new Value.Table(table));
    }
}
