package dev.modelfile.checkpoint.pickle;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;

/// Sees everything that a pickle says while the machine runs, also what it throws away again. Offsets are absolute in
/// the file. Any method may end the run with an exception.
public interface PickleObserver {
    /// Watches nothing.
    PickleObserver NONE = new PickleObserver() {};

    /// An opcode is about to run.
    ///
    /// @throws ModelFormatException to end the run
    default void opcode(int opcode, long offset) throws ModelFormatException {}

    /// A name is imported.
    ///
    /// @throws ModelFormatException to end the run
    default void global(PickleValue.Global global, int protocol) throws ModelFormatException {}

    /// Something is called or instantiated.
    ///
    /// @throws ModelFormatException to end the run
    default void call(InstanceNode call) throws ModelFormatException {}

    /// A state is put into something.
    ///
    /// @return bytes after this opcode that are data, not opcodes
    /// @throws ModelFormatException to end the run
    default long build(PickleValue target, PickleValue state, long offset) throws ModelFormatException {
        return 0;
    }

    /// Items or entries are put into something.
    ///
    /// @throws ModelFormatException to end the run
    default void fill(PickleValue target, boolean entries, long offset) throws ModelFormatException {}

    /// Something outside the pickle is referred to.
    ///
    /// @throws ModelFormatException to end the run
    default void persistentId(PickleValue id, boolean textual, long offset) throws ModelFormatException {}

    /// A string or bytes of at least 16 bytes.
    ///
    /// @throws ModelFormatException to end the run
    default void literal(PickleValue literal, long offset) throws ModelFormatException {}

    /// Something legal that readers treat differently, or whose meaning is not in the file.
    ///
    /// @param rule stable identifier
    /// @throws ModelFormatException to end the run
    default void note(String rule, long offset, String what) throws ModelFormatException {}
}
