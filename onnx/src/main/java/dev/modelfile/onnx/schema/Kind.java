package dev.modelfile.onnx.schema;

import dev.modelfile.onnx.wire.WireCursor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The messages of ONNX up to IR version 14, with the numbers and forms of their fields, as in `onnx-ml.proto`.
///
/// One letter says how a field is encoded: `v` varint, `f` four bytes, `d` eight bytes, `s` string or bytes, `m`
/// message. A capital means that it is repeated; repeated numbers may be packed.
public enum Kind {
    /// `ModelProto`.
    MODEL("1v 2s 3s 4s 5v 6s 7m:GRAPH 8M:OPSET 14M:ENTRY 20M:TRAINING 25M:FUNCTION 26M:DEVICES"),
    /// `OperatorSetIdProto`.
    OPSET("1s 2v"),
    /// `StringStringEntryProto`.
    ENTRY("1s 2s"),
    /// `DeviceConfigurationProto`.
    DEVICES("1s 2v 3S"),
    /// `TrainingInfoProto`.
    TRAINING("1m:GRAPH 2m:GRAPH 3M:ENTRY 4M:ENTRY"),
    /// `FunctionProto`.
    FUNCTION("1s 4S 5S 6S 7M:NODE 8s 9M:OPSET 10s 11M:ATTRIBUTE 12M:VALUE_INFO 13s 14M:ENTRY"),
    /// `GraphProto`.
    GRAPH("1M:NODE 2s 5M:TENSOR 10s 11M:VALUE_INFO 12M:VALUE_INFO 13M:VALUE_INFO 14M:ANNOTATION 15M:SPARSE 16M:ENTRY"),
    /// `NodeProto`.
    NODE("1S 2S 3s 4s 5M:ATTRIBUTE 6s 7s 8s 9M:ENTRY 10M:NODE_DEVICES"),
    /// `NodeDeviceConfigurationProto`.
    NODE_DEVICES("1s 2M:SHARDING 3v"),
    /// `ShardingSpecProto`.
    SHARDING("1s 2V 3M:DEVICE_GROUP 4M:SHARDED_DIM"),
    /// `IntIntListEntryProto`.
    DEVICE_GROUP("1v 2V"),
    /// `ShardedDimProto`.
    SHARDED_DIM("1v 2M:SIMPLE_SHARDING"),
    /// `SimpleShardedDimProto`.
    SIMPLE_SHARDING("1v 2s 3v"),
    /// `AttributeProto`.
    ATTRIBUTE("1s 2f 3v 4s 5m:TENSOR 6m:GRAPH 7F 8V 9S 10M:TENSOR 11M:GRAPH 13s 14m:TYPE 15M:TYPE 20v 21s"
            + " 22m:SPARSE 23M:SPARSE"),
    /// `TensorProto`.
    TENSOR("1V 2v 3m:SEGMENT 4F 5V 6S 7V 8s 9s 10D 11V 12s 13M:ENTRY 14v 16M:ENTRY"),
    /// `TensorProto.Segment`.
    SEGMENT("1v 2v"),
    /// `SparseTensorProto`.
    SPARSE("1m:TENSOR 2m:TENSOR 3V"),
    /// `TensorAnnotation`.
    ANNOTATION("1s 2M:ENTRY"),
    /// `ValueInfoProto`.
    VALUE_INFO("1s 2m:TYPE 3s 4M:ENTRY"),
    /// `TensorShapeProto`.
    SHAPE("1M:DIMENSION"),
    /// `TensorShapeProto.Dimension`.
    DIMENSION("1v 2s 3s"),
    /// `TypeProto`.
    TYPE("1m:TENSOR_TYPE 4m:ELEMENT_TYPE 5m:MAP_TYPE 6s 7m:OPAQUE_TYPE 8m:TENSOR_TYPE 9m:ELEMENT_TYPE"),
    /// `TypeProto.Tensor` and `TypeProto.SparseTensor`.
    TENSOR_TYPE("1v 2m:SHAPE"),
    /// `TypeProto.Sequence` and `TypeProto.Optional`.
    ELEMENT_TYPE("1m:TYPE"),
    /// `TypeProto.Map`.
    MAP_TYPE("1v 2m:TYPE"),
    /// `TypeProto.Opaque`.
    OPAQUE_TYPE("1s 2s");

    /// Above all field numbers.
    static final int FIELDS = 27;

    private final String fields;
    private final @Nullable Field[] byNumber = new Field[FIELDS];

    static {
        for (Kind kind : values()) {
            for (String field : kind.fields.split(" ")) {
                kind.add(field);
            }
        }
    }

    Kind(String fields) {
        this.fields = fields;
    }

    /// One field of a message.
    ///
    /// @param number its number
    /// @param type its wire type when it is not packed
    /// @param repeated whether it may occur several times; otherwise the last one counts, or messages merge
    /// @param packable whether its numbers may be packed into one length-delimited field
    /// @param child what message it holds, null if none
    public record Field(
            int number,
            int type,
            boolean repeated,
            boolean packable,
            @Nullable Kind child) {
        /// Whether a field of this number and a wire type is this one. Otherwise it is an unknown field.
        public boolean accepts(int wireType) {
            return wireType == type || packable && wireType == WireCursor.LENGTH_DELIMITED;
        }
    }

    private void add(String text) {
        int colon = text.indexOf(':');
        String head = colon < 0 ? text : text.substring(0, colon);
        char letter = head.charAt(head.length() - 1);
        int number = Integer.parseInt(head.substring(0, head.length() - 1));
        boolean repeated = Character.isUpperCase(letter);
        int type = switch (Character.toLowerCase(letter)) {
            case 'v' -> WireCursor.VARINT;
            case 'f' -> WireCursor.FIXED32;
            case 'd' -> WireCursor.FIXED64;
            default -> WireCursor.LENGTH_DELIMITED;
        };
        Kind child = colon < 0 ? null : Kind.valueOf(text.substring(colon + 1));
        byNumber[number] = new Field(number, type, repeated, repeated && type != WireCursor.LENGTH_DELIMITED, child);
    }

    /// The field of a number and wire type, null if this message has none like it.
    public @Nullable Field field(int number, int wireType) {
        Field field = number < FIELDS ? byNumber[number] : null;
        return field != null && field.accepts(wireType) ? field : null;
    }

    /// Whether it leads to nodes, at any depth.
    public boolean leadsToNodes() {
        return switch (this) {
            case MODEL, GRAPH, NODE, ATTRIBUTE, FUNCTION, TRAINING -> true;
            default -> false;
        };
    }

    /// The message's name in messages, for instance `graph`.
    public String shown() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
