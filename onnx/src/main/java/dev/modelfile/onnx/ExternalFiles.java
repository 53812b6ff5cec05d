package dev.modelfile.onnx;

import dev.modelfile.Metadata;
import dev.modelfile.ModelFormat;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.SidecarPolicy;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.onnx.externaldata.ExternalData;
import dev.modelfile.onnx.externaldata.FileDigest;
import dev.modelfile.onnx.externaldata.Location;
import dev.modelfile.onnx.tensor.DataType;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/// Lays out the files beside a model and says where in them each tensor is.
final class ExternalFiles {
    private static final String EXTENSION = ".data";

    private final String name;
    private final ExternalLayout layout;
    private final List<WritePlan.File> files = new ArrayList<>();
    private final Map<String, ExternalData> places = new LinkedHashMap<>();
    private final Map<String, FileDigest> checksums = new HashMap<>();
    private List<WritePlan.Section> sections = new ArrayList<>();
    private long end;

    private ExternalFiles(String name, ExternalLayout layout) {
        this.name = name;
        this.layout = layout;
    }

    /// Files and places.
    ///
    /// @param files the new files
    /// @param places where each tensor is, by name
    /// @param checksums the digest of each file, by its name; empty if none are asked for
    record Layout(List<WritePlan.File> files, Map<String, ExternalData> places, Map<String, FileDigest> checksums) {
        /// Everything stays in the model.
        static final Layout NONE = new Layout(List.of(), Map.of(), Map.of());
    }

    /// Lays out tensors.
    ///
    /// @param target the model file; the others are named after it
    /// @throws IOException if equal tensors are to be found, and one cannot be read
    static Layout of(Path target, List<TensorSource> tensors, ExternalLayout layout) throws IOException {
        ExternalFiles files = new ExternalFiles(String.valueOf(target.getFileName()), layout);
        if (layout.container().isPresent()) {
            files.contained(target, tensors, layout.container().get());
        } else {
            files.plain(tensors);
        }
        files.files.forEach(file -> checkName(file.name()));
        if (layout.checksum()) {
            files.files.replaceAll(files::digested);
        }
        return new Layout(files.files, files.places, files.checksums);
    }

    /// Whether a file beside a model belongs to it by its name: one that is laid out here, or, as Hugging Face names
    /// it, `model.onnx_data`.
    static boolean isOwn(Path target, String file) {
        String name = String.valueOf(target.getFileName());
        String plain = Pattern.quote(name) + "(\\.|_|-\\d{5,}\\.)data";
        String contained = Pattern.quote(stem(name)) + "(-\\d{5,}-of-\\d{5,})?\\.safetensors";
        return Pattern.matches(plain + "|" + contained, file);
    }

    private static String stem(String name) {
        return name.endsWith(".onnx") ? name.substring(0, name.length() - 5) : name;
    }

    private static void checkName(String name) {
        try {
            Location.check(name, SidecarPolicy.DEFAULT);
        } catch (Location.Refused refused) {
            throw new IllegalArgumentException(
                    "\"" + Printable.of(name) + "\" cannot be a file with external data: " + refused.getMessage()
                            + "; give the model another name",
                    refused);
        }
    }

    private WritePlan.File digested(WritePlan.File file) {
        FileDigest digest = new FileDigest(file);
        checksums.put(file.name(), digest);
        return digest.watched();
    }

    /// Whether a tensor is better kept in the model.
    static boolean staysInside(TensorSource tensor, ExternalLayout layout) {
        boolean describesShapes =
                tensor.dtype() == ScalarType.I64 && tensor.shape().rank() <= 1 && tensor.byteSize() < 65536;
        return tensor.byteSize() < Math.max(1, layout.threshold())
                || tensor.dtype().equals(DataType.TEXT)
                || describesShapes && layout.threshold() > 0;
    }

    private void plain(List<TensorSource> tensors) throws IOException {
        Map<String, ExternalData> known = new HashMap<>();
        for (TensorSource tensor : tensors) {
            String digest = layout.shareEqual() && tensor instanceof Tensor stored ? stored.sha256() : "";
            ExternalData shared = digest.isEmpty() ? null : known.get(digest);
            if (shared == null) {
                shared = place(tensor);
                known.put(digest, shared);
            }
            places.put(tensor.name(), shared);
        }
        close();
        if (files.size() == 1 && layout.maxFileTensors() != 1) {
            WritePlan.File only = files.removeFirst();
            files.add(new WritePlan.File(name + EXTENSION, only.size(), only.sections()));
            places.replaceAll((tensor, at) -> new ExternalData(name + EXTENSION, at.offset(), at.length(), null));
        }
    }

    private ExternalData place(TensorSource tensor) {
        long begin = Math.addExact(end, layout.alignment() - 1L) / layout.alignment() * layout.alignment();
        boolean full = layout.maxFileBytes() > 0 && tensor.byteSize() > layout.maxFileBytes() - begin;
        full |= layout.maxFileTensors() > 0 && sections.size() >= layout.maxFileTensors();
        if (!sections.isEmpty() && full) {
            close();
            begin = 0;
        }
        sections.add(WritePlan.Section.of(begin, tensor));
        end = Math.addExact(begin, tensor.byteSize());
        return new ExternalData(fileName(files.size()), begin, tensor.byteSize(), null);
    }

    private String fileName(int index) {
        return name + "-" + String.format(Locale.ROOT, "%05d", index + 1) + EXTENSION;
    }

    private void close() {
        if (!sections.isEmpty()) {
            files.add(new WritePlan.File(fileName(files.size()), end, sections));
        }
        sections = new ArrayList<>();
        end = 0;
    }

    /// Lets another format lay its files out, and takes the places from its plan.
    private void contained(Path target, List<TensorSource> tensors, ModelFormat format) {
        Map<String, Value> metadata = new LinkedHashMap<>();
        List<TensorSource> storable = new ArrayList<>();
        for (TensorSource tensor : tensors) {
            boolean whole = tensor.shape().elements() % tensor.dtype().blockElements() == 0;
            if (format.canStore(tensor.dtype()) && whole) {
                storable.add(tensor);
            } else {
                metadata.put(
                        "onnx.type." + tensor.name(),
                        Value.of(DataType.nameOf(DataType.idOf(tensor.dtype())) + " " + tensor.shape()));
                storable.add(TensorSource.deferred(
                        tensor.name(), ScalarType.U8, Shape.of(tensor.byteSize()), tensor::writeTo));
            }
        }
        WriteOptions options = WriteOptions.defaults()
                .withMaxShardBytes(layout.maxFileBytes())
                .withMaxShardTensors(layout.maxFileTensors());
        Path file = target.resolveSibling(stem(name) + format.extensions().getFirst());
        WritePlan plan = format.plan(file, format.adapt(Metadata.of(metadata), new ArrayList<>()), storable, options);
        for (WritePlan.File each : plan.files()) {
            files.add(each);
            for (WritePlan.Section section : each.sections()) {
                if (!section.tensor().isEmpty()) {
                    places.put(
                            section.tensor(), new ExternalData(each.name(), section.offset(), section.length(), null));
                }
            }
        }
    }
}
