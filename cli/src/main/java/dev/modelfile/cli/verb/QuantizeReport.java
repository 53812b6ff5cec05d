package dev.modelfile.cli.verb;

import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.json.ModelJson;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.cli.terminal.Table;
import dev.modelfile.gguf.FileType;
import dev.modelfile.gguf.Quantization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// Says which tensor gets, or has got, which type.
///
/// @param screen where to say it
/// @param source the model
/// @param target the mix
/// @param plan what happens to the tensors
record QuantizeReport(Screen screen, Path source, FileType target, Quantization.Plan plan) {

    /// For people: without writing, every tensor; afterwards, the files and how many tensors have which type.
    void human(List<Path> written, boolean dryRun, double seconds) throws IOException {
        if (dryRun) {
            table();
        }
        for (Path file : written) {
            screen.line("wrote " + screen.safe(file.toString()) + "  " + Sizes.bytes(Files.size(file)));
        }
        screen.line(target.name() + ", " + Sizes.count(plan.steps().size(), "tensor") + ", "
                + Sizes.bytes(plan.bytesBefore()) + " → " + Sizes.bytes(plan.bytesAfter()) + ", "
                + String.format(Locale.ROOT, "%.2f bits/weight", plan.bitsPerWeight())
                + (dryRun ? "" : ", in " + Sizes.seconds(seconds)));
        Map<String, Long> types = new TreeMap<>();
        for (Quantization.Step step : plan.steps()) {
            String from = step.tensor().dtype().name();
            String to = step.type().name();
            types.merge(from.equals(to) ? to : from + " → " + to, 1L, Long::sum);
        }
        types.forEach((type, count) -> screen.line("  " + screen.safe(type) + "  " + Sizes.count(count, "tensor")));
    }

    private void table() {
        Table table = new Table()
                .text("tensor")
                .text("shape")
                .text("from")
                .text("to")
                .number("bytes")
                .text("");
        for (Quantization.Step step : plan.steps()) {
            var unfit = step.unfit();
            table.row(
                    step.tensor().name(),
                    step.tensor().shape().toString(),
                    step.tensor().dtype().name(),
                    step.type().name(),
                    Sizes.count(step.bytes()),
                    unfit == null ? "" : "rows do not fill " + unfit.name());
        }
        table.print(screen);
    }

    /// For programs: everything.
    void json(List<Path> written, boolean dryRun, double seconds) throws IOException {
        try (Json json = Json.versioned(screen.out())) {
            json.put("source", source.toString()).put("mix", target.name()).put("dryRun", dryRun);
            json.array("files");
            for (Path file : written) {
                json.object()
                        .put("path", file.toString())
                        .put("bytes", Files.size(file))
                        .end();
            }
            json.end().put("bytesBefore", plan.bytesBefore()).put("bytesAfter", plan.bytesAfter());
            json.put("bitsPerWeight", plan.bitsPerWeight())
                    .put("seconds", seconds)
                    .array("tensors");
            plan.steps().forEach(step -> step(json, step));
            json.end();
        }
    }

    private static void step(Json json, Quantization.Step step) {
        var unfit = step.unfit();
        json.object()
                .put("name", step.tensor().name())
                .put("fromDtype", step.tensor().dtype().name())
                .put("toDtype", step.type().name());
        ModelJson.shape(json, step.tensor().shape());
        json.put("bytes", step.bytes())
                .put("unfit", unfit == null ? null : unfit.name())
                .end();
    }
}
