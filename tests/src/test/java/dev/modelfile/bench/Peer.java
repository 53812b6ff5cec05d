package dev.modelfile.bench;

import dev.modelfile.contract.Python;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Who does the same work elsewhere. A package of Python is looked for in the interpreter of [Python], a library of C
/// where `MODELFILE_GGML_LIB` says, and a library of Java in the class path of an environment variable, which
/// `bin/bench` sets for what Maven can resolve.
enum Peer {
    CP("`cp`"),
    SAFETENSORS("Python safetensors"),
    TORCH("PyTorch"),
    ML_DTYPES("ml_dtypes"),
    GGUF("gguf-py"),
    ONNX("Python onnx"),
    PICKLETOOLS("Python pickletools"),
    PICKLESCAN("picklescan"),
    JAVA("`java -jar`"),
    GGML("ggml"),
    JLAMA("jlama-core"),
    DJL("DJL"),
    TRIBUO("tribuo-util-onnx");

    private static final String LOOK = """
            import sys, importlib.metadata as m
            print("pickletools", sys.version.split()[0])
            for name in sys.argv[1:]:
                try:
                    print(name, m.version(name))
                except m.PackageNotFoundError:
                    pass
            """;

    final String shown;

    Peer(String shown) {
        this.shown = shown;
    }

    /// The version of each peer that is there.
    static Map<Peer, String> present() throws IOException, InterruptedException {
        Map<Peer, String> found = new TreeMap<>();
        python().forEach((name, version) -> found.put(valueOf(name.toUpperCase(Locale.ROOT)), version));
        if (System.getenv(GgmlPeer.VARIABLE) != null) {
            found.put(GGML, GgmlPeer.version());
        }
        for (Peer peer : new Peer[] {JLAMA, TRIBUO}) {
            String version = System.getenv("MODELFILE_" + peer + "_VERSION");
            if (peer.classPath() != null && version != null) {
                found.put(peer, version);
            }
        }
        found.put(DJL, String.valueOf(ai.djl.util.Utils.class.getPackage().getSpecificationVersion()));
        found.put(CP, "");
        found.put(JAVA, "");
        return found;
    }

    /// Where the classes of a library of Java are that is not among our own dependencies.
    @Nullable
    String classPath() {
        return System.getenv("MODELFILE_" + this + "_CP");
    }

    private static Map<String, String> python() throws InterruptedException {
        Map<String, String> versions = new TreeMap<>();
        String[] names = Arrays.stream(new Peer[] {SAFETENSORS, TORCH, ML_DTYPES, GGUF, ONNX, PICKLESCAN})
                .map(peer -> peer.name().toLowerCase(Locale.ROOT))
                .toArray(String[]::new);
        try {
            Python.run(LOOK, names)
                    .lines()
                    .map(line -> line.split(" "))
                    .forEach(line -> versions.put(line[0], line[1]));
        } catch (IOException absent) {
            // Then all of them are missing, and the report says so.
        }
        return versions;
    }
}
