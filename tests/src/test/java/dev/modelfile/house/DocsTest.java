package dev.modelfile.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Documents name things that exist: samples compile, links lead somewhere, classes and members are there.
final class DocsTest {
    private static final Pattern FENCED = Pattern.compile("(?ms)^```([^\\n]*)\\n(.*?)^```");
    private static final Pattern CODE = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
    private static final Pattern MEMBER = Pattern.compile("\\b([A-Z]\\w+)\\.([a-z]\\w*)\\b");
    private static final Pattern CAMEL = Pattern.compile("[A-Z][a-z]+[A-Z]\\w*");

    private static final List<String> PLACES = List.of(
            "java.lang.",
            "java.util.",
            "java.io.",
            "java.nio.",
            "java.nio.file.",
            "java.lang.foreign.",
            "ai.onnxruntime.",
            "ai.djl.ndarray.");

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        documents.add(Sources.root().resolve("README.md"));
        try (Stream<Path> docs = Files.list(Sources.root().resolve("docs"))) {
            docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
        }
        assertTrue(documents.size() >= 5);
        return documents;
    }

    /// A sample as a compilation unit.
    private static String unit(String name, String body) throws IOException {
        boolean whole = Pattern.compile("(?m)^(import |public |final |class |record )")
                .matcher(body)
                .find();
        return whole
                ? body
                : Snippets.imports() + "class " + name + " { void sample() throws Exception {\n" + body + "}}";
    }

    /// What is marked `java run` is compiled, and run, by the test that shows the same code.
    @Test
    void samplesCompile(@TempDir Path folder) throws IOException {
        Map<String, String> samples = new HashMap<>();
        for (Path document : documents()) {
            Matcher block = FENCED.matcher(Files.readString(document));
            while (block.find()) {
                if (block.group(1).equals("java")) {
                    String name = String.valueOf(document.getFileName()).replaceAll("\\W", "_") + samples.size();
                    samples.put(name, unit(name, block.group(2)));
                }
            }
        }
        assertTrue(!samples.isEmpty());
        assertEquals("", Snippets.compile(samples, folder));
    }

    @Test
    void linksLeadSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        int seen = 0;
        for (Path document : documents()) {
            Matcher link =
                    LINK.matcher(FENCED.matcher(Files.readString(document)).replaceAll(""));
            while (link.find()) {
                String target = link.group(1);
                if (target.matches("[a-z]+:.*")) {
                    continue;
                }
                seen++;
                String[] parts = target.split("#", 2);
                Path file = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]);
                if (!Files.exists(file)) {
                    broken.add(Sources.shown(document) + ": " + target);
                } else if (parts.length == 2 && !anchors(file).contains(parts[1])) {
                    broken.add(Sources.shown(document) + ": no heading for " + target);
                }
            }
        }
        assertTrue(seen >= 4);
        assertEquals(List.of(), broken);
    }

    private static Set<String> anchors(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+\\s*", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\s-]", "")
                        .replaceAll("\\s", "-"))
                .collect(Collectors.toSet());
    }

    /// Simple names of all types in the sources, with the text that declares their members.
    private static Map<String, String> types() throws IOException {
        Pattern declaration = Pattern.compile("\\b(?:class|interface|enum|record) ([A-Z]\\w*)");
        Map<String, String> types = new HashMap<>();
        List<Path> sources = new ArrayList<>(Sources.main());
        sources.addAll(Sources.java(Sources.root().resolve("tests/src")));
        for (Path file : sources) {
            String text = Files.readString(file);
            Matcher type = declaration.matcher(text);
            while (type.find()) {
                types.merge(type.group(1), text, String::concat);
            }
        }
        return types;
    }

    @Test
    void namesExist() throws IOException {
        Map<String, String> types = types();
        Set<String> unknown = new TreeSet<>();
        int members = 0;
        for (Path document : documents()) {
            Matcher code =
                    CODE.matcher(FENCED.matcher(Files.readString(document)).replaceAll(""));
            while (code.find()) {
                String span = code.group(1);
                if (CAMEL.matcher(span).matches() && !types.containsKey(span) && !known(span)) {
                    unknown.add(Sources.shown(document) + ": " + span);
                }
                Matcher member = MEMBER.matcher(span);
                while (member.find()) {
                    String declaring = types.get(member.group(1));
                    if (declaring != null) {
                        members++;
                        if (!Pattern.compile("\\b" + member.group(2) + "\\b")
                                .matcher(declaring)
                                .find()) {
                            unknown.add(Sources.shown(document) + ": " + member.group());
                        }
                    }
                }
            }
        }
        assertEquals(Set.of(), unknown);
        assertTrue(members >= 5, "found " + members);
    }

    /// Whether a name is a type of the JDK or of a runtime, or an error of the reference that a table quotes.
    private static boolean known(String name) {
        for (String place : PLACES) {
            try {
                Class.forName(place + name, false, DocsTest.class.getClassLoader());
                return true;
            } catch (ClassNotFoundException elsewhere) {
                // The next package may have it.
            }
        }
        return false;
    }
}
