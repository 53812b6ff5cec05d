package dev.modelfile.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is on the disk if the power fails between the renames of a write.
final class ReplacementTest {
    @TempDir
    Path folder;

    /// The power fails.
    private static final class PowerCut extends Error {
        private static final long serialVersionUID = 1L;
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    private Replacement replacement() throws IOException {
        return new Replacement(
                List.of(write(".data.tmp", "new"), write(".index.tmp", "new")),
                List.of(folder.resolve("data"), folder.resolve("index")),
                folder.resolve(".aside.tmp"));
    }

    private String content(String name) throws IOException {
        return Files.exists(folder.resolve(name)) ? Files.readString(folder.resolve(name)) : "none";
    }

    private static Replacement.Move cut(int after) {
        int[] moves = {0};
        return (from, to) -> {
            if (moves[0]++ == after) {
                throw new PowerCut();
            }
            Replacement.rename(from, to);
        };
    }

    @Test
    void anOldIndexNeverStandsBesideNewData() throws IOException {
        List<String> states = new ArrayList<>();
        for (int after = 0; after < 3; after++) {
            write("data", "old");
            write("index", "old");
            Replacement replacement = replacement();
            Replacement.Move cut = cut(after);
            assertThrows(PowerCut.class, () -> replacement.run(cut));
            states.add(content("data") + " " + content("index"));
            assertTrue(
                    content(".index.tmp").equals("new") && (content(".aside.tmp") + content("index")).contains("old"));
            Files.deleteIfExists(folder.resolve(".aside.tmp"));
        }
        assertEquals(List.of("old old", "old none", "new none"), states);
    }

    @Test
    void anIndexThatMisleadsNobodyIsReplacedInOneStep() throws IOException {
        write("index", "old");
        Replacement first = replacement();
        assertThrows(PowerCut.class, () -> first.run(cut(1)));
        assertEquals("new old", content("data") + " " + content("index"));
        Files.delete(folder.resolve("data"));
        replacement().run(Replacement::rename);
        assertEquals("new new", content("data") + " " + content("index"));
    }

    @Test
    void inTheEndNothingElseIsLeft() throws IOException {
        write("data", "old");
        write("index", "old");
        replacement().run(Replacement::rename);
        assertEquals("new new", content("data") + " " + content("index"));
        try (var files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
    }

    @Test
    void aFailureLeavesTheOldOrSaysWhereTheNewIs() throws IOException {
        write("data", "old");
        write("index", "old");
        Replacement first = replacement();
        Files.delete(folder.resolve(".data.tmp"));
        assertThrows(NoSuchFileException.class, () -> first.run(Replacement::rename));
        assertEquals("old old", content("data") + " " + content("index"));
        Replacement second = replacement();
        Set<Path> refused = Set.of(folder.resolve("index"));
        var unfinished = assertThrows(
                Replacement.Unfinished.class,
                () -> second.run((from, to) -> {
                    if (refused.contains(to)) {
                        throw new IOException("no");
                    }
                    Replacement.rename(from, to);
                }));
        assertTrue(String.valueOf(unfinished.getReason()).contains("1 of 2 files"), unfinished.toString());
        assertTrue(String.valueOf(unfinished.getReason()).contains(".index.tmp"), unfinished.toString());
        assertEquals("new", content(".index.tmp"));
        assertFalse(Files.exists(folder.resolve("index")));
    }
}
