package dev.modelfile.spi;

import dev.modelfile.Metadata;
import dev.modelfile.Value;
import dev.modelfile.internal.carry.Carrier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.BiPredicate;

/// How typed metadata travels through formats that know fewer types. A value that a format cannot hold is stored as a
/// wider number where it can hold that, otherwise as text in the manner of JSON; the entry [#TYPES] notes what it was,
/// and a conversion into a format that can hold it makes it that again. Programs that know nothing of this see plain
/// numbers and text.
public final class CarriedMetadata {
    /// The key of the notes: a JSON object of the keys and the types that their values had, as in
    /// `{"llama.block_count": "u32", "tokenizer.ggml.tokens": "[string]"}`.
    public static final String TYPES = "modelfile.types";

    private static final String NOTES = "json";

    private CarriedMetadata() {}

    /// Whether a value's type is told by JSON and Python themselves: a signed 64-bit integer, a double, a truth value,
    /// UTF-8 text, nothing, and lists and tables of those.
    public static boolean isPlain(Value value) {
        return Carrier.isPlain(value);
    }

    /// Metadata in values that a format holds.
    ///
    /// @param metadata what is to be stored; notes in it are kept
    /// @param holds tells of a key and a value whether it comes back equal from a file of the format; must hold for
    ///     UTF-8 text
    /// @param dropped receives a line for each value that has no text form either
    public static Metadata store(Metadata metadata, BiPredicate<String, Value> holds, List<String> dropped) {
        Map<String, Value> stored = new LinkedHashMap<>();
        SequencedMap<String, Value> notes = notes(metadata, new ArrayList<>());
        notes.keySet().retainAll(metadata.keys());
        metadata.entries().forEach((key, value) -> {
            if (holds.test(key, value)) {
                stored.put(key, value);
                return;
            }
            String note = Carrier.note(value);
            if (note == null) {
                String type = value instanceof Value.Opaque opaque ? opaque.typeName() : String.valueOf(value.type());
                dropped.add("metadata \"" + Printable.of(key) + "\": " + type + ", which has no text form");
                return;
            }
            Value wide = Carrier.widened(value);
            stored.put(key, holds.test(key, wide) ? wide : Carrier.text(value, note));
            notes.put(key, Value.of(note));
        });
        stored.remove(TYPES);
        if (!notes.isEmpty()) {
            stored.put(TYPES, Carrier.text(new Value.Table(notes), NOTES));
        }
        return Metadata.of(stored);
    }

    /// The metadata as it was before [#store], without the notes.
    ///
    /// @param dropped receives a line for each value that is not what its note says, because somebody has changed it;
    ///     it stays as it is stored
    public static Metadata restore(Metadata stored, List<String> dropped) {
        SequencedMap<String, Value> notes = notes(stored, dropped);
        if (notes.isEmpty()) {
            return stored;
        }
        Map<String, Value> restored = new LinkedHashMap<>(stored.entries());
        restored.remove(TYPES);
        restored.replaceAll((key, value) -> {
            Value note = notes.get(key);
            return note == null ? value : restored(key, value, note.toString(), dropped);
        });
        return Metadata.of(restored);
    }

    /// A value from its text and the notation of its type, as in `[u32]` and `[1, 2]`.
    ///
    /// @throws IllegalArgumentException if there is no such type, or the text is no value of it
    public static Value parse(String type, String text) {
        return Carrier.restored(Value.of(text), type);
    }

    private static Value restored(String key, Value value, String note, List<String> dropped) {
        try {
            return Carrier.restored(value, note);
        } catch (IllegalArgumentException changed) {
            dropped.add("type of metadata \"" + Printable.of(key) + "\": noted as " + Printable.of(note)
                    + ", which the value is not");
            return value;
        }
    }

    private static SequencedMap<String, Value> notes(Metadata metadata, List<String> dropped) {
        Optional<Value> text = metadata.find(TYPES);
        if (text.isEmpty()) {
            return new LinkedHashMap<>();
        }
        Value notes = restored(TYPES, text.get(), NOTES, dropped);
        return notes instanceof Value.Table table ? new LinkedHashMap<>(table.entries()) : new LinkedHashMap<>();
    }
}
