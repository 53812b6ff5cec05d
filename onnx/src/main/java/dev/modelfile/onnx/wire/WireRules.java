package dev.modelfile.onnx.wire;

/// Stable names of what can be wrong with the encoding.
public final class WireRules {
    /// A field begins or ends behind the end of its message.
    public static final String TRUNCATED = "onnx.wire-truncated";
    /// A varint of more than ten bytes.
    public static final String VARINT = "onnx.wire-varint";
    /// Field number 0, wire type 6 or 7, or a group that ends without having begun.
    public static final String TAG = "onnx.wire-tag";

    private WireRules() {}
}
