package dev.modelfile.onnx;

import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.onnx.check.TriggerSearch;
import dev.modelfile.onnx.externaldata.Checksums;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.schema.ModelInfo;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.DataType;
import dev.modelfile.onnx.tensor.Strings;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.scan.Finding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// An open ONNX model with its external data. The tensors are all that the model has, wherever they are: initializers
/// under their own names, those in attributes, sparse tensors, inner graphs, functions and training graphs under the
/// path that leads to them, as in `loop_7.body/scale` or `Constant_3.value`.
///
/// [#metadata()] holds `metadata_props`, and before them what the model says of itself: `onnx.ir_version`,
/// `onnx.producer_name`, `onnx.producer_version`, `onnx.domain`, `onnx.model_version`, `onnx.doc_string`,
/// `onnx.graph.name`, `onnx.graph.doc_string`, and `onnx.opset.` with the domain of each operator set.
public final class OnnxFile extends ModelFile {
    private final ReadOptions options;
    private final List<TensorEntry> entries;
    private final Map<String, Long> opsets;
    private final Map<String, String> locations = new HashMap<>();

    OnnxFile(Contents contents, ReadOptions options, List<TensorEntry> entries, Map<String, Long> opsets) {
        super(contents);
        this.options = options;
        this.entries = List.copyOf(entries);
        this.opsets = Collections.unmodifiableMap(opsets);
        for (TensorEntry entry : entries) {
            if (entry.external() != null) {
                locations.put(entry.tensor().name(), entry.external().location());
            }
        }
    }

    /// The version of the format, 0 if the model does not say.
    public long irVersion() {
        return metadata().find(Properties.ofModel(1)).orElse(Value.of(0)) instanceof Value.Int number
                ? number.bits()
                : 0;
    }

    /// The program that wrote the model, empty if the model does not say.
    public String producer() {
        String name =
                metadata().find(Properties.ofModel(2)).map(Value::toString).orElse("");
        String version =
                metadata().find(Properties.ofModel(3)).map(Value::toString).orElse("");
        return (name + " " + version).strip();
    }

    /// The version of each operator set by its domain; the standard's domain is empty.
    public Map<String, Long> opsets() {
        return opsets;
    }

    /// How often each operator is used, by name, inner graphs and functions included; operators outside the standard as
    /// `domain::Operator`. Looks at every node.
    ///
    /// @throws ModelFormatException if a limit is exceeded
    public Map<String, Long> operatorCounts() throws ModelFormatException {
        return Collections.unmodifiableMap(info().operators());
    }

    /// What matters most: producer, versions, operators, inputs, outputs. Looks at every node; what exceeds a limit is
    /// told instead of the facts that need that.
    @Override
    public SequencedMap<String, Value> summary() {
        return Summary.of(this);
    }

    /// The metadata without what a model of initializers only says by default.
    @Override
    public Metadata portableMetadata() {
        return Planner.withoutDefaults(metadata(), tensors());
    }

    @Override
    public List<String> remainder() {
        return Summary.remainder(this);
    }

    /// The functions of the model as `domain::name`. Looks at every node.
    ///
    /// @throws ModelFormatException if a limit is exceeded
    public List<String> functions() throws ModelFormatException {
        return info().functions();
    }

    /// The inputs of the main graph that are no initializers. Looks at every node.
    ///
    /// @throws ModelFormatException if a limit is exceeded
    public List<OnnxValue> inputs() throws ModelFormatException {
        return inputs(info());
    }

    /// The outputs of the main graph. Looks at every node.
    ///
    /// @throws ModelFormatException if a limit is exceeded
    public List<OnnxValue> outputs() throws ModelFormatException {
        return values(info().outputs().stream());
    }

    /// What is gathered from every node.
    ModelInfo info() throws ModelFormatException {
        return ModelInfo.of(walker());
    }

