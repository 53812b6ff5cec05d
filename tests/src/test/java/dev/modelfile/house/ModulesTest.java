package dev.modelfile.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.spi.ContentScanner;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The arrows between modules, what they show to others, and how formats are found.
final class ModulesTest {
    private static final String CORE = "dev.modelfile";
    private static final String PREFIX = "dev.modelfile.";

    /// What each module may require beside `java.base`, and nothing else. A new arrow is a decision: it goes here.
    private static final Map<String, Set<String>> ALLOWED = Map.of(
            CORE,
            Set.of("org.jspecify", "jdk.jfr"),
            PREFIX + "safetensors",
            Set.of(CORE, "org.jspecify"),
            PREFIX + "gguf",
            Set.of(CORE, "org.jspecify", "jdk.incubator.vector"),
            PREFIX + "onnx",
            Set.of(CORE, "org.jspecify", "com.google.protobuf"),
            PREFIX + "checkpoint",
            Set.of(CORE, "org.jspecify"),
            PREFIX + "cli",
            Set.of(
                    CORE,
                    PREFIX + "safetensors",
                    PREFIX + "gguf",
                    PREFIX + "onnx",
                    PREFIX + "checkpoint",
                    "org.jspecify",
                    "info.picocli",
                    "tools.jackson.core",
                    "tools.jackson.databind"));

    /// What a module may show to everybody; a format shows its root package.
    private static final Map<String, Set<String>> EXPORTED = Map.of(
            CORE,
            Set.of(CORE, PREFIX + "io", PREFIX + "scan", PREFIX + "spi"),
            PREFIX + "onnx",
            Set.of(PREFIX + "onnx", PREFIX + "onnx.proto"),
            PREFIX + "cli",
            Set.of());

    private static final int MOST_CORE_TYPES = 30;
    private static final int MOST_FORMAT_TYPES = 12;

    /// Our modules by the folder or jar that they are in.
    private static Map<ModuleDescriptor, String> modules() throws IOException {
        Map<ModuleDescriptor, String> modules = new TreeMap<>();
        for (URL url : Collections.list(ModulesTest.class.getClassLoader().getResources("module-info.class"))) {
            try (InputStream in = url.openStream()) {
                ModuleDescriptor module = ModuleDescriptor.read(in);
                if (module.name().equals(CORE) || module.name().startsWith(PREFIX)) {
                    String place = url.toString();
                    modules.put(module, place.substring(0, place.lastIndexOf('/') + 1));
                }
            }
        }
        return modules;
    }

    @Test
    void everyModuleIsLookedAt() throws IOException {
        Set<String> names =
                modules().keySet().stream().map(ModuleDescriptor::name).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(ALLOWED.keySet()), names);
        assertEquals(ALLOWED.size(), Sources.modules().size());
    }

    @Test
    void arrowsAreTheOnesDrawn() throws IOException {
        for (ModuleDescriptor module : modules().keySet()) {
            Set<String> extra = module.requires().stream()
                    .map(ModuleDescriptor.Requires::name)
                    .filter(name -> !name.equals("java.base"))
                    .filter(name ->
                            !ALLOWED.getOrDefault(module.name(), Set.of()).contains(name))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertEquals(Set.of(), extra, () -> module.name() + " requires more than it may");
            boolean format = !module.name().equals(CORE);
            assertEquals(
                    format,
                    module.requires().stream()
                            .anyMatch(requires -> requires.name().equals(CORE)));
        }
    }

    @Test
    void internalsAreNotExported() throws IOException {
        for (ModuleDescriptor module : modules().keySet()) {
            Set<String> exported = new TreeSet<>();
            for (ModuleDescriptor.Exports exports : module.exports()) {
                if (!exports.isQualified()) {
                    exported.add(exports.source());
                    continue;
                }
                assertEquals(CORE, module.name(), "only core shares internals");
                for (String friend : exports.targets()) {
                    assertTrue(ALLOWED.containsKey(friend), () -> exports + " is for a stranger");
                }
            }
            Set<String> allowed = EXPORTED.getOrDefault(module.name(), Set.of(module.name()));
            assertTrue(allowed.containsAll(exported), () -> module.name() + " exports " + exported);
            for (ModuleDescriptor.Opens opens : module.opens()) {
                assertEquals(Set.of("info.picocli"), opens.targets(), () -> module.name() + " " + opens);
            }
            assertTrue(!module.isOpen() && !module.isAutomatic());
        }
    }

    @Test
    void servicesAreTheSameOnBothPaths() throws IOException {
        Set<String> formats = new TreeSet<>();
        for (Class<?> service : List.of(ModelFormat.class, ContentScanner.class)) {
            for (Map.Entry<ModuleDescriptor, String> module : modules().entrySet()) {
                Set<String> named = module.getKey().provides().stream()
                        .filter(provides -> provides.service().equals(service.getName()))
                        .flatMap(provides -> provides.providers().stream())
                        .collect(Collectors.toCollection(TreeSet::new));
                assertEquals(named, listed(module.getValue(), service), module.getKey()::name);
                formats.addAll(service == ModelFormat.class ? named : Set.of());
            }
        }
        Set<String> installed = ModelFormats.installed().all().stream()
                .map(format -> format.getClass().getName())
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(formats, installed);
        assertTrue(installed.contains("dev.modelfile.safetensors.SafetensorsFormat"));
    }

    /// What the class path's list of a service names; the module is a folder of classes or, once packaged, a jar.
    private static Set<String> listed(String module, Class<?> service) throws IOException {
        URL list = URI.create(module + "META-INF/services/" + service.getName()).toURL();
        try (InputStream in = list.openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (FileNotFoundException none) {
            return Set.of();
        }
    }

    @Test
    void servicesHaveNoOtherKind() throws IOException {
        for (ModuleDescriptor module : modules().keySet()) {
            for (ModuleDescriptor.Provides provides : module.provides()) {
                assertTrue(
                        Set.of(ModelFormat.class.getName(), ContentScanner.class.getName())
                                .contains(provides.service()),
                        () -> module.name() + " provides " + provides.service());
            }
        }
    }

    @Test
    void publicTypesAreFew() throws IOException {
        Pattern type = Pattern.compile(
                "(?m)^public (abstract |final |sealed |non-sealed )*(class|interface|enum|record|@interface) ");
        for (Path module : Sources.modules()) {
            boolean core = module.endsWith("core");
            if (module.endsWith("cli")) {
                continue;
            }
            String descriptor = Files.readString(module.resolve("src/main/java/module-info.java"));
            var exported = Pattern.compile("exports ([\\w.]+);").matcher(descriptor);
            while (exported.find()) {
                Path folder =
                        module.resolve("src/main/java/" + exported.group(1).replace('.', '/'));
                if (!Files.isDirectory(folder)) {
                    // All of it is generated.
                    continue;
                }
                List<String> found = new ArrayList<>();
                try (Stream<Path> files = Files.list(folder)) {
                    for (Path file : files.filter(Files::isRegularFile).toList()) {
                        if (type.matcher(Files.readString(file)).find()) {
                            found.add(String.valueOf(file.getFileName()));
                        }
                    }
                }
                int most = core ? MOST_CORE_TYPES : MOST_FORMAT_TYPES;
                assertTrue(!found.isEmpty() && found.size() <= most, () -> Sources.shown(folder) + ": " + found);
            }
        }
    }
}
