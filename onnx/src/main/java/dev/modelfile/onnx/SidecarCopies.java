package dev.modelfile.onnx;

import dev.modelfile.io.MappedFile;
import dev.modelfile.onnx.externaldata.ExternalData;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/// The sidecars that a copy of a model still points to: they stay where they are if the copy is beside the model, and
/// come along if it is not. Their names are the model's choice, not the user's: none of them may take the place of
/// another file.
final class SidecarCopies {
    private static final String OTHERWISE = "; bring the tensors inside or lay them out anew";

    private final Path target;
    private final Map<String, MappedFile> files = new LinkedHashMap<>();
    private final boolean moves;

    SidecarCopies(OnnxFile model, Path target) throws IOException {
        Path from = Objects.requireNonNull(model.path().toAbsolutePath().getParent());
        Path to = Objects.requireNonNull(target.toAbsolutePath().getParent());
        boolean together = from.toRealPath().equals(Files.exists(to) ? to.toRealPath() : to);
        this.target = target;
        // What a link leads to is read by way of the link, beside which its sidecars are.
        this.moves = !together && !(Files.exists(target) && Files.isSameFile(target, model.path()));
    }

    void keep(TensorEntry entry) throws IOException {
        String location = plain(Objects.requireNonNull(entry.external()));
        MappedFile file = entry.tensor().part();
        if (file == null) {
            if (entry.tensor().byteSize() > 0) {
                refuseTaken(location);
            }
            return;
        }
        if (!moves) {
            refuse(
                    Files.exists(target) && Files.isSameFile(target, file.path()),
                    location,
                    "which the copy would replace");
            return;
        }
        refuse(location.contains("/"), location, "a folder that does not come along");
        refuse(location.startsWith("."), location, "a hidden file, which does not come along");
        refuse(location.equals(String.valueOf(target.getFileName())), location, "which is the name of the copy");
        files.put(location, file);
    }

    /// What has been missing beside the model must not be found beside the copy.
    private void refuseTaken(String location) {
        refuse(location.equals(String.valueOf(target.getFileName())), location, "which is the name of the copy");
        if (moves && Files.exists(target.resolveSibling(location))) {
            throw new IllegalArgumentException("\"" + Printable.of(location) + "\" is there already, and would be taken"
                    + " for the weights that the model lacks; move it away, or put the copy into another folder");
        }
    }

    /// The location without the parts that lead nowhere.
    private static String plain(ExternalData external) {
        String location = external.location();
        return Arrays.stream(location.split("/"))
                .filter(part -> !part.isEmpty() && !part.equals("."))
                .collect(Collectors.joining("/", location.startsWith("/") ? "/" : "", ""));
    }

    private static void refuse(boolean when, String location, String why) {
        if (when) {
            throw new IllegalArgumentException(
                    "the model's external data is in \"" + Printable.of(location) + "\", " + why + OTHERWISE);
        }
    }

    /// The files that come along. One that is there already with the same bytes serves as it is.
    ///
    /// @throws IllegalArgumentException if a file is there with other bytes, and its name is not made of the copy's
    /// @throws IOException if such a file cannot be read
    List<WritePlan.File> files() throws IOException {
        List<WritePlan.File> copies = new ArrayList<>();
        for (Map.Entry<String, MappedFile> each : files.entrySet()) {
            String name = each.getKey();
            MappedFile file = each.getValue();
            Path place = target.resolveSibling(name);
            if (ExternalFiles.isOwn(target, name) || !Files.exists(place)) {
                WritePlan.Section all =
                        new WritePlan.Section(0, file.size(), "", sink -> sink.transfer(file, 0, file.size()));
                copies.add(new WritePlan.File(name, file.size(), List.of(all)));
            } else {
                boolean same = Files.isRegularFile(place) && Files.mismatch(place, file.path()) < 0;
                refuse(!same, name, "and there is another file of that name");
            }
        }
        return copies;
    }
}