    List<OnnxValue> inputs(ModelInfo info) {
        Set<String> defaults = initializers().stream().map(Tensor::name).collect(Collectors.toSet());
        return values(info.inputs().stream().filter(input -> !defaults.contains(input.name())));
    }

    static List<OnnxValue> values(Stream<ModelInfo.Value> values) {
        return values.map(value -> new OnnxValue(
                        value.name(),
                        value.type().text(),
                        value.type().dims(),
                        value.type().ranked()))
                .toList();
    }

    /// The initializers of the main graph in file order; [#tensors()] has those in other places too.
    public List<Tensor> initializers() {
        return entries.stream()
                .filter(entry -> entry.site() == TensorEntry.Site.INITIALIZER)
                .map(TensorEntry::tensor)
                .toList();
    }

    /// The number of elements of all initializers, inner graphs' included.
    ///
    /// @throws ArithmeticException if it does not fit a `long`
    public long parameters() {
        return entries.stream()
                .filter(entry -> entry.site() != TensorEntry.Site.ATTRIBUTE)
                .mapToLong(entry -> entry.tensor().shape().elements())
                .reduce(0, Math::addExact);
    }

    /// Where a tensor's bytes are stored according to the model, relative to its folder; empty if they are inside.
    ///
    /// @throws java.util.NoSuchElementException if there is no such tensor
    public Optional<String> location(String tensor) {
        return Optional.ofNullable(locations.get(tensor(tensor).name()));
    }

    /// The elements of a tensor of text, row-major; what is not UTF-8 becomes U+FFFD.
    ///
    /// @throws IllegalArgumentException if it holds something else
    /// @throws java.util.NoSuchElementException if there is no such tensor
    /// @throws IOException if they cannot be had, or a limit is exceeded
    public List<String> strings(String tensor) throws IOException {
        Tensor text = tensor(tensor);
        if (!text.dtype().equals(DataType.TEXT)) {
            throw new IllegalArgumentException(
                    "\"" + tensor + "\" holds " + text.dtype().name() + ", not text");
        }
        return Strings.of(text, walker()).stream()
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .toList();
    }

    /// The whole model as protobuf messages, except the elements of initializers and of tensors in attributes: these
    /// are left out if they take more than 1 KiB. Needs protobuf-java 4.26.1 or later on the class path; nothing else
    /// does.
    ///
    /// @throws IOException if the messages are nested too deeply, would take too much heap, or cannot be read
    public ModelProto graph() throws IOException {
        return GraphView.of(this);
    }

    /// Compares the files of external data with the checksums that the model gives for them. Reads them completely.
    ///
    /// @return what differs; empty if nothing does, also if there are no checksums
    /// @throws IOException if a file cannot be read
    public List<Finding> verifyChecksums() throws IOException {
        return Checksums.verify(entries);
    }

    /// Looks for results that are chosen by comparing an input, without weights in between, with constants. Honest
    /// models have such masks, and backdoors in graphs have this form, so what is found is `INFO`, and nothing that
    /// [dev.modelfile.scan.ModelScanner] reports.
    ///
    /// @throws ModelFormatException if a limit is exceeded
    public List<Finding> inputTriggers() throws ModelFormatException {
        Map<String, Long> elements = new HashMap<>();
        for (Tensor tensor : initializers()) {
            elements.put(tensor.name(), tensor.shape().elements());
        }
        return TriggerSearch.of(walker(), elements);
    }

    /// The tensors and where they are, in the order of [#tensors()].
    List<TensorEntry> entries() {
        return entries;
    }

    /// Whether a tensor of this model has its bytes in another file.
    boolean isExternal(Tensor tensor) {
        return locations.containsKey(tensor.name());
    }

    MappedFile file() {
        return parts().get(0);
    }

    Region region() {
        return file().region();
    }

    ReadOptions options() {
        return options;
    }

    Walker walker() {
        return new Walker(region(), options.limits());
    }
}
