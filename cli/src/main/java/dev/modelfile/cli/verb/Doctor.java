package dev.modelfile.cli.verb;

import dev.modelfile.ModelFormats;
import dev.modelfile.cli.Version;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.cli.terminal.Terminal;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Says what this program runs on.
@Command(
        name = "doctor",
        description = "Say what this program runs on, and whether something is missing.",
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {"0:everything works", "1:something is missing", Verb.EXIT_USAGE})
public final class Doctor extends Verb {
    private static final String VECTOR = "jdk.incubator.vector";

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "human",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Format.Plain format;

    private boolean trouble;

    /// The verb.
    public Doctor(Screen screen) {
        super(screen);
    }

    @Override
    int run() {
        Map<String, String> facts = facts();
        if (format == Format.Plain.JSON) {
            try (Json json = Json.versioned(screen().out())) {
                facts.forEach(json::put);
                json.put("ok", !trouble);
            }
        } else {
            facts.forEach(
                    (name, fact) -> screen().line(String.format(Locale.ROOT, "%-15s", name) + screen().safe(fact)));
        }
        return trouble ? FOUND : OK;
    }

    private Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        Runtime runtime = Runtime.getRuntime();
        facts.put("modelfile", Version.text());
        facts.put(
                "java",
                Runtime.version() + ", " + System.getProperty("java.vendor") + ", "
                        + System.getProperty("java.vm.info"));
        facts.put("javaHome", System.getProperty("java.home"));
        facts.put("vectorApi", vector());
        facts.put(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"));
        facts.put("processors", Integer.toString(runtime.availableProcessors()));
        facts.put("maxHeap", Sizes.bytes(runtime.maxMemory()));
        facts.put("formats", formats());
        facts.put("temporary", folder(Path.of(System.getProperty("java.io.tmpdir"))));
        facts.put("workingFolder", folder(Path.of("").toAbsolutePath()));
        facts.put("terminal", terminal(screen().terminal()));
        return facts;
    }

    private static String vector() {
        if (ModuleLayer.boot().findModule(VECTOR).isPresent()) {
            return "in use, if Java runs with its optimising compiler";
        }
        return ModuleFinder.ofSystem().find(VECTOR).isPresent()
                ? "there, not in use; MODELFILE_JAVA_OPTS='--add-modules " + VECTOR + "' uses it"
                : "not in this Java";
    }

    private String formats() {
        trouble |= ModelFormats.installed().all().isEmpty();
        return ModelFormats.installed().all().isEmpty() ? "none: the installation is incomplete" : Reading.names();
    }

    private String folder(Path folder) {
        try {
            boolean writable = Files.isWritable(folder);
            trouble |= !writable;
            return folder + ", " + Sizes.bytes(Files.getFileStore(folder).getUsableSpace()) + " free"
                    + (writable ? "" : ", not writable");
        } catch (IOException unknown) {
            trouble = true;
            return folder + ", not accessible: " + unknown.getMessage();
        }
    }

    private static String terminal(Terminal terminal) {
        return "stdout " + (terminal.out() ? "terminal of " + terminal.columns() + " columns" : "no terminal")
                + ", stderr " + (terminal.err() ? "terminal" : "no terminal")
                + ", colours " + (terminal.colour() ? "on" : "off")
                + ", " + (terminal.unicode() ? "Unicode" : "ASCII only");
    }
}
