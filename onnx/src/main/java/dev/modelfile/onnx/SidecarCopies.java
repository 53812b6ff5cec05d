package dev.modelfile.onnx;

import dev.modelfile.io.MappedFile;
import dev.modelfile.onnx.externaldata.ExternalData;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The sidecars that a copy of a model still points to: they stay where they are if the copy is beside the model, and
/// come along if it is not.
final class SidecarCopies {
    private final Map<String, MappedFile> files = new LinkedHashMap<>();
    private final boolean moves;

    SidecarCopies(OnnxFile model, Path target) throws IOException {
        Path from = Objects.requireNonNull(model.path().toAbsolutePath().getParent());
        Path to = Objects.requireNonNull(target.toAbsolutePath().getParent());
        this.moves = !from.toRealPath().equals(Files.exists(to) ? to.toRealPath() : to);
    }

    void keep(TensorEntry entry) {
        ExternalData external = Objects.requireNonNull(entry.external());
        MappedFile file = entry.tensor().part();
        if (!moves || file == null) {
            return;
        }
        String location =
                external.location().startsWith("./") ? external.location().substring(2) : external.location();
        if (location.contains("/")) {
            throw new IllegalArgumentException("the model's external data is in \"" + location
                    + "\", a folder that does not come along; bring the tensors inside or lay them out anew");
        }
        files.put(location, file);
    }

    List<WritePlan.File> files() {
        List<WritePlan.File> copies = new ArrayList<>();
        files.forEach((name, file) -> copies.add(new WritePlan.File(
                name,
                file.size(),
                List.of(new WritePlan.Section(0, file.size(), "", sink -> sink.transfer(file, 0, file.size()))))));
        return copies;
    }
}
