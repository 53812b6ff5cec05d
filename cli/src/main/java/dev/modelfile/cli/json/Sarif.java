package dev.modelfile.cli.json;

import dev.modelfile.scan.Finding;
import dev.modelfile.scan.ScanReport;
import dev.modelfile.scan.Severity;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

/// A scan as SARIF 2.1.0 (OASIS), which code-scanning services take.
public final class Sarif {
    private static final String SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

    private Sarif() {}

    /// Writes one run with a result for each finding.
    public static void write(OutputStream out, List<ScanReport.Result> results) {
        try (Json json = new Json(out)) {
            json.put("$schema", SCHEMA).put("version", "2.1.0");
            json.array("runs").object();
            json.object("tool").object("driver").put("name", "modelfile");
            rules(json, results);
            json.end().end();
            json.array("results");
            for (ScanReport.Result result : results) {
                result.findings().forEach(finding -> finding(json, result.path(), finding));
            }
            json.end().end().end();
        }
    }

    private static void rules(Json json, List<ScanReport.Result> results) {
        TreeSet<String> rules = new TreeSet<>();
        results.forEach(result -> result.findings().forEach(finding -> rules.add(finding.rule())));
        json.array("rules");
        rules.forEach(rule -> json.object().put("id", rule).end());
        json.end();
    }

    private static void finding(Json json, Path path, Finding finding) {
        json.object().put("ruleId", finding.rule()).put("level", level(finding.severity()));
        json.object("message").put("text", finding.message()).end();
        json.array("locations").object().object("physicalLocation");
        json.object("artifactLocation").put("uri", uri(path)).end();
        if (finding.offset() >= 0) {
            json.object("region").put("byteOffset", finding.offset()).end();
        }
        json.end();
        if (!finding.where().isEmpty()) {
            json.array("logicalLocations").object().put("fullyQualifiedName", finding.where());
            json.end().end();
        }
        json.end().end().end();
    }

    private static String level(Severity severity) {
        return switch (severity) {
            case INFO -> "note";
            case WARNING -> "warning";
            case ERROR, DANGER -> "error";
        };
    }

    /// Relative paths stay relative.
    private static String uri(Path path) {
        if (path.isAbsolute()) {
            return path.toUri().toString();
        }
        return URI.create("file:///")
                .relativize(Path.of("/").resolve(path).toUri())
                .toString();
    }
}
