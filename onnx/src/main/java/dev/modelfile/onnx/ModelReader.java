package dev.modelfile.onnx;

import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.Tensors;
import dev.modelfile.Value;
import dev.modelfile.io.MappedFile;
import dev.modelfile.onnx.check.Problems;
import dev.modelfile.onnx.check.Rules;
import dev.modelfile.onnx.externaldata.Sidecars;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Visitor;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.onnx.tensor.TensorHeader;
import dev.modelfile.onnx.tensor.TensorReader;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.Pages;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads a model: finds all tensors and what the model says of itself, without touching the tensors' bytes.
final class ModelReader {
    /// What a tensor costs on the heap besides its name.
    private static final int TENSOR_HEAP = 400;

    /// Below this a file has few pages to map.
    private static final long LARGE = 1 << 20;

    private final Path path;
    private final ReadOptions options;
    private final Arena arena;
    private final Problems problems;

    private ModelReader(Path path, ReadOptions options, Arena arena, Problems problems) {
        this.path = path;
        this.options = options;
        this.arena = arena;
        this.problems = problems;
    }

    /// Opens a file, or the model in a folder.
    static OnnxFile read(Path given, ReadOptions options) throws IOException {
        Path path = OnnxFolder.fileOf(given);
        return read(path, options, new Problems(path.toString(), false, options.strict()));
    }

    static OnnxFile read(Path path, ReadOptions options, Problems problems) throws IOException {
        Arena arena = Arena.ofShared();
        try {
            return new ModelReader(path, options, arena, problems).read();
        } catch (UncheckedIOException inWalk) {
            arena.close();
            throw inWalk.getCause();
        } catch (Throwable failure) {
            arena.close();
            throw failure;
        }
    }

    private OnnxFile read() throws IOException {
        MappedFile file = MappedFile.open(path, arena);
        if (file.size() < LARGE) {
            return read(file, null);
        }
        try (FileChannel channel = file.reopen()) {
            return read(file, channel == null ? null : new Pages(channel, file));
        }
    }

    private OnnxFile read(MappedFile file, @Nullable Pages pages) throws IOException {
        Walker walker = new Walker(file.region(), options.limits(), pages);
        Sidecars sidecars = new Sidecars(path, options, arena, problems);
        Index index = new Index(walker, new TensorReader(file, walker, sidecars, problems));
        walker.walk(index);
        sidecars.checkOverlaps();
        if (!index.graph) {
            problems.refuse(Severity.ERROR, Rules.NO_GRAPH, "", -1, "the model has no graph");
        }
        index.entries.sort(Comparator.comparingLong(entry -> entry.message().offset()));
        List<Tensor> tensors = new ArrayList<>(index.entries.size());
        index.entries.forEach(entry -> tensors.add(entry.tensor()));
        List<MappedFile> parts = new ArrayList<>(List.of(file));
        parts.addAll(sidecars.files());
        ModelFile.Contents contents = new ModelFile.Contents(
                Onnx.FORMAT, path, index.metadata(), Tensors.of(tensors), parts, problems.findings(), arena);
        return new OnnxFile(contents, options, index.entries, index.opsets);
    }

    /// Collects while walking.
    private final class Index implements Visitor {
        private final Walker walker;
        private final TensorReader tensors;
        private final List<TensorEntry> entries = new ArrayList<>();
        private final Set<String> names = new HashSet<>();
        /// For names that are there twice, the next number to tell them apart.
        private final Map<String, Integer> numbers = new HashMap<>();
        /// The names of the main graph's initializers, which nothing else may take.
        private final Set<String> initializers = new HashSet<>();

        private long elements;
        private long bytes;
        private final Map<String, Long> opsets = new LinkedHashMap<>();
        private final Map<String, Value> header = new LinkedHashMap<>();
        private final Map<String, Value> properties = new LinkedHashMap<>();
        private boolean graph;

        Index(Walker walker, TensorReader tensors) {
            this.walker = walker;
            this.tensors = tensors;
        }

        @Override
        public boolean enter(Frame frame) throws ModelFormatException {
            if (frame.isIn(Kind.MODEL, 7)) {
                graph = true;
                reserve(frame);
            }
            switch (frame.kind()) {
                case TENSOR -> tensor(frame);
                case OPSET -> opset(frame);
                case ENTRY -> property(frame);
                default -> {}
            }
            return frame.kind().leadsToNodes() || frame.kind() == Kind.SPARSE;
        }

