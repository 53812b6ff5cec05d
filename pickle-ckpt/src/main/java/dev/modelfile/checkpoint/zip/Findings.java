package dev.modelfile.checkpoint.zip;

import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Collects findings; of each rule only the first ones, so that a hostile file cannot fill the heap with them.
public final class Findings {
    private static final int PER_RULE = 50;

    private final List<Finding> found = new ArrayList<>();
    private final Map<String, Integer> counts = new HashMap<>();

    /// Adds a finding about a place in a region.
    ///
    /// @param offset relative to the region, negative for none
    public void add(String rule, Severity severity, Region place, String what, long offset, String message) {
        String where = place.place().isEmpty() || what.isEmpty() ? place.place() + what : place.place() + " › " + what;
        add(new Finding(rule, severity, where, offset < 0 ? -1 : place.base() + offset, message));
    }

    /// Adds a finding.
    public void add(Finding finding) {
        int count = counts.merge(finding.rule(), 1, Integer::sum);
        if (count <= PER_RULE) {
            found.add(finding);
        } else if (count == PER_RULE + 1) {
            String more = "more findings of this rule are left out";
            found.add(new Finding(finding.rule(), finding.severity(), "", -1, more));
        }
    }

    /// Adds all findings of a list.
    public void addAll(List<Finding> findings) {
        findings.forEach(this::add);
    }

    /// How often a rule was found.
    public int count(String rule) {
        return counts.getOrDefault(rule, 0);
    }

    /// What was found, in order.
    public List<Finding> list() {
        return List.copyOf(found);
    }

    /// Makes a text from a file short and printable.
    public static String shown(String text) {
        StringBuilder shown = new StringBuilder();
        int end = Math.min(text.length(), 100);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            shown.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '�' : c);
        }
        return shown.append(text.length() > end ? "…" : "").toString();
    }
}
