package dev.modelfile;

import dev.modelfile.internal.Sniffer;
import dev.modelfile.spi.Probe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;

/// A set of formats to choose from. Immutable.
public final class ModelFormats {
    private final List<ModelFormat> formats;
    /// Whether to take the only format without asking it.
    private final boolean assumed;

    private ModelFormats(List<ModelFormat> formats, boolean assumed) {
        this.formats = formats;
        this.assumed = assumed;
    }

    /// Exactly these formats, asked in this order.
    public static ModelFormats of(ModelFormat... formats) {
        return new ModelFormats(List.of(formats), false);
    }

    /// One format that takes every file for one of its own, whatever the content looks like.
    public static ModelFormats assuming(ModelFormat format) {
        return new ModelFormats(List.of(format), true);
    }

    /// All formats that are on the class path or module path beside this library.
    public static ModelFormats installed() {
        return Installed.FORMATS;
    }

    /// Found once: the set cannot change while the class loader lives.
    private static final class Installed {
        static final ModelFormats FORMATS = new ModelFormats(
                ServiceLoader.load(ModelFormat.class, ModelFormats.class.getClassLoader()).stream()
                        .map(ServiceLoader.Provider::get)
                        .toList(),
                false);
    }

    /// The formats in the order in which they are asked.
    public List<ModelFormat> all() {
        return formats;
    }

    /// The format of a name, ignoring case.
    public Optional<ModelFormat> named(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return formats.stream().filter(f -> f.name().equals(wanted)).findFirst();
    }

    /// The format whose usual files have the extension of this path; for choosing what to write.
    public Optional<ModelFormat> byExtension(Path path) {
        String name = path.toString().toLowerCase(Locale.ROOT);
        return formats.stream()
                .filter(f -> f.extensions().stream().anyMatch(name::endsWith))
                .findFirst();
    }

    /// The format of an existing file or directory, judged by its content; only a file that no format recognises, and
    /// that is nothing else that is known, by its extension.
    ///
    /// @throws UnsupportedModelException if no format recognises it; the message says what it is instead, where known
    /// @throws IOException if it cannot be read
    public ModelFormat detect(Path path) throws IOException {
        Probe probe = Probe.of(path);
        if (assumed) {
            return formats.get(0);
        }
        for (ModelFormat format : formats) {
            if (format.recognises(probe)) {
                return format;
            }
        }
        // A broken file should be told what is wrong with it by the format that its name claims. ".bin" claims nothing.
        Optional<ModelFormat> claimed = path.toString().endsWith(".bin") ? Optional.empty() : byExtension(path);
        if (claimed.isEmpty() || probe.directory() || Sniffer.knows(probe)) {
            throw Sniffer.unknown(probe, formats);
        }
        return claimed.get();
    }

    /// Opens a model of one of these formats.
    ///
    /// @throws UnsupportedModelException if no format recognises it
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    public ModelFile open(Path path, ReadOptions options) throws IOException {
        return detect(path).open(path, options);
    }
}
