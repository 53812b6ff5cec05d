package dev.modelfile.onnx.check;

/// The rules by their stable names. Next to each stands what breaks it.
public final class Rules {
    /// A tensor without data type, or with `UNDEFINED`.
    public static final String UNDEFINED = "onnx.tensor-undefined";
    /// A negative dimension.
    public static final String DIMENSION = "onnx.tensor-dimension";
    /// Dimensions whose product, or whose bytes, do not fit 64 bits.
    public static final String OVERFLOW = "onnx.tensor-overflow";
    /// Elements in a tensor that has none.
    public static final String EMPTY_WITH_DATA = "onnx.tensor-empty-with-data";
    /// No elements in a tensor that has some.
    public static final String NO_DATA = "onnx.tensor-no-data";
    /// Elements in several fields. With `raw_data` among them, readers take that.
    public static final String SEVERAL_FIELDS = "onnx.tensor-several-fields";
    /// Elements in the field of another type.
    public static final String WRONG_FIELD = "onnx.tensor-wrong-field";
    /// More or fewer elements than the shape says.
    public static final String SIZE = "onnx.tensor-size";
    /// Text in `raw_data`.
    public static final String STRING_RAW = "onnx.tensor-string-raw";
    /// Text that is not UTF-8.
    public static final String STRING_UTF8 = "onnx.tensor-string-utf8";
    /// A piece of a larger tensor, which no known reader puts together.
    public static final String SEGMENT = "onnx.tensor-segment";
    /// A data type that is not known; its bytes are carried.
    public static final String UNKNOWN_TYPE = "onnx.tensor-unknown-type";
    /// A truth value other than 0 and 1.
    public static final String BOOL_VALUE = "onnx.tensor-bool-value";

    /// External data without a location.
    public static final String NO_LOCATION = "onnx.external-no-location";
    /// A key of external data that occurs twice.
    public static final String DUPLICATE_KEY = "onnx.external-duplicate-key";
    /// A key of external data that the specification does not have.
    public static final String UNKNOWN_KEY = "onnx.external-unknown-key";
    /// An offset or length that is not a plain decimal number, or a range outside the file.
    public static final String RANGE = "onnx.external-range";
    /// A length that is not that of the shape.
    public static final String LENGTH = "onnx.external-length";
    /// Elements in the model too.
    public static final String EXTERNAL_AND_INLINE = "onnx.external-and-inline";
    /// External data for text.
    public static final String EXTERNAL_STRING = "onnx.external-string";
    /// A location outside the model's folder.
    public static final String ESCAPE = "onnx.external-escape";
    /// A location with a meaning inside some runtimes: an address in memory instead of a file.
    public static final String MARKER = "onnx.external-marker";
    /// A location on the network.
    public static final String URL = "onnx.external-url";
    /// A location that is the model file itself, or another model.
    public static final String SELF = "onnx.external-self";
    /// A file that is not there.
    public static final String MISSING = "onnx.external-missing";
    /// A file that other names lead to as well.
    public static final String HARD_LINK = "onnx.external-hard-link";
    /// Ranges of different tensors that overlap.
    public static final String OVERLAP = "onnx.external-overlap";
    /// A checksum that is not that of the file.
    public static final String CHECKSUM = "onnx.external-checksum";

    /// No model in the folder, or several.
    public static final String FOLDER = "onnx.folder";
    /// No graph in the model.
    public static final String NO_GRAPH = "onnx.no-graph";
    /// A graph without a name.
    public static final String GRAPH_NAME = "onnx.graph-name";
    /// An input or output of the main graph without name, type or shape.
    public static final String VALUE_TYPE = "onnx.value-type";
    /// An initializer that is no input, before the version of the format that allows it.
    public static final String NOT_AN_INPUT = "onnx.initializer-input";
    /// Two initializers of one name.
    public static final String DUPLICATE_INITIALIZER = "onnx.duplicate-initializer";
    /// An initializer without a name, also a sparse one.
    public static final String UNNAMED_INITIALIZER = "onnx.unnamed-initializer";
    /// A key of `metadata_props` that occurs twice; the last one counts.
    public static final String DUPLICATE_METADATA = "onnx.duplicate-metadata";
    /// A missing, impossible or future IR version.
    public static final String IR_VERSION = "onnx.ir-version";
    /// Missing, double or impossible operator set imports, also of operators that are used.
    public static final String OPSET = "onnx.opset";
    /// A node without operator, or with neither inputs nor outputs.
    public static final String NODE = "onnx.node";
    /// An attribute without name or type, with a value that is not of its type, or with the name of another one.
    public static final String ATTRIBUTE = "onnx.attribute";
    /// A sparse tensor whose parts do not fit each other.
    public static final String SPARSE = "onnx.sparse";
    /// A value that is defined twice, or that hides one of an outer graph.
    public static final String SSA = "onnx.ssa";
    /// A value that is used before it is defined, or never defined.
    public static final String ORDER = "onnx.order";
    /// A function without a name, or with two outputs of one name.
    public static final String FUNCTION = "onnx.function";
    /// Two functions of one identity.
    public static final String DUPLICATE_FUNCTION = "onnx.duplicate-function";
    /// Functions that call each other in a circle.
    public static final String FUNCTION_CYCLE = "onnx.function-cycle";
    /// A function that takes the place of a standard operator.
    public static final String SHADOWED_OPERATOR = "onnx.shadowed-operator";

    /// Operators of a domain outside the standard.
    public static final String CUSTOM_DOMAIN = "onnx.custom-domain";
    /// An operator that runs code of another language.
    public static final String FOREIGN_CODE = "onnx.foreign-code";
    /// A context of an execution provider outside the model's folder.
    public static final String EP_CONTEXT = "onnx.ep-context";
    /// A singular field that occurs twice: readers may differ, and data can hide in the first.
    public static final String DUPLICATE_FIELD = "onnx.duplicate-field";
    /// Fields that the schema does not have, with room for a payload.
    public static final String UNKNOWN_FIELDS = "onnx.unknown-fields";
    /// Bytes that begin like a program, an archive or a pickle.
    public static final String EMBEDDED_FILE = "onnx.embedded-file";
    /// An address on the network.
    public static final String EMBEDDED_URL = "onnx.embedded-url";
    /// An output that is chosen by a comparison of constants with an input.
    public static final String INPUT_TRIGGER = "onnx.input-trigger";

    private Rules() {}
}
