package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.checkpoint.zip.ZipDirectory;
import dev.modelfile.checkpoint.zip.ZipRecord;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.util.Locale;
import java.util.regex.Pattern;

/// Scans the programs of exported archives, which are JSON, for what PyTorch evaluates.
final class ProgramScan {
    private static final String FORMAT = "archive_format";
    private static final String OLD = "serialized_exported_program.json";
    private static final Pattern PROGRAM = Pattern.compile("(.*/)?(models/[^/]+\\.json|" + OLD + ")");

    private final ContentScan scan;

    ProgramScan(ContentScan scan) {
        this.scan = scan;
    }

    /// Whether an archive is an exported program.
    static boolean isExport(ZipDirectory directory) {
        return directory.records().stream().anyMatch(record -> {
            String name = record.name().toLowerCase(Locale.ROOT);
            return name.endsWith(FORMAT) || name.endsWith(OLD);
        });
    }

    /// Whether a record of such an archive is the program itself.
    static boolean isProgram(ZipRecord record) {
        return PROGRAM.matcher(record.name().toLowerCase(Locale.ROOT)).matches();
    }

    void scan(Region content) throws ModelFormatException {
        JsonStrings.read(content, scan.limits(), (name, value, offset) -> {
            switch (name) {
                case "expr_str" -> add("export.expression", ExportCode.expression(value), value, content, offset);
                case "guards_code" -> add("export.guard", ExportCode.guard(value), value, content, offset);
                case "target" -> add("export.target", ExportCode.target(value), value, content, offset);
                case "in_spec", "out_spec" -> add("export.nesting", ExportCode.nesting(value), value, content, offset);
                default -> {
                    // Names and types, which are looked up in tables.
                }
            }
        });
    }

    private void add(String rule, Severity severity, String text, Region content, long offset) {
        if (severity != Severity.INFO) {
            String code =
                    severity == Severity.DANGER ? "code that loading the program evaluates" : "not known to be data";
            scan.add(rule, severity, content, offset, code + ": " + Findings.shown(text));
        }
    }
}
