package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.modelfile.scan.ModelScanner;
import dev.modelfile.scan.ScanReport;
import dev.modelfile.scan.ScanReport.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a scan of a folder sees behind links.
final class ScannedFolderTest {
    @TempDir
    private Path temp = Path.of("");

    private Path folder = Path.of("");
    private Path blob = Path.of("");

    @BeforeEach
    void makeFolders() throws IOException {
        folder = Files.createDirectories(temp.resolve("snapshot"));
        Files.write(folder.resolve("plain.pkl"), Samples.bytes("\u0080\u0002}."));
        blob = Files.createDirectories(temp.resolve("blobs")).resolve("abc");
        Files.write(blob, Samples.bytes("cos\nsystem\n(S'echo hello'\ntR."));
    }

    private List<Verdict> verdicts() throws IOException {
        return ModelScanner.standard().scan(folder).results().stream()
                .map(ScanReport.Result::verdict)
                .sorted()
                .toList();
    }

    @Test
    void filesBehindLinksAreScanned() throws IOException {
        Files.createSymbolicLink(folder.resolve("model.bin"), Path.of("../blobs/abc"));
        assertEquals(List.of(Verdict.CLEAN, Verdict.DANGEROUS), verdicts());
    }

    @Test
    void foldersElsewhereAreNamed() throws IOException {
        Files.createSymbolicLink(folder.resolve("more"), blob.getParent());
        Files.createSymbolicLink(folder.resolve("loop"), folder);
        Files.createSymbolicLink(folder.resolve("gone"), Path.of("nowhere"));
        assertEquals(List.of(Verdict.CLEAN, Verdict.SUSPICIOUS), verdicts());
    }
}
