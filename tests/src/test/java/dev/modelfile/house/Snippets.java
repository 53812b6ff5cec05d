package dev.modelfile.house;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/// Java code of documents, and the compiler for it.
public final class Snippets {
    private Snippets() {}

    /// What snippets may use without saying so: the exported packages and the usual ones of the JDK.
    public static String imports() throws IOException {
        List<String> packages = new ArrayList<>(List.of("java.io", "java.lang.foreign", "java.nio.file", "java.util"));
        for (Path module : Sources.modules()) {
            Matcher exports = Pattern.compile("exports ([\\w.]+);")
                    .matcher(Files.readString(module.resolve("src/main/java/module-info.java")));
            exports.results()
                    .map(found -> found.group(1))
                    .filter(name -> Files.isDirectory(module.resolve("src/main/java/" + name.replace('.', '/'))))
                    .forEach(packages::add);
        }
        return packages.stream().map(name -> "import " + name + ".*; ").collect(Collectors.joining());
    }

    private static final class Unit extends SimpleJavaFileObject {
        private final String code;

        Unit(String name, String code) {
            super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
            this.code = code;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreErrors) {
            return code;
        }
    }

    /// Compiles with the class path of this virtual machine.
    ///
    /// @param units the code by the names of its classes
    /// @param folder where the classes go
    /// @return what the compiler complains of; empty if all is well
    public static String compile(Map<String, String> units, Path folder) {
        StringWriter problems = new StringWriter();
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        boolean compiled = ToolProvider.getSystemJavaCompiler()
                .getTask(
                        problems,
                        null,
                        null,
                        List.of("-proc:none", "-Xlint:none", "-cp", path, "-d", folder.toString()),
                        null,
                        units.entrySet().stream()
                                .map(unit -> new Unit(unit.getKey(), unit.getValue()))
                                .toList())
                .call();
        return compiled ? "" : "not compiled:\n" + problems;
    }
}
