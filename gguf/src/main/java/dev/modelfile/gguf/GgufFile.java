package dev.modelfile.gguf;

import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.Value;
import dev.modelfile.gguf.container.Header;
import dev.modelfile.gguf.container.Room;
import dev.modelfile.gguf.shard.Splits;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/// An open GGUF model of one or several files.
///
/// Shapes are outermost first, the reverse of the order in the file and of llama.cpp's messages. The metadata is
/// that of
/// the first file. Keys and names that are not UTF-8 hold a lone surrogate U+DC80 to U+DCFF for every such byte. Arrays
/// stay in the mapping: they are valid until the model is closed.
public final class GgufFile extends ModelFile {
    private final List<Header> headers;

    GgufFile(Contents contents, List<Header> headers) {
        super(contents);
        this.headers = List.copyOf(headers);
    }

    /// The version of the first file: 1, 2 or 3.
    public int version() {
        return first().version();
    }

    /// The byte order of the first file. Tensors are little-endian in any case: those of big-endian files are swapped
    /// when they are read.
    @Override
    public ByteOrder byteOrder() {
        return first().encoding().order();
    }

    /// What the data section and every tensor of the first file are aligned to, in bytes.
    public long alignment() {
        return first().alignment();
    }

    /// Where the model begins in its file; not 0 only if [Gguf#openAt] was told so.
    public long startOffset() {
        return first().base();
    }

    /// Where the data section of the first file begins, from the beginning of the file.
    public long dataOffset() {
        return first().base() + first().dataOffset();
    }

    /// The value of `general.architecture`, such as `llama`.
    public Optional<String> architecture() {
        return metadata()
                .find("general.architecture")
                .filter(Value.Text.class::isInstance)
                .map(Value::toString);
    }

    /// What matters most: architecture, size, parameters, bits per weight, types, context, tokenizer.
    @Override
    public SequencedMap<String, Value> summary() {
        return Summary.of(this);
    }

    /// The metadata without the numbers of shards and without room for edits.
    @Override
    public Metadata portableMetadata() {
        Metadata portable = metadata().without(Room.KEY);
        for (String key : Splits.KEYS) {
            portable = portable.without(key);
        }
        return portable;
    }

    /// Whether the file is a header that was padded although no tensor follows.
    boolean hasPaddedHeaderAlone() {
        return parts().size() == 1
                && first().tensors().isEmpty()
                && parts().get(0).bytes().byteSize() - first().base() >= first().dataOffset();
    }

    Header first() {
        return headers.get(0);
    }

    List<Header> headers() {
        return headers;
    }
}
