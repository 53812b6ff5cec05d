package dev.modelfile.safetensors.header;

/// The rules of the format by their stable names. Those of the first group are the reference implementation's errors
/// under the same names; those of the second are deviations from the written specification that the reference accepts.
public final class Rules {
    /// `HeaderTooSmall`: no room for the eight bytes of length.
    public static final String HEADER_TOO_SMALL = "safetensors.header-too-small";
    /// `HeaderTooLarge`: a header of more than 100,000,000 bytes.
    public static final String HEADER_TOO_LARGE = "safetensors.header-too-large";
    /// `InvalidHeaderLength`: the header ends behind the file.
    public static final String INVALID_HEADER_LENGTH = "safetensors.invalid-header-length";
    /// `InvalidHeader`: not UTF-8.
    public static final String INVALID_HEADER = "safetensors.invalid-header";
    /// `InvalidHeaderDeserialization`: no JSON, or JSON of another shape.
    public static final String INVALID_JSON = "safetensors.invalid-header-deserialization";
    /// `InvalidOffset`: a hole or an overlap between tensors.
    public static final String INVALID_OFFSET = "safetensors.invalid-offset";
    /// `ValidationOverflow`: a shape whose size does not fit 64 bits.
    public static final String OVERFLOW = "safetensors.validation-overflow";
    /// `MisalignedSlice`: sub-byte elements that do not fill whole bytes.
    public static final String MISALIGNED_SLICE = "safetensors.misaligned-slice";
    /// `TensorInvalidInfo`: dtype and shape disagree with the offsets.
    public static final String INVALID_INFO = "safetensors.tensor-invalid-info";
    /// `MetadataIncompleteBuffer`: the tensors do not end where the file ends.
    public static final String INCOMPLETE_BUFFER = "safetensors.metadata-incomplete-buffer";

    /// The specification demands `{` as the first byte.
    public static final String LEADING_SPACE = "safetensors.leading-whitespace";
    /// The specification pads with 0x20 only.
    public static final String PADDING = "safetensors.padding";
    /// The specification forbids duplicate keys.
    public static final String DUPLICATE_KEY = "safetensors.duplicate-key";
    /// A tensor entry has three fields.
    public static final String UNKNOWN_FIELD = "safetensors.unknown-field";
    /// A tensor entry or dtype in a form that only the reference's parser knows.
    public static final String UNUSUAL_FORM = "safetensors.unusual-form";
    /// `__metadata__` is an object of strings.
    public static final String NULL_METADATA = "safetensors.null-metadata";
    /// A name that other tools stumble over.
    public static final String UNUSUAL_NAME = "safetensors.unusual-name";
    /// Data that does not lie at a multiple of its element size.
    public static final String UNALIGNED = "safetensors.unaligned";
    /// A truth value other than 0 and 1.
    public static final String BOOL_VALUE = "safetensors.bool-value";

    private Rules() {}
}
