package dev.modelfile.onnx;

import dev.modelfile.ModelFormat;
import java.util.Objects;
import java.util.Optional;

/// How tensors are laid out in files beside the model.
///
/// @param threshold default 1024: smaller tensors stay in the model, and so do texts, and the 64-bit integers with
///     which
///     graphs describe shapes
/// @param alignment default 1, none: tensors begin at multiples of so many bytes; 4096 for readers that map each one
/// @param maxFileBytes default 0, no bound: begin another file when one would get longer; a single larger tensor gets a
///     file of its own
/// @param filePerTensor default false: one file, or as many as `maxFileBytes` makes
/// @param shareEqual default false: tensors with the same bytes are stored once
/// @param container default none, plain bytes: a format whose files hold the tensors, for instance Safetensors; the
///     model then points into them
public record ExternalLayout(
        long threshold,
        int alignment,
        long maxFileBytes,
        boolean filePerTensor,
        boolean shareEqual,
        Optional<ModelFormat> container) {

    /// @throws IllegalArgumentException if a number is negative, or the alignment is not a power of two
    public ExternalLayout {
        Objects.requireNonNull(container, "container");
        if (threshold < 0 || maxFileBytes < 0) {
            throw new IllegalArgumentException("a number of the layout is negative");
        }
        if (alignment < 1 || Integer.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("alignment " + alignment + " is not a power of two");
        }
    }

    /// The defaults stated above.
    public static ExternalLayout defaults() {
        return new ExternalLayout(1024, 1, 0, false, false, Optional.empty());
    }

    /// The same layout with another [#threshold()].
    public ExternalLayout withThreshold(long value) {
        return new ExternalLayout(value, alignment, maxFileBytes, filePerTensor, shareEqual, container);
    }

    /// The same layout with another [#alignment()].
    public ExternalLayout withAlignment(int value) {
        return new ExternalLayout(threshold, value, maxFileBytes, filePerTensor, shareEqual, container);
    }

    /// The same layout with another [#maxFileBytes()].
    public ExternalLayout withMaxFileBytes(long value) {
        return new ExternalLayout(threshold, alignment, value, filePerTensor, shareEqual, container);
    }

    /// The same layout with another [#filePerTensor()].
    public ExternalLayout withFilePerTensor(boolean value) {
        return new ExternalLayout(threshold, alignment, maxFileBytes, value, shareEqual, container);
    }

    /// The same layout with another [#shareEqual()].
    public ExternalLayout withShareEqual(boolean value) {
        return new ExternalLayout(threshold, alignment, maxFileBytes, filePerTensor, value, container);
    }

    /// The same layout in files of a format.
    public ExternalLayout withContainer(ModelFormat format) {
        return new ExternalLayout(threshold, alignment, maxFileBytes, filePerTensor, shareEqual, Optional.of(format));
    }
}
