package dev.modelfile.cli.verb;

import dev.modelfile.ModelFormats;
import dev.modelfile.cli.Failures;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.json.ModelJson;
import dev.modelfile.cli.json.Sarif;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.cli.terminal.Style;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.onnx.OnnxFile;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.ModelScanner;
import dev.modelfile.scan.ScanReport;
import dev.modelfile.scan.ScanReport.Verdict;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Looks for what could do harm.
@Command(
        name = "scan",
        description = {
            "Say what is inside model files without loading, executing or resolving anything that they name.",
            "Folders are searched. Of several exit codes 1 goes before 2."
        },
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {
            "0:everything is clean",
            "1:something is suspicious or dangerous, see --fail-on",
            "2:something could not be read to its end",
            "3:there was nothing to scan",
            Verb.EXIT_USAGE
        })
public final class Scan extends Verb {
    @Parameters(arity = "1..*", paramLabel = "PATH", description = "Files and folders.")
    private List<Path> paths = new ArrayList<>();

    @Mixin
    private Reading reading;

    @Option(
            names = "--fail-on",
            paramLabel = "VERDICT",
            defaultValue = "suspicious",
            description = "The mildest verdict that gives exit code 1: ${COMPLETION-CANDIDATES};"
                    + " default ${DEFAULT-VALUE}.")
    private FailOn failOn;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "human",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Format.Findings format;

    @Option(
            names = "--input-triggers",
            description = {
                "Also point out where an ONNX graph compares an input with constants to choose a result.",
                "Backdoors do that, and honest masks too: it changes no verdict."
            })
    private boolean triggers;

    /// The verb.
    public Scan(Screen screen) {
        super(screen);
    }

    /// What `--fail-on` takes.
    public enum FailOn {
        /// Anything that is not clean.
        SUSPICIOUS,
        /// Only what is known to do harm.
        DANGEROUS;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    int run() {
        ModelFormats formats = reading.formats();
        ModelScanner scanner = ModelScanner.of(formats, reading.options());
        List<ScanReport.Result> results = new ArrayList<>();
        for (Path path : paths) {
            try {
                scanner.scan(path).results().stream()
                        .sorted(Comparator.comparing(ScanReport.Result::path))
                        .map(result -> triggers ? withTriggers(result) : result)
                        .forEach(results::add);
            } catch (IOException unreadable) {
                String message = Failures.message(unreadable);
                screen().error("modelfile: " + message);
                Finding finding = new Finding("scan.unreadable", Severity.ERROR, "", -1, message);
                results.add(new ScanReport.Result(path, List.of(finding)));
            }
        }
        switch (format) {
            case HUMAN -> human(results);
            case JSON -> json(results);
            case SARIF -> Sarif.write(screen().out(), results);
        }
        return code(results);
    }

    private ScanReport.Result withTriggers(ScanReport.Result result) {
        try {
            if (!reading.formats().detect(result.path()).name().equals(Onnx.FORMAT.name())) {
                return result;
            }
            try (OnnxFile model = Onnx.open(result.path(), reading.options())) {
                List<Finding> all = new ArrayList<>(result.findings());
                all.addAll(model.inputTriggers());
                return new ScanReport.Result(result.path(), all);
            }
        } catch (IOException unreadable) {
            // The scan has said so.
            return result;
        }
    }

    private int code(List<ScanReport.Result> results) {
        List<Verdict> verdicts =
                results.stream().map(ScanReport.Result::verdict).toList();
        boolean found = verdicts.contains(Verdict.DANGEROUS)
                || failOn == FailOn.SUSPICIOUS && verdicts.contains(Verdict.SUSPICIOUS);
        if (found) {
            return FOUND;
        }
        if (verdicts.contains(Verdict.FAILED)) {
            return FAILED;
        }
        return results.isEmpty() ? NOTHING : OK;
    }

    private void human(List<ScanReport.Result> results) {
        for (ScanReport.Result result : results) {
            String verdict = result.verdict().name().toLowerCase(Locale.ROOT);
            screen().line(screen().safe(result.path().toString()) + ": "
                    + screen().style(style(result.verdict()), verdict));
            Findings.print(screen(), result.findings());
        }
        screen().hint(results.isEmpty() ? "nothing to scan" : Sizes.count(results.size(), "file") + " scanned");
    }

    private static Style style(Verdict verdict) {
        return switch (verdict) {
            case CLEAN -> Style.GREEN;
            case SUSPICIOUS -> Style.YELLOW;
            case DANGEROUS, FAILED -> Style.RED;
        };
    }

    private void json(List<ScanReport.Result> results) {
        try (Json json = Json.versioned(screen().out()).array("results")) {
            for (ScanReport.Result result : results) {
                json.object()
                        .put("path", result.path().toString())
                        .put("verdict", result.verdict().name().toLowerCase(Locale.ROOT));
                ModelJson.findings(json, "findings", result.findings());
                json.end();
            }
            json.end();
        }
    }
}