        private void reserve(Frame main) throws ModelFormatException {
            WireCursor at = main.fields();
            while (at.next()) {
                if (at.field() == 5 && at.type() == WireCursor.LENGTH_DELIMITED) {
                    String name = walker.text(Message.of(at.child()), TensorHeader.NAME);
                    if (initializers.add(name)) {
                        walker.charge(2L * name.length(), at.start());
                    }
                }
            }
        }

        private void tensor(Frame frame) throws ModelFormatException {
            if (entries.size() >= options.limits().maxTensors()) {
                throw walker.file()
                        .limit(
                                "maxTensors",
                                "",
                                frame.message().offset(),
                                "more than " + options.limits().maxTensors() + " tensors");
            }
            String name = unique(frame);
            walker.charge(TENSOR_HEAP + 2L * name.length(), frame.message().offset());
            TensorEntry entry;
            try {
                entry = tensors.read(frame, name);
            } catch (ModelFormatException broken) {
                throw broken;
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
            if (entry != null && counted(entry)) {
                entries.add(entry);
            }
        }

        /// Tensors in files that are not there may claim any size, but their sum has to be a number.
        private boolean counted(TensorEntry entry) throws ModelFormatException {
            try {
                elements = Math.addExact(elements, entry.tensor().shape().elements());
                bytes = Math.addExact(bytes, entry.tensor().byteSize());
                return true;
            } catch (ArithmeticException tooMany) {
                problems.refuse(
                        Severity.ERROR,
                        Rules.OVERFLOW,
                        "tensor " + Texts.shown(entry.tensor().name()),
                        entry.message().offset(),
                        "the size of this and all tensors before it does not fit 64 bits");
                return false;
            }
        }

        private String unique(Frame frame) throws ModelFormatException {
            String name = frame.scope();
            boolean initializer = frame.isIn(Kind.GRAPH, 5);
            if (initializer && frame.text(TensorHeader.NAME).isEmpty()) {
                problems.note(
                        Severity.WARNING,
                        Rules.UNNAMED_INITIALIZER,
                        "graph " + Texts.shown(name),
                        frame.message().offset(),
                        "an initializer without a name cannot be used by any node");
            }
            boolean reserved = !TensorReader.isInitializer(frame) && initializers.contains(name);
            if (!reserved && names.add(name)) {
                return name;
            }
            if (initializer && !reserved) {
                problems.note(
                        Severity.WARNING,
                        Rules.DUPLICATE_INITIALIZER,
                        "tensor " + Texts.shown(name),
                        frame.message().offset(),
                        "two initializers of this name; readers may take either");
            }
            int number = numbers.getOrDefault(name, 2);
            while (initializers.contains(name + "#" + number) || !names.add(name + "#" + number)) {
                number++;
            }
            numbers.put(name, number + 1);
            return name + "#" + number;
        }

        private void opset(Frame frame) throws ModelFormatException {
            if (frame.isIn(Kind.MODEL, 8)) {
                String domain = frame.text(1);
                walker.charge(2L * domain.length(), frame.message().offset());
                opsets.put(domain, frame.number(2, 0));
            }
        }

        private void property(Frame frame) throws ModelFormatException {
            if (!frame.isIn(Kind.MODEL, 14)) {
                return;
            }
            String key = frame.text(1);
            walker.charge(2L * key.length(), frame.message().offset());
            if (properties.put(key, frame.value(2)) != null) {
                problems.note(
                        Severity.WARNING,
                        Rules.DUPLICATE_METADATA,
                        "metadata " + Texts.shown(key),
                        frame.message().offset(),
                        "the key is there twice; the last one counts");
            }
        }

        @Override
        public void value(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {
            boolean model = frame.kind() == Kind.MODEL;
            if (!model && !(frame.isIn(Kind.MODEL, 7) && (field.number() == 2 || field.number() == 10))) {
                return;
            }
            String key = model ? Properties.ofModel(field.number()) : Properties.ofGraph(field.number());
            if (field.type() == WireCursor.VARINT) {
                header.put(key, Value.of(at.value()));
            } else {
                header.put(key, walker.value(at.valueStart(), at.length()));
            }
        }

        Metadata metadata() {
            Map<String, Value> all = new LinkedHashMap<>(header);
            opsets.forEach((domain, version) -> all.put(Properties.OPSET + domain, Value.of(version)));
            properties.forEach(all::putIfAbsent);
            return Metadata.of(all);
        }
    }
}
