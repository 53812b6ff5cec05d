package dev.modelfile.cli.verb;

import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.cli.values.Comparison;
import org.jspecify.annotations.Nullable;

/// Takes the differences as they are found: first those of the metadata, then those of the tensors.
interface DiffReport {

    /// The differences of the metadata begin.
    void metadata();

    /// A key has different values; null where there is none.
    void metadata(String key, @Nullable Value old, @Nullable Value now);

    /// The differences of the tensors begin.
    void tensors();

    /// A tensor is in both, and nothing that counts differs.
    void same(Tensor tensor);

    /// A tensor is only in the second model.
    void added(Tensor tensor);

    /// A tensor is only in the first model.
    void removed(Tensor tensor);

    /// A tensor is in both and differs.
    ///
    /// @param values how the values differ, or null if they were not compared
    void changed(Tensor old, Tensor now, @Nullable Comparison values);

    /// Whether anything differs.
    boolean differs();
}
