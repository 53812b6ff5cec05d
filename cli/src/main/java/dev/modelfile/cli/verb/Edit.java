package dev.modelfile.cli.verb;

import dev.modelfile.Metadata;
import dev.modelfile.ModelEdit;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.ModelWriter;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.cli.option.Assignment;
import dev.modelfile.cli.option.Format;
import dev.modelfile.cli.option.Reading;
import dev.modelfile.cli.option.TypedValue;
import dev.modelfile.cli.option.UsageException;
import dev.modelfile.cli.option.Writing;
import dev.modelfile.cli.terminal.Screen;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Changes metadata and tensor names.
@Command(
        name = "edit",
        description = {
            "Change a model's metadata and tensor names in its file.",
            "Only the header is written if the new one fits the room of the old one; otherwise the whole model is"
                    + " written anew beside it and takes its place. First removals, then renamings, then --set."
        },
        exitCodeListHeading = Verb.EXIT_HEADING,
        exitCodeList = {Verb.EXIT_OK, Verb.EXIT_FAILED, Verb.EXIT_USAGE})
public final class Edit extends Verb {
    @Parameters(paramLabel = "MODEL", description = "The file to change.")
    private Path path;

    @Mixin
    private Reading reading;

    @Mixin
    private Writing writing;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            converter = Assignment.Converter.class,
            description = "Set metadata; u32:5, bool:true, '[f32]:[1, 2]' and the like are typed, everything else keeps"
                    + " the type of the key, or is text.")
    private List<Assignment> set = new ArrayList<>();

    @Option(
            names = "--set-file",
            paramLabel = "KEY=FILE",
            converter = Assignment.Converter.class,
            description = "Set metadata to the text of a file, exactly as it is; it has to be UTF-8.")
    private List<Assignment> files = new ArrayList<>();

    @Option(names = "--remove", paramLabel = "KEY", description = "Remove metadata.")
    private List<String> removed = new ArrayList<>();

    @Option(
            names = "--rename-key",
            paramLabel = "KEY=NEW",
            converter = Assignment.Converter.class,
            description = "Give metadata another key.")
    private List<Assignment> keys = new ArrayList<>();

    @Option(
            names = "--rename-tensor",
            paramLabel = "NAME=NEW",
            converter = Assignment.Converter.class,
            description = "Give a tensor another name.")
    private List<Assignment> tensors = new ArrayList<>();

    @Option(names = "--restore", description = "Put back the header that an interrupted edit has left.")
    private boolean restore;

    @Option(names = "--dry-run", description = "Say what would be changed, and write nothing.")
    private boolean dryRun;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "human",
            description = "${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private Format.Plain format;

    /// The verb.
    public Edit(Screen screen) {
        super(screen);
    }

    @Override
    int run() throws IOException {
        boolean changes =
                !set.isEmpty() || !files.isEmpty() || !removed.isEmpty() || !keys.isEmpty() || !tensors.isEmpty();
        if (restore == changes || restore && dryRun) {
            throw new UsageException(
                    restore
                            ? "--restore stands alone"
                            : "nothing to change; give --set, --set-file, --remove, --rename-key or --rename-tensor");
        }
        return restore ? restore() : edit();
    }

    private int restore() throws IOException {
        for (ModelFormat installed : ModelFormats.installed().all()) {
            if (installed.restoreHeader(path)) {
                report().say("restored", "restored the old header of " + path);
                return OK;
            }
        }
        throw new IOException(path + ": no header of an interrupted edit beside it");
    }

    private int edit() throws IOException {
        ModelEdit edit = ModelEdit.create().formats(reading.formats());
        removed.forEach(edit::remove);
        keys.forEach(entry -> edit.renameKey(entry.left(), entry.right()));
        tensors.forEach(entry -> edit.renameTensor(entry.left(), entry.right()));
        EditReport report = report();
        try (ModelFile model = reading.open(path)) {
            set(edit, edit.apply(model.metadata()));
            Metadata after = edit.apply(model.metadata());
            check(model, edit, after);
            report.changes(model.metadata(), after, tensors);
        }
        if (dryRun) {
            report.say("planned", "would change " + path);
        } else if (edit.apply(path, writing.options(true))) {
            report.say("inPlace", "changed " + path + " in place, only its header");
        } else {
            report.say("rewritten", "wrote all of " + path + " anew");
        }
        return OK;
    }

    private EditReport report() {
        return new EditReport(screen(), format, path);
    }

    private void set(ModelEdit edit, Metadata present) throws IOException {
        set.forEach(entry -> edit.set(entry.left(), TypedValue.parse(entry.right(), present.find(entry.left()))));
        for (Assignment entry : files) {
            edit.set(entry.left(), Value.of(text(Path.of(entry.right()))));
        }
    }

    private static String text(Path file) throws IOException {
        Conversions.refuseFolder(file);
        try {
            return Files.readString(file);
        } catch (CharacterCodingException noText) {
            throw new IOException(file + ": is not text in UTF-8", noText);
        }
    }

    /// What can be said against the change is said before anything is written.
    private void check(ModelFile model, ModelEdit edit, Metadata after) throws IOException {
        if (model.parts().size() > 1 && !Files.isSameFile(model.parts().get(0).path(), model.path())) {
            throw new IllegalArgumentException(
                    path + " is made of " + model.parts().size()
                            + " files, which are not edited together; merge them first, or edit one by one");
        }
        tensors.forEach(entry -> model.tensor(entry.left()));
        ModelWriter writer = ModelWriter.of(model.format()).metadata(after);
        for (Tensor tensor : model.tensors()) {
            writer.add(tensor.named(edit.rename(tensor.name())));
        }
        writer.plan(path);
    }
}
