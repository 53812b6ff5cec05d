package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.modelfile.Metadata;
import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Long lists of plain values stay in the file, and are what they would be on the heap.
final class LongListTest {
    private static final int BATCH = 1000;

    @TempDir
    private Path folder;

    private static String i32(int value) {
        return "" + (char) (value & 0xFF) + (char) (value >> 8 & 0xFF) + (char) (value >> 16 & 0xFF)
                + (char) (value >>> 24);
    }

    private static String text(String ascii) {
        return "X" + i32(ascii.length()) + ascii;
    }

    /// A list as Python's pickler writes it: in batches, a last single item alone.
    private static String list(int size, IntFunction<String> item) {
        StringBuilder list = new StringBuilder("]");
        for (int from = 0; from < size; from += BATCH) {
            int to = Math.min(size, from + BATCH);
            list.append(to - from > 1 ? "(" : "");
            for (int i = from; i < to; i++) {
                list.append(item.apply(i));
            }
            list.append(to - from > 1 ? "e" : "a");
        }
        return list.toString();
    }

    private static PickleValue.Sequence load(String pickle) throws IOException {
        return assertInstanceOf(PickleValue.Sequence.class, Samples.load(pickle));
    }

    private static String at(PickleValue.Sequence list, int index) {
        return assertInstanceOf(PickleValue.Text.class, list.items().get(index)).value();
    }

    @Test
    void textsThatAreNumberedInTheMemo() throws IOException {
        int size = 25_001;
        PickleValue.Sequence list = load(list(size, i -> text("word " + i) + "r" + i32(i)) + ".");
        assertEquals(size, list.items().size());
        for (int i = 0; i < size; i++) {
            assertEquals("word " + i, at(list, i));
        }
        assertEquals("word 7", at(list, 7));
        assertThrows(IndexOutOfBoundsException.class, () -> list.items().get(size));
        assertThrows(UnsupportedOperationException.class, () -> list.items().clear());
    }

    @Test
    void theMemoStillKnowsThem() throws IOException {
        int size = 12_000;
        String pickle = list(size, i -> text("w" + i) + "\u0094") + "j" + i32(11_999) + "j" + i32(3) + "\u0087.";
        PickleValue.Sequence tuple = load(pickle);
        assertEquals("w11999", at(tuple, 1));
        assertEquals("w3", at(tuple, 2));
    }

    @Test
    void framesMayStandBetweenThem() throws IOException {
        PickleValue.Sequence list = load("\u0080\u0004"
                + list(3000, i -> (i % 100 == 50 ? "\u0095" + i32(3) + i32(0) : "") + "K" + (char) (i % 256) + "\u0094")
                + ".");
        for (int i = 0; i < 3000; i++) {
            assertEquals(new PickleValue.Int(i % 256), list.items().get(i));
        }
    }

    @Test
    void otherValuesMayFollow() throws IOException {
        int size = 3500;
        PickleValue.Sequence list = load(list(size, i -> i == 2500 ? "K\u0001\u0085" : text("w" + i)) + ".");
        assertEquals(size, list.items().size());
        assertInstanceOf(PickleValue.Sequence.class, list.items().get(2500));
        assertEquals("w999", at(list, 999));
        assertEquals("w3499", at(list, 3499));
    }

    @Test
    void valuesThatArePoppedOrDoubledAreNotMistaken() throws IOException {
        String batch = "(" + "K\u0001".repeat(100) + "e";
        assertEquals(
                200, load("]" + batch + "K\u0002" + "0" + batch + ".").items().size());
        PickleValue.Sequence doubled = load("](" + "K\u0001".repeat(100) + "2" + "K\u0003".repeat(50) + "e.");
        assertEquals(151, doubled.items().size());
        assertEquals(new PickleValue.Int(1), doubled.items().get(100));
        PickleValue.Sequence popped = load("](" + "K\u0001".repeat(100) + "0" + "K\u0003".repeat(50) + "e.");
        assertEquals(149, popped.items().size());
        assertEquals(new PickleValue.Int(3), popped.items().get(99));
        PickleValue.Sequence twice =
                load("](" + "K\u0001".repeat(100) + "e(" + "K\u0002".repeat(3) + "eK\u0004aK\u0005a.");
        assertEquals(105, twice.items().size());
        assertEquals(new PickleValue.Int(2), twice.items().get(102));
        assertEquals(new PickleValue.Int(5), twice.items().get(104));
    }

    @Test
    void theyAreMetadataOfTheirType() throws IOException {
        String pickle = "\u0080\u0002}(" + text("texts") + list(5000, i -> text("w" + i)) + text("numbers")
                + list(5000, i -> "J" + i32(-i)) + text("mixed") + list(5000, i -> i % 2 == 0 ? "N" : "\u0088")
                + "u.";
        Path path = Files.write(folder.resolve("lists.pt"), Samples.checkpoint(pickle));
        List<Value> numbers = new ArrayList<>();
        List<Value> mixed = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            texts.add("w" + i);
            numbers.add(Value.of(-i));
            mixed.add(i % 2 == 0 ? new Value.None() : Value.of(true));
        }
        Metadata metadata;
        try (CheckpointFile file = Checkpoints.open(path)) {
            metadata = file.metadata();
            assertEquals(
                    Metadata.empty()
                            .with("texts", Value.strings(texts))
                            .with("numbers", Value.array(numbers))
                            .with("mixed", Value.array(mixed)),
                    metadata);
        }
        Value.Array closed = (Value.Array) metadata.get("texts");
        assertThrows(IllegalStateException.class, () -> closed.get(0));
    }

    @Test
    void theyTakeNextToNoHeap() throws IOException {
        String pickle = "\u0080\u0002" + list(100_000, i -> text("a word of the vocabulary " + i) + "r" + i32(i)) + ".";
        Path path = Files.write(folder.resolve("words.pkl"), Samples.bytes(pickle));
        ReadLimits limits = ReadLimits.defaults().withMaxHeapBytes(4 << 20);
        try (CheckpointFile file = Checkpoints.open(path, ReadOptions.defaults().withLimits(limits))) {
            assertEquals(100_000, ((PickleValue.Sequence) file.root()).items().size());
        }
    }
}
