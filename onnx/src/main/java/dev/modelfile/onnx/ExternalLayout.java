package dev.modelfile.onnx;

import dev.modelfile.ModelFormat;
import java.util.Objects;
import java.util.Optional;

/// How tensors are laid out in files beside the model.
///
/// @param threshold default 1024: smaller tensors stay in the model, and so do texts, and the 64-bit integers with
///     which graphs describe shapes
/// @param alignment default 1, none: tensors begin at multiples of so many bytes; 4096 for readers that map each one
/// @param maxFileBytes default 0, no bound: begin another file when one would get longer; a single larger tensor gets a
///     file of its own
/// @param maxFileTensors default 0, no bound: begin another file after so many tensors; 1 gives each a file of its own
/// @param shareEqual default false: tensors with the same bytes are stored once
/// @param checksum default false: the model says the SHA-1 of each file, see [OnnxFile#verifyChecksums()]
/// @param container default none, plain bytes: a format whose files hold the tensors, for instance Safetensors; the
///     model then points into them
public record ExternalLayout(
        long threshold,
        int alignment,
        long maxFileBytes,
        int maxFileTensors,
        boolean shareEqual,
        boolean checksum,
        Optional<ModelFormat> container) {

    /// @throws IllegalArgumentException if a number is negative, or the alignment is not a power of two
    public ExternalLayout {
        Objects.requireNonNull(container, "container");
        if (threshold < 0 || maxFileBytes < 0 || maxFileTensors < 0) {
            throw new IllegalArgumentException("a number of the layout is negative");
        }
        if (alignment < 1 || Integer.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("alignment " + alignment + " is not a power of two");
        }
    }

    /// The defaults stated above.
    public static ExternalLayout defaults() {
        return new ExternalLayout(1024, 1, 0, 0, false, false, Optional.empty());
    }

    /// The same layout with another [#threshold()].
    public ExternalLayout withThreshold(long value) {
        return new ExternalLayout(value, alignment, maxFileBytes, maxFileTensors, shareEqual, checksum, container);
    }

    /// The same layout with another [#alignment()].
    public ExternalLayout withAlignment(int value) {
        return new ExternalLayout(threshold, value, maxFileBytes, maxFileTensors, shareEqual, checksum, container);
    }

    /// The same layout with another [#maxFileBytes()].
    public ExternalLayout withMaxFileBytes(long value) {
        return new ExternalLayout(threshold, alignment, value, maxFileTensors, shareEqual, checksum, container);
    }

    /// The same layout with another [#maxFileTensors()].
    public ExternalLayout withMaxFileTensors(int value) {
        return new ExternalLayout(threshold, alignment, maxFileBytes, value, shareEqual, checksum, container);
    }

    /// The same layout with another [#shareEqual()].
    public ExternalLayout withShareEqual(boolean value) {
        return new ExternalLayout(threshold, alignment, maxFileBytes, maxFileTensors, value, checksum, container);
    }

    /// The same layout with another [#checksum()].
    public ExternalLayout withChecksum(boolean value) {
        return new ExternalLayout(threshold, alignment, maxFileBytes, maxFileTensors, shareEqual, value, container);
    }

    /// The same layout in files of a format.
    public ExternalLayout withContainer(ModelFormat format) {
        return new ExternalLayout(
                threshold, alignment, maxFileBytes, maxFileTensors, shareEqual, checksum, Optional.of(format));
    }
}
