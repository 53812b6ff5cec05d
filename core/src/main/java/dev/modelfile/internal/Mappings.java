package dev.modelfile.internal;

import java.io.IOException;

/// Reading from mapped files that somebody else may cut short in the meantime.
final class Mappings {
    private Mappings() {}

    /// Something that reads from a mapping.
    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }

    /// Does the work. The virtual machine reports a page that is gone as an `InternalError`, which becomes an exception
    /// that callers expect.
    ///
    /// @param what what is read, for the message
    /// @throws IOException if the work fails, or the file no longer has the bytes that it had when it was mapped
    static void whileMapped(String what, Work work) throws IOException {
        try {
            work.run();
        } catch (InternalError gone) {
            throw new IOException(what + ": its file was cut short or became unreadable while it was in use", gone);
        }
    }
}
