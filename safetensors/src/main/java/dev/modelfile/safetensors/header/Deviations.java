package dev.modelfile.safetensors.header;

import dev.modelfile.MalformedModelException;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import dev.modelfile.spi.Printable;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// Collects what the specification forbids and the reference accepts; in strict reading the first one is an error.
final class Deviations {
    /// A hostile header could otherwise make millions of them.
    private static final int MAX_FINDINGS = 1000;

    private final Region header;
    private final boolean strict;
    private final List<Finding> findings = new ArrayList<>();
    private long left;

    Deviations(Region header, boolean strict) {
        this.header = header;
        this.strict = strict;
    }

    void add(String rule, String where, long offset, String problem) throws MalformedModelException {
        String place = where.isEmpty() ? "" : "\"" + Printable.of(where) + "\"";
        if (strict) {
            throw header.malformed(rule, place, offset, problem);
        }
        note(rule, Severity.WARNING, place, offset, problem);
    }

    /// Notes something that the specification does not forbid.
    void info(String rule, String where, long offset, String remark) {
        note(rule, Severity.INFO, "\"" + Printable.of(where) + "\"", offset, remark);
    }

    private void note(String rule, Severity severity, String where, long offset, String text) {
        if (findings.size() < MAX_FINDINGS) {
            findings.add(new Finding(rule, severity, where, header.base() + offset, text));
        } else {
            left++;
        }
    }

    /// Looks at what follows the object: only spaces should.
    void padding(Region text, long from) throws MalformedModelException {
        for (long at = from; at < text.size(); at++) {
            if (text.bytes().get(ValueLayout.JAVA_BYTE, at) != ' ') {
                add(Rules.PADDING, "", at, "padding other than 0x20");
                return;
            }
        }
    }

    List<Finding> findings() {
        if (left > 0) {
            findings.add(new Finding(
                    "safetensors.more", Severity.WARNING, "", -1, left + " more findings of these kinds are left out"));
            left = 0;
        }
        return List.copyOf(findings);
    }
}
