package dev.modelfile.cli.verb;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Digests printed earlier: lines `tensor  sha256:HEX  NAME`, and at the end `model  sha256:HEX  PATH`.
final class Manifest {
    /// How the line of a tensor begins.
    static final String TENSOR = "tensor  sha256:";
    /// How the line of the model begins.
    static final String MODEL = "model   sha256:";

    private static final Pattern LINE = Pattern.compile("(tensor|model) +sha256:([0-9a-f]{64})  (.*)");
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u([0-9a-f]{4})|(.))");

    private final Map<String, String> tensors = new LinkedHashMap<>();
    private @Nullable String model;

    private Manifest() {}

    /// Something that is not as it was.
    ///
    /// @param name the tensor, or null for the model as a whole
    /// @param problem `differs`, `missing` or `unexpected`
    record Mismatch(@Nullable String name, String problem) {}

    /// Reads a manifest.
    ///
    /// @throws IOException if it cannot be read or is none
    static Manifest read(Path file) throws IOException {
        Manifest manifest = new Manifest();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                manifest.add(file, number, line);
            }
        } catch (CharacterCodingException noText) {
            throw new IOException(file + " is not a manifest that 'hash' has printed", noText);
        }
        if (manifest.tensors.isEmpty() && manifest.model == null) {
            throw new IOException(file + " is empty");
        }
        return manifest;
    }

    private void add(Path file, int number, String line) throws IOException {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new IOException(file + ":" + number + " is not a line that 'hash' has printed");
        }
        if (matcher.group(1).equals("model")) {
            model = matcher.group(2);
        } else {
            tensors.put(unescape(matcher.group(3)), matcher.group(2));
        }
    }

    private static String unescape(String text) {
        return ESCAPE.matcher(text).replaceAll(match -> {
            String character = match.group(1) != null
                    ? String.valueOf((char) Integer.parseInt(match.group(1), 16))
                    : switch (match.group(2)) {
                        case "n" -> "\n";
                        case "r" -> "\r";
                        case "t" -> "\t";
                        default -> match.group(2);
                    };
            return Matcher.quoteReplacement(character);
        });
    }

    /// What differs from the model as it is now.
    List<Mismatch> compare(List<String> names, List<String> digests, String all) {
        List<Mismatch> mismatches = new ArrayList<>();
        Map<String, String> left = new LinkedHashMap<>(tensors);
        for (int i = 0; i < names.size(); i++) {
            String expected = left.remove(names.get(i));
            if (expected == null) {
                if (!tensors.isEmpty()) {
                    mismatches.add(new Mismatch(names.get(i), "unexpected"));
                }
            } else if (!expected.equals(digests.get(i))) {
                mismatches.add(new Mismatch(names.get(i), "differs"));
            }
        }
        left.keySet().forEach(name -> mismatches.add(new Mismatch(name, "missing")));
        if (model != null && !model.equals(all)) {
            mismatches.add(new Mismatch(null, "differs"));
        }
        return mismatches;
    }
}
