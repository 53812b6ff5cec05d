package dev.modelfile.checkpoint;

import dev.modelfile.ModelFormat;
import dev.modelfile.ReadOptions;
import dev.modelfile.checkpoint.scan.ContentScan;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import dev.modelfile.spi.ContentScanner;
import java.util.List;
import java.util.Optional;

/// Finds pickles in any file, also inside archives, and says what they would do. It is found as a service by
/// [dev.modelfile.scan.ModelScanner]; there is no need to use it directly.
public final class PickleScanner implements ContentScanner {

    /// Makes the scanner; it has no state.
    public PickleScanner() {}

    /// Everything that a checkpoint can do stands in its content.
    @Override
    public boolean suffices(ModelFormat format) {
        return format instanceof CheckpointFormat;
    }

    @Override
    public Optional<List<Finding>> scan(Region content, ReadOptions options) {
        ContentScan scan = new ContentScan(options.limits(), content.size());
        try {
            return scan.scan(content, 0) ? Optional.of(scan.findings()) : Optional.empty();
        } catch (InternalError gone) {
            // The file was cut short while it was mapped.
            return Optional.of(List.of(
                    new Finding("scan.unreadable", Severity.ERROR, "", -1, "the file changed while it was read")));
        }
    }
}
