package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.checkpoint.zip.ZipDirectory;
import dev.modelfile.checkpoint.zip.ZipRecord;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.util.Set;

/// Scans the layers of archives of Keras 3, which `config.json` describes: some hold code, and classes are imported by
/// the names of their modules.
///
/// Source: `keras/src/saving/serialization_lib.py`.
final class KerasScan {
    private static final String CONFIG = "config.json";
    private static final String METADATA = "metadata.json";
    /// What holds code of its own, or loads another model.
    private static final Set<String> CODE = Set.of("Lambda", "__lambda__", "TorchModuleWrapper", "TFSMLayer");

    private static final Set<String> MODULES = Set.of(
            ("builtins keras keras.activations keras.constraints keras.dtype_policies keras.initializers keras.layers "
                            + "keras.losses keras.metrics keras.models keras.ops keras.optimizers keras.optimizers.schedules "
                            + "keras.quantizers keras.random keras.regularizers")
                    .split(" "));

    private final ContentScan scan;

    KerasScan(ContentScan scan) {
        this.scan = scan;
    }

    static boolean isKeras(ZipDirectory directory) {
        return directory.find(CONFIG) != null && directory.find(METADATA) != null;
    }

    static boolean isConfig(ZipRecord record) {
        return record.name().equalsIgnoreCase(CONFIG);
    }

    void scan(Region content) throws ModelFormatException {
        JsonStrings.read(content, scan.limits(), (name, value, offset) -> {
            boolean built = value.startsWith("keras.src.");
            if (name.equals("class_name") && CODE.contains(value)) {
                scan.add(
                        "keras.code",
                        Severity.DANGER,
                        content,
                        offset,
                        "a layer of class " + value + ": building the model runs what the file says");
            } else if (name.equals("module") && !built && !MODULES.contains(value)) {
                scan.add(
                        "keras.module",
                        Severity.WARNING,
                        content,
                        offset,
                        "a class of " + Findings.shown(value) + ", which building the model imports");
            }
        });
    }
}
