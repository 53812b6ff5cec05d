package dev.modelfile.gguf.container;

import dev.modelfile.MalformedModelException;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.List;

/// What a file does that it should not. Reading strictly, what llama.cpp refuses is refused; otherwise it is noted.
public final class Deviations {
    /// Beyond this many, findings of one file only cost memory.
    private static final int MOST = 1000;

    private final boolean strict;
    private final List<Finding> findings = new ArrayList<>();

    /// Starts with none.
    public Deviations(boolean strict) {
        this.strict = strict;
    }

    /// Something that llama.cpp refuses and that can be read without doubt.
    ///
    /// @throws MalformedModelException in strict reading
    void refused(String rule, Severity severity, Region region, String where, long offset, String problem)
            throws MalformedModelException {
        if (strict) {
            throw region.malformed(rule, where, offset, problem);
        }
        noted(rule, severity, region, where, offset, problem);
    }

    /// Something that llama.cpp accepts, and that should be known.
    void noted(String rule, Severity severity, Region region, String where, long offset, String problem) {
        if (findings.size() < MOST) {
            findings.add(new Finding(rule, severity, where, offset < 0 ? -1 : region.base() + offset, problem));
        }
    }

    /// All that were noted.
    public List<Finding> findings() {
        return findings;
    }
}
