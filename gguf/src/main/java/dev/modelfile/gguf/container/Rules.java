package dev.modelfile.gguf.container;

/// Identifiers of the rules that findings and errors name, in the order in which llama.cpp checks them.
public final class Rules {
    /// A folder that does not hold one model.
    public static final String FOLDER = "gguf.folder";
    /// Not a GGUF file at all.
    public static final String MAGIC = "gguf.magic";
    /// A version that is not 2 or 3.
    public static final String VERSION = "gguf.version";
    /// Version 1, which llama.cpp does not read any more.
    public static final String VERSION_1 = "gguf.version-1";
    /// Big-endian, which llama.cpp reads on big-endian machines only.
    public static final String BIG_ENDIAN = "gguf.big-endian";
    /// A number of tensors or keys that the file cannot hold.
    public static final String COUNT = "gguf.count";
    /// A string longer than the file or than 1 GiB.
    public static final String STRING_LENGTH = "gguf.string-length";
    /// An empty key.
    public static final String EMPTY_KEY = "gguf.empty-key";
    /// A key that is there twice.
    public static final String DUPLICATE_KEY = "gguf.duplicate-key";
    /// A value of a type that is not known.
    public static final String VALUE_TYPE = "gguf.value-type";
    /// An array in an array.
    public static final String NESTED_ARRAY = "gguf.nested-array";
    /// An array longer than the file.
    public static final String ARRAY_LENGTH = "gguf.array-length";
    /// An alignment of another type than U32.
    public static final String ALIGNMENT_TYPE = "gguf.alignment-type";
    /// An alignment that is not a power of two.
    public static final String ALIGNMENT = "gguf.alignment";
    /// A tensor name of 64 bytes or more.
    public static final String NAME_LENGTH = "gguf.name-length";
    /// A tensor name that is there twice.
    public static final String DUPLICATE_NAME = "gguf.duplicate-name";
    /// More than four dimensions.
    public static final String RANK = "gguf.rank";
    /// A negative dimension.
    public static final String DIMENSION = "gguf.dimension";
    /// More elements or bytes than 63 bits can count.
    public static final String SHAPE_OVERFLOW = "gguf.shape-overflow";
    /// A tensor type that is not known, or removed.
    public static final String TENSOR_TYPE = "gguf.tensor-type";
    /// Rows that do not fill blocks.
    public static final String BLOCK_ROWS = "gguf.block-rows";
    /// The data section would begin behind the end of the file.
    public static final String DATA_SECTION = "gguf.data-section";
    /// A tensor that does not begin right behind the one before.
    public static final String TENSOR_OFFSET = "gguf.tensor-offset";
    /// Tensors that share bytes.
    public static final String OVERLAP = "gguf.overlap";
    /// Tensor data behind the end of the file.
    public static final String DATA_MISSING = "gguf.data-missing";

    /// A NUL in a key or name: C programs see only what is before it.
    public static final String NUL = "gguf.nul";
    /// A key, name or string that is not UTF-8.
    public static final String NOT_UTF8 = "gguf.not-utf8";
    /// A tensor without a name.
    public static final String EMPTY_NAME = "gguf.empty-name";
    /// A control character in a key or name: what is shown of it may be something else.
    public static final String CONTROL = "gguf.control-character";
    /// A truth value other than 0 and 1.
    public static final String BOOL_VALUE = "gguf.bool-value";
    /// Padding that is not zero: data that no reader sees.
    public static final String PADDING = "gguf.padding";
    /// Bytes behind the last tensor.
    public static final String TRAILING = "gguf.trailing-bytes";
    /// NaN or infinity in a scale or a float tensor.
    public static final String NOT_FINITE = "gguf.not-finite";
    /// A well-known key of another type than programs expect.
    public static final String KEY_TYPE = "gguf.key-type";
    /// Numbers of the tokenizer that contradict each other.
    public static final String TOKENIZER = "gguf.tokenizer";
    /// A chat template that reaches for Python internals.
    public static final String TEMPLATE = "gguf.chat-template";
    /// A file type that no or few tensors have.
    public static final String FILE_TYPE = "gguf.file-type";
    /// Shards that contradict each other.
    public static final String SHARD = "gguf.shard";
    /// An edit in place that was interrupted.
    public static final String INTERRUPTED_EDIT = "gguf.interrupted-edit";

    private Rules() {}
}
