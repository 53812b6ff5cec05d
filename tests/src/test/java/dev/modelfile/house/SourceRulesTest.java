package dev.modelfile.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Sizes of files and methods, and what sources must not contain.
final class SourceRulesTest {
    private static final int LONGEST_FILE = 500;
    private static final int MEDIAN_FILE = 110;
    private static final int LONGEST_METHOD = 80;
    private static final int USUAL_METHOD = 22;

    private static final Pattern UNFINISHED = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b");

    /// What libraries must not do, and why.
    private static final Map<String, Pattern> FORBIDDEN = Map.of(
            "talks to the terminal", Pattern.compile("System\\.(out|err|in)\\b|printStackTrace"),
            "ends the program", Pattern.compile("System\\.exit|Runtime\\.getRuntime\\(\\)\\.(halt|exit)"),
            "uses Unsafe", Pattern.compile("\\bsun\\.misc\\.|\\bjdk\\.internal\\."),
            "loads classes by name", Pattern.compile("Class\\.forName|\\.loadClass\\(|ObjectInputStream"),
            "uses the network", Pattern.compile("java\\.net\\.(http|Socket|URLConnection|ServerSocket)|openConnection"),
            "starts programs", Pattern.compile("ProcessBuilder|Runtime\\.getRuntime\\(\\)\\.exec"),
            "logs", Pattern.compile("org\\.slf4j|java\\.util\\.logging|log4j"),
            "has a static that changes",
                    Pattern.compile(
                            "(?m)^    (private |public |protected )?static (?!final |class |record |sealed |abstract "
                                    + "|interface |enum |<)[\\w<>\\[\\].@?, ]+ \\w+( = |;)"));

    @Test
    void filesAreShort() throws IOException {
        List<Integer> lengths = new ArrayList<>();
        List<Path> all = new ArrayList<>(Sources.main());
        int main = all.size();
        all.addAll(Sources.java(Sources.root().resolve("tests/src")));
        List<String> tooLong = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            int lines = Files.readAllLines(all.get(i)).size();
            if (i < main) {
                lengths.add(lines);
            }
            if (lines > LONGEST_FILE) {
                tooLong.add(Sources.shown(all.get(i)) + ": " + lines);
            }
        }
        assertEquals(List.of(), tooLong);
        Collections.sort(lengths);
        assertTrue(lengths.size() > 60);
        assertTrue(lengths.get(lengths.size() / 2) <= MEDIAN_FILE, "the median file is long");
    }

    @Test
    void methodsAreShort() throws IOException {
        Map<String, Integer> lengths = new TreeMap<>();
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (var manager = compiler.getStandardFileManager(null, null, null)) {
            var units = manager.getJavaFileObjectsFromPaths(Sources.main());
            var task = (JavacTask) compiler.getTask(null, manager, null, List.of("-proc:none"), null, units);
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            for (CompilationUnitTree unit : task.parse()) {
                LineMap lines = unit.getLineMap();
                String file = Sources.shown(Path.of(unit.getSourceFile().toUri()));
                new TreeScanner<@Nullable Void, @Nullable Void>() {
                    @Override
                    public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
                        if (method.getBody() != null) {
                            long first = lines.getLineNumber(positions.getStartPosition(unit, method.getBody()));
                            long last = lines.getLineNumber(positions.getEndPosition(unit, method.getBody()));
                            lengths.put(file + ":" + first + " " + method.getName(), (int) (last - first + 1));
                        }
                        return super.visitMethod(method, nothing);
                    }
                }.scan(unit, null);
            }
        }
        List<String> tooLong = lengths.entrySet().stream()
                .filter(method -> method.getValue() > LONGEST_METHOD)
                .map(method -> method.getKey() + " has " + method.getValue() + " lines")
                .toList();
        assertEquals(List.of(), tooLong);
        List<Integer> sorted = lengths.values().stream().sorted().toList();
        assertTrue(sorted.size() > 300);
        assertTrue(sorted.get(sorted.size() * 9 / 10) <= USUAL_METHOD, "one method in ten is long");
    }

    @Test
    void nothingIsUnfinished() throws IOException {
        List<Path> all = new ArrayList<>(Sources.main());
        all.addAll(Sources.java(Sources.root().resolve("tests/src")));
        assertEquals(List.of(), matches(all, UNFINISHED));
    }

    @Test
    void librariesBehave() throws IOException {
        List<String> found = new ArrayList<>();
        List<Path> libraries = Sources.libraries();
        assertTrue(libraries.size() > 50);
        for (Map.Entry<String, Pattern> rule : FORBIDDEN.entrySet()) {
            for (String match : matches(libraries, rule.getValue())) {
                found.add(match + " " + rule.getKey());
            }
        }
        assertEquals(List.of(), found);
    }

    @Test
    void theRulesFindWhatTheyLookFor() {
        Map<String, String> bad = Map.of(
                "talks to the terminal", "System.out.println(1);",
                "ends the program", "System.exit(1);",
                "uses Unsafe", "import sun.misc.Unsafe;",
                "loads classes by name", "Class.forName(name)",
                "uses the network", "import java.net.http.HttpClient;",
                "starts programs", "new ProcessBuilder()",
                "logs", "import org.slf4j.Logger;",
                "has a static that changes", "    private static int counter = 0;");
        assertEquals(FORBIDDEN.keySet(), bad.keySet());
        bad.forEach((rule, code) -> {
            Pattern pattern = FORBIDDEN.get(rule);
            assertTrue(pattern != null && pattern.matcher(code).find(), rule);
        });
    }

    private static List<String> matches(List<Path> files, Pattern pattern) throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : files) {
            Matcher matcher = pattern.matcher(Files.readString(file));
            while (matcher.find()) {
                found.add(Sources.shown(file) + ": " + matcher.group().strip());
            }
        }
        return found;
    }
}
