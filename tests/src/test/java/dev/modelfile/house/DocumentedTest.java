package dev.modelfile.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExportsTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/// Every public type and member of an exported package says what it does; overriding methods may stay silent.
final class DocumentedTest {
    private final Set<String> missing = new TreeSet<>();

    @Test
    void publicMembersHaveComments() throws IOException {
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            for (Path sources : modules.map(module -> module.resolve("src/main/java"))
                    .filter(sources -> Files.exists(sources.resolve("module-info.java")))
                    .toList()) {
                check(sources);
            }
        }
        assertEquals(Set.of(), missing);
    }

    private void check(Path sources) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(sources)) {
            files = walk.filter(file -> file.toString().endsWith(".java")).toList();
        }
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (var manager = compiler.getStandardFileManager(null, null, null)) {
            var units = manager.getJavaFileObjectsFromPaths(files);
            var task = (JavacTask) compiler.getTask(null, manager, null, List.of("-proc:none"), null, units);
            List<CompilationUnitTree> parsed = new ArrayList<>();
            task.parse().forEach(parsed::add);
            assertFalse(parsed.isEmpty());
            Set<String> exported = exports(parsed);
            for (var unit : parsed) {
                var name = unit.getPackageName();
                if (name != null && exported.contains(name.toString())) {
                    visit(DocTrees.instance(task), new TreePath(unit), false);
                }
            }
        }
    }

    /// The packages that are exported to everybody.
    private static Set<String> exports(List<CompilationUnitTree> units) {
        Set<String> exported = new TreeSet<>();
        for (var unit : units) {
            if (unit.getModule() != null) {
                for (var directive : unit.getModule().getDirectives()) {
                    if (directive instanceof ExportsTree exports && exports.getModuleNames() == null) {
                        exported.add(exports.getPackageName().toString());
                    }
                }
            }
        }
        return exported;
    }

    private void visit(DocTrees docs, TreePath parent, boolean allPublic) {
        List<? extends Tree> members = parent.getLeaf() instanceof ClassTree type
                ? type.getMembers()
                : parent.getCompilationUnit().getTypeDecls();
        for (Tree member : members) {
            var path = new TreePath(parent, member);
            switch (member) {
                case ClassTree type
                when isPublic(type.getModifiers(), allPublic) -> {
                    require(docs, path, type.getSimpleName().toString());
                    visit(docs, path, isInterface(type));
                }
                case MethodTree method
                when isPublic(method.getModifiers(), allPublic) && !overrides(method) ->
                    require(docs, path, method.getName().toString());
                case VariableTree field
                when isPublic(field.getModifiers(), allPublic) ->
                    require(docs, path, field.getName().toString());
                default -> {}
            }
        }
    }

    private void require(DocTrees docs, TreePath path, String name) {
        String comment = docs.getDocComment(path);
        if (comment == null || comment.isBlank()) {
            var unit = path.getCompilationUnit();
            long line =
                    unit.getLineMap().getLineNumber(docs.getSourcePositions().getStartPosition(unit, path.getLeaf()));
            missing.add(unit.getSourceFile().getName() + ":" + line + " " + name);
        }
    }

    private static boolean isInterface(ClassTree type) {
        return type.getKind() == Tree.Kind.INTERFACE || type.getKind() == Tree.Kind.ANNOTATION_TYPE;
    }

    private static boolean isPublic(ModifiersTree modifiers, boolean allPublic) {
        Set<Modifier> flags = modifiers.getFlags();
        return flags.contains(Modifier.PUBLIC)
                || flags.contains(Modifier.PROTECTED)
                || allPublic && !flags.contains(Modifier.PRIVATE);
    }

    private static boolean overrides(MethodTree method) {
        return method.getModifiers().getAnnotations().stream()
                .anyMatch(
                        annotation -> annotation.getAnnotationType().toString().equals("Override"));
    }
}
