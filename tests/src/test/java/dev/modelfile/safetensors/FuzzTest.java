package dev.modelfile.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.modelfile.contract.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mutated headers and indexes under a small heap: our exceptions come out, or a model, and nothing else ever.
final class FuzzTest {
    private static final List<String> SMALL_HEAP = List.of("-Xmx64m", "-XX:-OmitStackTraceInFastThrow");

    @Test
    void mutatedHeaders() throws Exception {
        ChildJvm.Result result =
                ChildJvm.run(Duration.ofSeconds(120), SMALL_HEAP, FuzzMain.class, "headers", "250000", "20251121");
        assertEquals(0, result.exit(), result::output);
    }

    @Test
    void mutatedIndexes(@TempDir Path folder) throws Exception {
        ChildJvm.Result result = ChildJvm.run(
                Duration.ofSeconds(120), SMALL_HEAP, FuzzMain.class, "indexes", "3000", "20251121", folder.toString());
        assertEquals(0, result.exit(), result::output);
    }
}
