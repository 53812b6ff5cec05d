package dev.modelfile.gguf;

import dev.modelfile.ModelFile;
import dev.modelfile.Tensor;
import dev.modelfile.gguf.hash.Digest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Digests of a model's tensors that do not depend on its metadata: the manifests of `llama-gguf-hash`. One line is the
/// algorithm, padded to 8, two spaces, the digest, two spaces, and `file:tensor`, or `file` for all tensors together.
/// (gguf-py's `gguf_hash.py` leaves out `.attention.bias` and the like, which `llama-gguf-hash` does not.)
public final class GgufHash {
    private static final int PIECE = 1 << 20;

    private GgufHash() {}

    /// The digests that manifests hold, in their order.
    public enum Algorithm {
        /// XXH64, which is fast and protects against accidents alone.
        XXH64,
        /// SHA-1.
        SHA1,
        /// SHA-256.
        SHA256,
        /// A name of the model: a UUID of version 5, only for all tensors together.
        UUID;

        /// What `llama-gguf-hash` prefers when it checks a manifest comes first.
        private static final List<Algorithm> PREFERRED = List.of(SHA256, SHA1, XXH64, UUID);

        /// As in manifests.
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// One line of a manifest.
    ///
    /// @param algorithm the kind of digest
    /// @param digest lower-case hex, or the UUID
    /// @param name the file's name, followed by a colon and the tensor's, or not
    public record Line(Algorithm algorithm, String digest, String name) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%-8s  %s  %s", algorithm, digest, name);
        }
    }

    /// What a comparison with a manifest gave.
    ///
    /// @param algorithm the one by which was compared: the first of SHA-256, SHA-1, XXH64 and UUID that the manifest
    ///     holds
    /// @param matching lines that agree
    /// @param differing lines of the manifest whose digest is another, or whose tensor is missing
    public record Comparison(Algorithm algorithm, List<Line> matching, List<Line> differing) {
        /// Whether there were lines, and all agree.
        public boolean matches() {
            return differing.isEmpty() && !matching.isEmpty();
        }
    }

    /// The manifest of a model.
    ///
    /// @param name what to call the file
    /// @param algorithms which digests
    /// @param tensors whether to give those of single tensors too
    /// @throws IOException if the data cannot be read
    public static List<Line> manifest(ModelFile model, String name, Set<Algorithm> algorithms, boolean tensors)
            throws IOException {
        List<Line> lines = new ArrayList<>();
        List<Digest> whole = start(algorithms);
        List<Algorithm> single =
                algorithms.stream().filter(a -> a != Algorithm.UUID).toList();
        for (Tensor tensor : model.tensors()) {
            List<Digest> own = tensors ? start(single) : List.of();
            feed(tensor, List.of(whole, own));
            own.forEach(digest -> lines.add(new Line(digest.algorithm(), digest.text(), name + ":" + tensor.name())));
        }
        whole.forEach(digest -> lines.add(new Line(digest.algorithm(), digest.text(), name)));
        return lines;
    }

    private static List<Digest> start(Collection<Algorithm> algorithms) {
        return algorithms.stream().sorted().map(Digest::new).toList();
    }

    private static void feed(Tensor tensor, List<List<Digest>> digests) throws IOException {
        MemorySegment buffer = MemorySegment.ofArray(new byte[(int) Math.min(PIECE, tensor.byteSize())]);
        for (long at = 0; at < tensor.byteSize(); at += buffer.byteSize()) {
            MemorySegment piece = buffer.asSlice(0, Math.min(buffer.byteSize(), tensor.byteSize() - at));
            tensor.readInto(at, piece);
            digests.forEach(list -> list.forEach(digest -> digest.update(piece)));
        }
    }

    /// Reads the lines of a manifest; other lines are passed over.
    public static List<Line> parse(String manifest) {
        List<Line> lines = new ArrayList<>();
        for (String line : manifest.lines().toList()) {
            String[] words = line.strip().split("\\s+", 3);
            for (Algorithm algorithm : Algorithm.values()) {
                if (words.length == 3 && words[0].equals(algorithm.toString())) {
                    lines.add(new Line(algorithm, words[1], words[2]));
                }
            }
        }
        return lines;
    }

    /// Compares a model with a manifest by the strongest digest that it holds.
    ///
    /// @param name what the manifest calls the file
    /// @throws IllegalArgumentException if the manifest says nothing about the file
    /// @throws IOException if the data cannot be read
    public static Comparison check(ModelFile model, String name, List<Line> manifest) throws IOException {
        List<Line> about = manifest.stream()
                .filter(line -> line.name().equals(name) || line.name().startsWith(name + ":"))
                .toList();
        Algorithm strongest = Algorithm.PREFERRED.stream()
                .filter(algorithm -> about.stream().anyMatch(line -> line.algorithm() == algorithm))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("the manifest says nothing about " + name));
        Map<String, String> actual = new LinkedHashMap<>();
        manifest(model, name, EnumSet.of(strongest), strongest != Algorithm.UUID)
                .forEach(line -> actual.put(line.name(), line.digest()));
        List<Line> matching = new ArrayList<>();
        List<Line> differing = new ArrayList<>();
        for (Line line : about) {
            if (line.algorithm() == strongest) {
                boolean same = Objects.equals(actual.get(line.name()), line.digest());
                (same ? matching : differing).add(line);
            }
        }
        return new Comparison(strongest, matching, differing);
    }
}
