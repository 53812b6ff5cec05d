package dev.modelfile.gguf.container;

import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.List;

/// What a file does that it should not, and that can be read without doubt all the same.
public final class Deviations {
    /// Beyond this many, findings of one model only cost memory.
    private static final int MOST = 1000;

    private final List<Finding> findings = new ArrayList<>();

    /// Notes something.
    void noted(String rule, Severity severity, Region region, String where, long offset, String problem) {
        add(new Finding(rule, severity, where, offset < 0 ? -1 : region.base() + offset, problem));
    }

    /// Adds what was found elsewhere.
    public void add(Finding finding) {
        if (findings.size() < MOST) {
            findings.add(finding);
        }
    }

    /// All that were noted.
    public List<Finding> findings() {
        return findings;
    }
}
