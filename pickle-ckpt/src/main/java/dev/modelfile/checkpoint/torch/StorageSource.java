package dev.modelfile.checkpoint.torch;

import dev.modelfile.ModelFormatException;
import dev.modelfile.spi.TensorData;

/// Where a container keeps its storages.
public interface StorageSource {

    /// The bytes of a storage, exactly as many as there are in the file.
    ///
    /// @param key the storage's key, as the pickle spells it
    /// @param declared how many bytes the pickle says that it has
    /// @throws ModelFormatException if there is no such storage, it is damaged, or has another size
    TensorData bytes(String key, long declared) throws ModelFormatException;
}
