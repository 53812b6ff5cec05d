package dev.modelfile.spi;

import dev.modelfile.ModelFormat;
import dev.modelfile.ReadOptions;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import java.util.List;
import java.util.Optional;

/// Looks for what can make a program that loads a file do what the file's author wants: pickles, archives of them, and
/// the like. Found through [java.util.ServiceLoader]; [dev.modelfile.scan.ModelScanner] asks every one about every
/// file. Stateless and safe for use by many threads.
public interface ContentScanner {

    /// Judges some content by its bytes alone, whatever its name is. Never throws because of what the content is: what
    /// could not be read to its end is a finding of severity [dev.modelfile.scan.Severity#ERROR].
    ///
    /// @param content a whole file
    /// @return the findings, which may be none; empty if the content is nothing that this scanner knows
    Optional<List<Finding>> scan(Region content, ReadOptions options);

    /// Whether files of a format that this scanner knows need not be checked by the format as well: a scan would only
    /// read them twice.
    default boolean suffices(ModelFormat format) {
        return false;
    }
}
