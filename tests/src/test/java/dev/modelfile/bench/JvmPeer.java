package dev.modelfile.bench;

import java.io.File;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Libraries of Java that are not on our own class path, so that their dependencies do not meet ours.
final class JvmPeer {
    private JvmPeer() {}

    private static Class<?> load(Peer peer, String name) throws Exception {
        String path = peer.classPath();
        if (path == null) {
            throw new IllegalStateException(peer.shown + " is not there");
        }
        String[] files = path.split(File.pathSeparator);
        URL[] urls = new URL[files.length];
        for (int i = 0; i < files.length; i++) {
            urls[i] = Path.of(files[i]).toUri().toURL();
        }
        return Class.forName(name, true, new URLClassLoader(urls, ClassLoader.getPlatformClassLoader()));
    }

    /// What opens a Safetensors file and counts its tensors.
    static Opening jlama() throws Exception {
        Class<?> type = load(Peer.JLAMA, "com.github.tjake.jlama.safetensors.SafeTensorIndex");
        Method open = type.getMethod("loadSingleFile", Path.class, String.class);
        Method tensors = type.getMethod("tensorInfoMap");
        Method close = type.getMethod("close");
        return file -> {
            @Nullable Object model = open.invoke(null, file.getParent(), String.valueOf(file.getFileName()));
            int count = ((Map<?, ?>) tensors.invoke(model)).size();
            close.invoke(model);
            return count;
        };
    }

    /// What parses an ONNX model and counts its initializers.
    static Parsing tribuo() throws Exception {
        Class<?> type = load(Peer.TRIBUO, "ai.onnx.proto.OnnxMl$ModelProto");
        Method parse = type.getMethod("parseFrom", ByteBuffer.class);
        Method graph = type.getMethod("getGraph");
        Method initializers = Arrays.stream(graph.getReturnType().getMethods())
                .filter(method -> method.getName().equals("getInitializerList"))
                .findFirst()
                .orElseThrow();
        return bytes -> ((List<?>) initializers.invoke(graph.invoke(parse.invoke(null, bytes)))).size();
    }

    /// Opens a file, counts and closes.
    interface Opening {
        int count(Path file) throws Exception;
    }

    /// Parses and counts.
    interface Parsing {
        int count(ByteBuffer bytes) throws Exception;
    }
}
