import static java.nio.charset.StandardCharsets.UTF_8;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.ImportOrderer;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Checks or applies the house format of every Java source: `java Format.java check|apply|skip <formatter version>`.
///
/// Files that were found well formatted are remembered by their hash in `target/format.index`.
final class Format {
    private static final Path SELF = Path.of(".mvn", "format", "Format.java");
    private static final Path INDEX = Path.of("target", "format.index");
    private static final JavaFormatterOptions.Style STYLE = JavaFormatterOptions.Style.PALANTIR;

    private static final Pattern MARKDOWN_LINE = Pattern.compile("(?m)^(\\h*)///(.*)$");
    private static final String SLASH = "\uE000";
    private static final String BLANK = "\uE001";

    private final Formatter formatter = Formatter.createFormatter(
            JavaFormatterOptions.builder().style(STYLE).build());
    private final String salt;
    private final boolean apply;
    private final Set<String> known;
    private final Set<String> good = new TreeSet<>();
    private final List<String> bad = new ArrayList<>();

    private Format(String version, boolean apply) throws IOException {
        this.salt = version + Files.readString(SELF, UTF_8);
        this.apply = apply;
        this.known = Files.exists(INDEX) ? Set.copyOf(Files.readAllLines(INDEX, UTF_8)) : Set.of();
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("skip")) {
            return;
        }
        var format = new Format(args[1], args[0].equals("apply"));
        for (Path file : sources()) {
            format.visit(file);
        }
        Files.createDirectories(INDEX.getParent());
        Files.write(INDEX, format.good, UTF_8);
        if (!format.bad.isEmpty()) {
            format.bad.forEach(System.err::println);
            System.err.println("To format all sources: ./mvnw -q -N validate -Dformat=apply");
            System.exit(1);
        }
    }

    /// All Java files below `<module>/src` and this one.
    private static List<Path> sources() throws IOException {
        List<Path> found = new ArrayList<>(List.of(SELF));
        try (Stream<Path> modules = Files.list(Path.of("."))) {
            for (Path src : modules.map(module -> module.resolve("src")).toList()) {
                if (Files.isDirectory(src)) {
                    try (Stream<Path> files = Files.walk(src)) {
                        files.filter(file -> file.toString().endsWith(".java")).forEach(found::add);
                    }
                }
            }
        }
        return found.stream().map(Path::normalize).sorted().toList();
    }

    private void visit(Path file) throws IOException, NoSuchAlgorithmException {
        String source = Files.readString(file, UTF_8);
        if (known.contains(hash(source))) {
            good.add(hash(source));
            return;
        }
        try {
            String formatted = format(source);
            if (MARKDOWN_LINE
                    .matcher(formatted)
                    .results()
                    .anyMatch(line -> line.group().length() > 120)) {
                bad.add(file + ": a comment line is longer than 120 columns, wrap it by hand");
            }
            if (formatted.equals(source)) {
                good.add(hash(source));
            } else if (apply) {
                Files.writeString(file, formatted, UTF_8);
                System.out.println("formatted " + file);
            } else {
                bad.add(file + ": not formatted");
            }
        } catch (FormatterException e) {
            bad.add(file + ": " + e.getMessage());
        }
    }

    /// The formatter wraps Markdown comments as if they were one line, so it gets them as plain ones without blanks.
    private String format(String source) throws FormatterException {
        String imports = RemoveUnusedImports.removeUnusedImports(ImportOrderer.reorderImports(source, STYLE));
        String sealed = MARKDOWN_LINE.matcher(imports).replaceAll(Format::seal);
        return formatter
                .formatSource(sealed)
                .replaceAll("//\\h?" + SLASH, "///")
                .replace(BLANK, " ");
    }

    private static String seal(MatchResult line) {
        String sealed = "//" + SLASH + line.group(2).stripTrailing().replace(" ", BLANK);
        return line.group(1) + sealed.replace("\\", "\\\\").replace("$", "\\$");
    }

    private String hash(String source) throws NoSuchAlgorithmException {
        var digest = MessageDigest.getInstance("SHA-256");
        digest.update(salt.getBytes(UTF_8));
        return HexFormat.of().formatHex(digest.digest(source.getBytes(UTF_8)));
    }
}
