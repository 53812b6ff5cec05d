import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipOutputStream;

/// Rewrites the jars of a folder whose classes are so old that Java keeps them out of its AOT cache, and verifies them
/// by the slow method of their time: those without stack maps. They get stack maps and a newer version; all else stays.
///
/// Usage: `java ClassVersions.java FOLDER`
public final class ClassVersions {
    /// The first version whose classes have to have stack maps, that of Java 7.
    private static final int WITH_STACK_MAPS = 51;

    private ClassVersions() {}

    public static void main(String[] args) throws IOException {
        List<Path> jars;
        try (Stream<Path> files = Files.list(Path.of(args[0]))) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
        for (Path jar : jars) {
            if (isOld(jar)) {
                rewrite(jar);
            }
        }
    }

    private static boolean isOld(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : Collections.list(file.entries())) {
                if (entry.getName().endsWith(".class") && isOld(file, entry)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isOld(JarFile file, JarEntry entry) throws IOException {
        try (InputStream in = file.getInputStream(entry)) {
            return isOld(in.readNBytes(8));
        }
    }

    private static boolean isOld(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getShort(6) < WITH_STACK_MAPS;
    }

    private static void rewrite(Path jar) throws IOException {
        Path rewritten = jar.resolveSibling(jar.getFileName() + ".new");
        try (JarFile file = new JarFile(jar.toFile());
                URLClassLoader classes =
                        new URLClassLoader(new URL[] {jar.toUri().toURL()});
                OutputStream out = Files.newOutputStream(rewritten);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            ClassFile format = ClassFile.of(
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)
                            .orElse(ClassHierarchyResolver.defaultResolver())));
            for (JarEntry entry : Collections.list(file.entries())) {
                byte[] bytes = file.getInputStream(entry).readAllBytes();
                JarEntry copy = new JarEntry(entry.getName());
                copy.setTimeLocal(entry.getTimeLocal());
                zip.putNextEntry(copy);
                zip.write(entry.getName().endsWith(".class") && isOld(bytes) ? renew(format, bytes) : bytes);
                zip.closeEntry();
            }
        }
        Files.move(rewritten, jar, StandardCopyOption.ATOMIC_MOVE);
    }

    private static byte[] renew(ClassFile format, byte[] bytes) {
        ClassTransform code = ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL);
        ClassTransform version = ClassTransform.endHandler(builder -> builder.withVersion(WITH_STACK_MAPS, 0));
        return format.transformClass(format.parse(bytes), code.andThen(version));
    }
}
