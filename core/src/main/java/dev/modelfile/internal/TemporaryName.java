package dev.modelfile.internal;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The names that files have until they are complete: `.model.gguf.4711-9f86d081-1.tmp` beside `model.gguf`. The number
/// of the process is for people, the random one tells apart machines that share a folder, and the last part tells apart
/// the writes of one virtual machine.
final class TemporaryName {
    /// Bytes that Linux and macOS allow for a name.
    private static final int NAME_MAX = 255;
    /// Marks what this virtual machine writes.
    private static final String OURS = ProcessHandle.current().pid() + "-"
            + Integer.toHexString(ThreadLocalRandom.current().nextInt());

    private static final Pattern FORM = Pattern.compile("\\.(.*)\\.((\\d+-[0-9a-f]+)-[0-9a-f]+)\\.tmp", Pattern.DOTALL);

    private TemporaryName() {}

    /// What the names of all files of one write have in common.
    static String mark() {
        return OURS + "-" + Long.toHexString(System.nanoTime());
    }

    /// The name of a file until it is complete.
    static Path of(Path target, String mark) {
        String end = "." + mark + ".tmp";
        String name = String.valueOf(target.getFileName());
        return target.resolveSibling("." + shortened(name, NAME_MAX - 1 - end.length()) + end);
    }

    /// The mark in a temporary name of another virtual machine; empty if it is no such name.
    static String foreignMark(String name) {
        Matcher form = FORM.matcher(name);
        return form.matches() && !form.group(3).equals(OURS) ? form.group(2) : "";
    }

    /// Whether a temporary file with this mark would become one of the targets.
    static boolean belongs(Path file, String mark, List<Path> targets) {
        return targets.stream()
                .anyMatch(target -> Objects.equals(of(target, mark).getFileName(), file.getFileName()));
    }

    /// As much of a name as file systems can take, counted in UTF-8.
    private static String shortened(String name, int bytes) {
        int length = Math.min(name.length(), bytes);
        while (name.substring(0, length).getBytes(StandardCharsets.UTF_8).length > bytes) {
            length--;
        }
        if (length > 0 && Character.isHighSurrogate(name.charAt(length - 1))) {
            length--;
        }
        return name.substring(0, length);
    }
}
