package dev.modelfile.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.modelfile.Metadata;
import dev.modelfile.Value;
import dev.modelfile.spi.CarriedMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Notes of types come from files, so that they may say anything.
final class CarriedMetadataTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "[json]",
                "[foo]",
                "[",
                "[]",
                "]",
                "",
                "opaque",
                "[opaque]",
                "table",
                "array",
                "[[u32]]",
                "bool",
                "bytes",
                "u64",
                "none",
                "[none]",
                "json"
            })
    void notesThatAreNotTrueLeaveTheText(String note) {
        for (String text : List.of("[]]", "[1, }", "-", "\u0000", "[[[", "{\"a\": 1, \"a\": 2}", "\"\\ud800\"")) {
            Metadata stored = Metadata.of(
                    Map.of("k", Value.of(text), CarriedMetadata.TYPES, Value.of("{\"k\": \"" + note + "\"}")));
            List<String> dropped = new ArrayList<>();
            Metadata restored = CarriedMetadata.restore(stored, dropped);
            assertEquals(Value.of(text), restored.get("k"));
            assertEquals(1, dropped.size(), text);
            assertEquals(1, restored.size());
        }
    }

    @Test
    void nestingIsBounded() {
        int deep = 100_000;
        Metadata stored = Metadata.of(Map.of(
                "k",
                Value.of("[".repeat(deep)),
                "l",
                Value.of("[".repeat(deep)),
                CarriedMetadata.TYPES,
                Value.of("{\"k\": \"" + "[".repeat(deep) + "u8" + "]".repeat(deep) + "\", \"l\": \"json\"}")));
        List<String> dropped = new ArrayList<>();
        assertEquals(
                Value.of("[".repeat(deep)),
                CarriedMetadata.restore(stored, dropped).get("k"));
        assertEquals(2, dropped.size());
    }

    @Test
    void arraysAreParsedWithTheirType() {
        Value.Array numbers = (Value.Array) CarriedMetadata.parse("[u32]", " [1, 2,3 ] ");
        assertEquals(Value.Type.U32, numbers.elementType());
        assertEquals(Value.u32(3), numbers.get(2));
        assertThrows(IllegalArgumentException.class, () -> CarriedMetadata.parse("[u32]", "[1, -2]"));
        assertThrows(IllegalArgumentException.class, () -> CarriedMetadata.parse("[json]", "[1]"));
        assertThrows(IndexOutOfBoundsException.class, () -> numbers.get(3));
    }
}
