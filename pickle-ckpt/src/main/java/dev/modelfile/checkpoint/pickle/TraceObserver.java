package dev.modelfile.checkpoint.pickle;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;

/// Sees what a pickle says while a [TraceMachine] runs, also what it throws away again. Values are those of its
/// [Trace]; offsets are absolute in the file.
public interface TraceObserver {
    /// A name is imported.
    ///
    /// @param global number of the name
    /// @throws ModelFormatException to end the run
    void global(int global, long offset) throws ModelFormatException;

    /// Something is called or instantiated.
    ///
    /// @throws ModelFormatException to end the run
    void call(PickleValue.Construction how, long callable, long arguments, long offset) throws ModelFormatException;

    /// A state is put into something.
    ///
    /// @return bytes after this opcode that are data, not opcodes
    /// @throws ModelFormatException to end the run
    long build(long target, long state, long offset) throws ModelFormatException;

    /// Items are put into a name itself, or into what a call made.
    ///
    /// @param entries whether they are entries of a dictionary
    /// @throws ModelFormatException to end the run
    void fill(long target, boolean entries, long offset) throws ModelFormatException;

    /// What a call made becomes the key of a dictionary.
    ///
    /// @throws ModelFormatException to end the run
    void key(long call) throws ModelFormatException;

    /// There is a text that begins with two underscores, as names do that mean something to Python.
    ///
    /// @throws ModelFormatException to end the run
    void special(String text, long offset) throws ModelFormatException;

    /// Something outside the pickle is referred to.
    ///
    /// @throws ModelFormatException to end the run
    void persistentId(long id, long offset) throws ModelFormatException;

    /// Whether a string or bytes of at least 16 bytes that begin so are worth looking at.
    boolean isNotable(int first, int second);

    /// A string or bytes that are notable.
    ///
    /// @throws ModelFormatException to end the run
    void literal(PickleValue literal) throws ModelFormatException;

    /// Something legal that readers treat differently, or whose meaning is not in the file.
    ///
    /// @param rule stable identifier
    /// @throws ModelFormatException to end the run
    void note(String rule, long offset, String what) throws ModelFormatException;
}
