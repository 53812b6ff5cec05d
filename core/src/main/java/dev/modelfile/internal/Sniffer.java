package dev.modelfile.internal;

import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormatException;
import dev.modelfile.UnsupportedModelException;
import dev.modelfile.spi.Probe;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Calls by its name what is not a model: the things that people really find under a model's name.
public final class Sniffer {
    private Sniffer() {}

    /// Whether a file is something well known that is no model.
    public static boolean knows(Probe probe) {
        return !probe.directory() && describe(probe) != null;
    }

    /// An exception that says what a file is instead of a model.
    public static UnsupportedModelException unknown(Probe probe, List<ModelFormat> formats) {
        String known = formats.stream().map(ModelFormat::name).collect(Collectors.joining(", "));
        String file = Objects.requireNonNullElse(describe(probe), "not a model file of any known format");
        String what = probe.directory() ? "a directory without a model that is understood" : file;
        return new UnsupportedModelException(
                "format.unknown",
                probe.path().toString(),
                "",
                ModelFormatException.NO_OFFSET,
                what + "; the formats here are: " + (known.isEmpty() ? "none" : known));
    }

    private static @Nullable String describe(Probe probe) {
        byte[] head = probe.head().bytes().toArray(ValueLayout.JAVA_BYTE);
        String text = new String(head, StandardCharsets.ISO_8859_1);
        String start = text.stripLeading().toLowerCase(Locale.ROOT);
        if (head.length == 0) {
            return "an empty file";
        }
        if (text.startsWith("version https://git-lfs.github.com/spec/")) {
            return "a Git LFS pointer, not the model itself; fetch it with 'git lfs pull'";
        }
        if (start.startsWith("<!doctype html") || start.startsWith("<html")) {
            return "an HTML page, probably what a server answered instead of the model";
        }
        if (text.startsWith("{") || text.startsWith("[")) {
            return "JSON text, not a model";
        }
        return magic(text, head);
    }

    private static @Nullable String magic(String text, byte[] head) {
        if (text.startsWith("PK\003\004") || text.startsWith("PK\005\006")) {
            return "a zip archive of no format that is understood here";
        }
        if (text.startsWith("\u001f\u008b")) {
            return "gzip-compressed data; unpack it first";
        }
        if (text.startsWith("(\u00b5/\u00fd")) {
            return "zstd-compressed data; unpack it first";
        }
        if (text.startsWith("GGUF")) {
            return "a GGUF model, and that format is not installed";
        }
        if (text.startsWith("\u0089HDF\r\n\u001a\n")) {
            return "an HDF5 file, a format that is not installed";
        }
        if (text.startsWith("\u0093NUMPY")) {
            return "a NumPy array";
        }
        if (head.length >= 2 && (head[0] & 0xFF) == 0x80 && head[1] >= 2 && head[1] <= 5) {
            return "a Python pickle, a format that is not installed";
        }
        return null;
    }
}
