package dev.modelfile.onnx.check;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.UnsafeModelException;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Where reader and checks put what is wrong. When a model is opened, the first thing that makes it unusable is thrown;
/// when it is checked, everything is collected.
public final class Problems {
    /// After so many findings of one rule, further ones are only counted.
    private static final int MANY = 100;

    private final String source;
    private final boolean collect;
    private final boolean strict;
    private final List<Finding> findings = new ArrayList<>();
    private final Map<String, Integer> counts = new HashMap<>();

    /// Makes an empty collection.
    ///
    /// @param source the file
    /// @param collect whether nothing is thrown
    /// @param strict whether warnings are thrown too
    public Problems(String source, boolean collect, boolean strict) {
        this.source = source;
        this.collect = collect;
        this.strict = strict;
    }

    /// Something that makes the model unusable.
    ///
    /// @param severity `ERROR`, or `DANGER` if it looks like an attack
    /// @throws ModelFormatException unless problems are collected
    public void refuse(Severity severity, String rule, String place, long offset, String problem)
            throws ModelFormatException {
        if (collect) {
            add(severity, rule, place, offset, problem);
        } else if (severity == Severity.DANGER) {
            throw new UnsafeModelException(rule, source, place, offset, problem);
        } else {
            throw new MalformedModelException(rule, source, place, offset, problem);
        }
    }

    /// Something that other readers accept.
    ///
    /// @throws ModelFormatException if reading is strict and it is worse than `INFO`
    public void note(Severity severity, String rule, String place, long offset, String problem)
            throws ModelFormatException {
        if (strict && !collect && severity != Severity.INFO) {
            throw new MalformedModelException(rule, source, place, offset, problem);
        }
        add(severity, rule, place, offset, problem);
    }

    private void add(Severity severity, String rule, String place, long offset, String problem) {
        int same = counts.merge(rule, 1, (a, b) -> Math.min(a + b, MANY + 2)) - 1;
        if (same < MANY) {
            findings.add(new Finding(rule, severity, place, offset, problem));
        } else if (same == MANY) {
            findings.add(new Finding(rule, severity, "", -1, "more than " + MANY + " findings of this rule"));
        }
    }

    /// Whether another finding of a rule would still be shown: if not, its description need not be made.
    public boolean wants(String rule) {
        return counts.getOrDefault(rule, 0) <= MANY;
    }

    /// Whether problems are collected.
    public boolean collecting() {
        return collect;
    }

    /// The file.
    public String source() {
        return source;
    }

    /// What was found so far.
    public List<Finding> findings() {
        return List.copyOf(findings);
    }
}
