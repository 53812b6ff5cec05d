package dev.modelfile.cli.verb;

import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.UnsupportedModelException;
import dev.modelfile.cli.Failures;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.json.ModelJson;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Style;
import dev.modelfile.onnx.Onnx;
import dev.modelfile.onnx.OnnxFile;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Checks models against the specifications of their formats.
@Command(
        name = "validate",
        description = {
            "Check models against the specification of their format.",
            "A damaged file is a finding; a file that cannot be read at all is a failure. Of several exit codes 2 goes"
                    + " before 1."
        },
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {
            "0:nothing above info, with --strict nothing at all",
            "1:there are findings",
            "2:a path could not be read",
            "3:there was nothing to check",
            Verb.EXIT_USAGE
        })
public final class Validate extends Verb {
    @Parameters(arity = "1..*", paramLabel = "MODEL", description = "Files, shard indexes, or folders with one.")
    private List<Path> paths = new ArrayList<>();

    @Mixin
    private Reading reading;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "human",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Format.Plain format;

    @Option(
            names = "--checksums",
            description =
                    "Also compare the checksums that ONNX models have of their other files, which are read whole.")
    private boolean checksums;

    private boolean found;
    private boolean failed;
    private boolean looked;

    /// The verb.
    public Validate(Screen screen) {
        super(screen);
    }

    @Override
    int run() {
        if (format == Format.Plain.JSON) {
            try (Json json = Json.versioned(screen().out()).array("results")) {
                paths.forEach(path -> check(path, json));
                json.end();
            }
        } else {
            paths.forEach(path -> check(path, null));
        }
        return failed ? FAILED : found ? FOUND : looked ? OK : NOTHING;
    }

    private void check(Path path, @Nullable Json json) {
        try {
            List<Finding> findings;
            String name = null;
            try {
                ModelFormat detected = reading.formats().detect(path);
                name = detected.name();
                findings = new ArrayList<>(detected.validate(path, reading.options()));
                if (checksums && name.equals(Onnx.FORMAT.name())) {
                    findings.addAll(checksums(path));
                }
            } catch (UnsupportedModelException unknown) {
                if (Files.isDirectory(path)) {
                    screen().error("modelfile: " + unknown.getMessage());
                    return;
                }
                findings = List.of(Finding.of(unknown));
            }
            looked = true;
            Severity worst = findings.stream()
                    .map(Finding::severity)
                    .max(Severity::compareTo)
                    .orElse(null);
            found |= worst != null && (reading.strict() || worst != Severity.INFO);
            tell(path, name, findings, verdict(worst), json);
        } catch (IOException unreadable) {
            failed = true;
            screen().error("modelfile: " + Failures.message(unreadable));
        }
    }

    private List<Finding> checksums(Path path) throws IOException {
        try (OnnxFile model = Onnx.open(path, reading.options())) {
            return model.verifyChecksums();
        } catch (ModelFormatException told) {
            // Validating has found it too.
            return List.of();
        }
    }

    private static String verdict(@Nullable Severity worst) {
        return worst == null || worst == Severity.INFO ? "valid" : worst == Severity.WARNING ? "warnings" : "invalid";
    }

    private void tell(Path path, @Nullable String name, List<Finding> findings, String verdict, @Nullable Json json) {
        if (json != null) {
            json.object().put("path", path.toString()).put("format", name).put("verdict", verdict);
            ModelJson.findings(json, "findings", findings);
            json.end();
            return;
        }
        Style style = verdict.equals("valid") ? Style.GREEN : verdict.equals("invalid") ? Style.RED : Style.YELLOW;
        screen().line(screen().safe(path.toString()) + ": " + screen().style(style, verdict)
                + (name == null ? "" : " " + name));
        Findings.print(screen(), findings);
    }
}
