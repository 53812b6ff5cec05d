package dev.modelfile.checkpoint;

import dev.modelfile.checkpoint.pickle.DictNode;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.checkpoint.pickle.TextNode;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a pickle describes, as inert data. Where Python would import a name, call it, or ask it to restore itself,
/// there is a value that says so, and nothing happens. Values are shared where the pickle shares them and may be
/// cyclic: compare them by identity, and mark what was visited. Only text and numbers are made anew where a long list
/// or many references hold them.
public sealed interface PickleValue {

    /// Python's `None`.
    record None() implements PickleValue {}

    /// `True` or `False`.
    ///
    /// @param value the value
    record Bool(boolean value) implements PickleValue {}

    /// An integer of at most 64 bits.
    ///
    /// @param value the value
    record Int(long value) implements PickleValue {}

    /// A wider integer.
    ///
    /// @param value the value
    record BigInt(BigInteger value) implements PickleValue {}

    /// A `float`.
    ///
    /// @param value the value
    record Real(double value) implements PickleValue {}

    /// A `str`, or the byte string of Python 2. It may hold lone surrogates.
    sealed interface Text extends PickleValue permits TextNode {
        /// The text, decoded when asked for.
        String value();

        /// Number of bytes in the file.
        long byteSize();
    }

    /// A `bytes` or `bytearray`.
    ///
    /// @param bytes the content, read-only; a view of the file where possible
    /// @param mutable whether it is a `bytearray`
    record Bytes(MemorySegment bytes, boolean mutable) implements PickleValue {
        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    /// The containers that hold items without keys.
    enum Kind {
        /// `tuple`.
        TUPLE,
        /// `list`.
        LIST,
        /// `set`.
        SET,
        /// `frozenset`.
        FROZENSET
    }

    /// A tuple, list, set or frozenset.
    sealed interface Sequence extends PickleValue permits SequenceNode {
        /// Which of them.
        Kind kind();

        /// The items in the order of the pickle, unmodifiable.
        List<PickleValue> items();
    }

    /// One entry of a dictionary.
    ///
    /// @param key the key, of any type
    /// @param value the value
    record Entry(PickleValue key, PickleValue value) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Entry entry && key == entry.key && value == entry.value;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(key) * 31 + System.identityHashCode(value);
        }
    }

    /// A `dict`.
    sealed interface Dict extends PickleValue permits DictNode {
        /// The entries in the order of the pickle; a key that is set twice occurs twice.
        List<Entry> entries();
    }

    /// A name that unpickling would import. It stays a name.
    ///
    /// @param module the module as the file spells it
    /// @param name the attribute in it, dotted for nested ones
    /// @param offset where it is named, absolute in the file
    record Global(String module, String name, long offset) implements PickleValue {
        /// As in `torch.FloatStorage`.
        @Override
        public String toString() {
            return module + "." + name;
        }
    }

    /// How an instance would come to be.
    enum Construction {
        /// `callable(*arguments)`.
        REDUCE,
        /// `class.__new__(class, *arguments)`.
        NEWOBJ,
        /// `class.__new__(class, *arguments, **keywords)`.
        NEWOBJ_EX,
        /// `class(*arguments)` as old pickles say it.
        INST,
        /// `class(*arguments)` with the class taken from the stack.
        OBJ
    }

    /// An object that unpickling would make by a call. Nothing is called.
    sealed interface Instance extends PickleValue permits InstanceNode {
        /// How it would be made.
        Construction construction();

        /// What would be called, usually a [Global].
        PickleValue callable();

        /// The arguments, usually a tuple.
        PickleValue arguments();

        /// The keyword arguments, if there are any.
        @Nullable
        PickleValue keywords();

        /// The states that would be put into it, usually none or one.
        List<PickleValue> states();

        /// The items that would be appended or added to it.
        List<PickleValue> items();

        /// The entries that would be set in it.
        List<Entry> entries();

        /// Where it would be made, absolute in the file.
        long offset();

        /// Whether [#callable()] is exactly this name.
        boolean isCallOf(String module, String name);
    }

    /// A reference to something outside the pickle, such as a storage.
    ///
    /// @param id what identifies it
    /// @param offset where it is referred to, absolute in the file
    record PersistentId(PickleValue id, long offset) implements PickleValue {
        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }

        @Override
        public String toString() {
            return "persistent id @ 0x" + Long.toHexString(offset);
        }
    }

    /// Something whose content is not in the pickle: an entry of the extension registry, an out-of-band buffer.
    ///
    /// @param kind what it is
    /// @param text its number or the like
    record Opaque(String kind, String text) implements PickleValue {}
}
