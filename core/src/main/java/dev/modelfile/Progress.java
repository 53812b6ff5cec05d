package dev.modelfile;

/// Told how far a write has come. Called from the writing thread, after every piece; it must be quick.
@FunctionalInterface
public interface Progress {

    /// Nobody listens.
    Progress NONE = (tensor, done, total) -> {};

    /// So many bytes are written.
    ///
    /// @param tensor the tensor that is being written, empty between tensors
    /// @param done bytes written so far, over all files
    /// @param total bytes that will be written
    void update(String tensor, long done, long total);
}
