package dev.modelfile.house;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The sources of the project, as the tests' working directory sees them.
final class Sources {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private Sources() {}

    /// The top folder of the project.
    static Path root() {
        return ROOT;
    }

    /// The folders of the modules that are for others to use: all but the tests.
    static List<Path> modules() throws IOException {
        try (Stream<Path> folders = Files.list(ROOT)) {
            return folders.filter(folder -> Files.exists(folder.resolve("src/main/java/module-info.java")))
                    .sorted()
                    .toList();
        }
    }

    /// The Java files under a folder.
    static List<Path> java(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
        }
    }

    /// All Java files of the modules.
    static List<Path> main() throws IOException {
        List<Path> files = new java.util.ArrayList<>();
        for (Path module : modules()) {
            files.addAll(java(module.resolve("src/main/java")));
        }
        return files;
    }

    /// The Java files of libraries: what must not talk to a terminal.
    static List<Path> libraries() throws IOException {
        return main().stream()
                .filter(file -> !file.startsWith(ROOT.resolve("cli")))
                .toList();
    }

    /// A path as messages show it.
    static String shown(Path file) {
        return ROOT.relativize(file).toString();
    }
}
