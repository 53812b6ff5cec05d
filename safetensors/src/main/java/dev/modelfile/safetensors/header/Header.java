package dev.modelfile.safetensors.header;

import dev.modelfile.Value;
import dev.modelfile.scan.Finding;
import java.util.List;
import java.util.Map;

/// A header that holds together: every tensor lies where the reference wants it.
///
/// @param length bytes of the JSON text with its padding
/// @param entries the tensors in the order of their data
/// @param metadata the texts of `__metadata__` in file order, empty if it is absent
/// @param findings what the specification forbids and the reference accepts
/// @param heap estimate of the heap that a model of it takes, in bytes
public record Header(
        long length, List<HeaderEntry> entries, Map<String, Value> metadata, List<Finding> findings, long heap) {
    /// The bytes in front of the JSON text.
    public static final int PREFIX = 8;
    /// The reference's bound on [#length()].
    public static final long MAX_LENGTH = 100_000_000;
    /// The reserved name.
    public static final String METADATA = "__metadata__";

    /// Where the data section begins in the file.
    public long dataOffset() {
        return PREFIX + length;
    }
}
