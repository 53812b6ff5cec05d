package dev.modelfile.cli.verb;

import dev.modelfile.Metadata;
import dev.modelfile.Value;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.json.ModelJson;
import dev.modelfile.cli.option.Assignment;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.terminal.Screen;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What an edit has done. Values are put into words while the model is open: they may lie in its file, which the edit
/// replaces.
final class EditReport {
    private final Screen screen;
    private final boolean asJson;
    private final List<String> lines = new ArrayList<>();
    private final ByteArrayOutputStream document = new ByteArrayOutputStream();
    private final Json json = Json.versioned(document);

    EditReport(Screen screen, Format.Plain format, Path path) {
        this.screen = screen;
        this.asJson = format == Format.Plain.JSON;
        json.put("path", path.toString());
    }

    /// Notes the changes of an open model.
    void changes(Metadata before, Metadata after, List<Assignment> tensors) {
        if (asJson) {
            ModelJson.metadata(json, after);
            return;
        }
        Stream.concat(before.keys().stream(), after.keys().stream())
                .distinct()
                .filter(key -> !before.find(key).equals(after.find(key)))
                .forEach(key -> lines.add(key + ": " + text(before.find(key)) + " → " + text(after.find(key))));
        tensors.forEach(entry -> lines.add(entry.left() + " → " + entry.right()));
    }

    private static String text(Optional<Value> value) {
        return value.map(Value::toString).orElse("(none)");
    }

    /// Says it.
    ///
    /// @param result one word for programs
    /// @param sentence the same for people
    void say(String result, String sentence) throws IOException {
        if (asJson) {
            json.put("result", result).close();
            screen.out().write(document.toByteArray());
            screen.out().flush();
            return;
        }
        screen.line(screen.safe(sentence));
        lines.forEach(line -> screen.line("  " + screen.safe(line)));
    }
}
