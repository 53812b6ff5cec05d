package dev.modelfile.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Runs the benchmarks of this package that have peers, ours and theirs one after the other on the same files, and
/// writes tables of what took how long into `docs/performance.md`, each between two markers.
///
/// Arguments: names of tables, or `all`; `--quick` for short runs that only show the order of magnitude; `--print` to
/// leave the document alone.
final class Report {
    /// A part of the document.
    enum Table {
        START,
        OPEN,
        READ,
        WHOLE,
        SCALARS,
        KERNELS
    }

    private Report() {}

    static void main(String[] args) throws Throwable {
        boolean quick = false;
        boolean print = false;
        Set<Table> wanted = EnumSet.noneOf(Table.class);
        for (String arg : args) {
            switch (arg) {
                case "--quick" -> quick = true;
                case "--print" -> print = true;
                case "all" -> wanted = EnumSet.allOf(Table.class);
                default -> wanted.add(Table.valueOf(arg.toUpperCase(Locale.ROOT)));
            }
        }
        Map<Peer, String> peers = Peer.present();
        for (Table table : wanted) {
            List<String> lines = switch (table) {
                case KERNELS -> KernelSummary.lines(quick, peers);
                case SCALARS -> ScalarRatios.lines(quick, peers);
                default -> new Comparison(peers, quick).of(table);
            };
            String shown = String.join("\n", lines);
            String text = String.join("\n", Machine.describe(quick), "", peers(peers, shown), "", shown);
            System.out.println("\n" + table + "\n\n" + text);
            if (!print) {
                replace(document(), table.name().toLowerCase(Locale.ROOT), text);
            }
        }
    }

    /// In which versions those in a table were there, and who of them was not.
    private static String peers(Map<Peer, String> present, String table) {
        List<String> found = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (Peer peer : Peer.values()) {
            String version = present.get(peer);
            if (table.contains(peer.shown) && (version == null || !version.isEmpty())) {
                (version == null ? missing : found).add(version == null ? peer.shown : peer.shown + " " + version);
            }
        }
        return (found.isEmpty() ? "" : "Peers: " + String.join(", ", found) + ".")
                + (missing.isEmpty() ? "" : " Missing: " + String.join(", ", missing) + ".");
    }

    private static Path document() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path document = at.resolve("docs/performance.md");
            if (Files.exists(document)) {
                return document;
            }
        }
        throw new IllegalStateException("docs/performance.md is in no folder above this one");
    }

    /// Puts a text between `<!-- measured: name -->` and `<!-- end -->`.
    static void replace(Path document, String name, String text) throws IOException {
        String old = Files.readString(document);
        String begin = "<!-- measured: " + name + " -->\n";
        int from = old.indexOf(begin);
        int to = from < 0 ? -1 : old.indexOf("<!-- end -->", from);
        if (to < 0) {
            throw new IllegalStateException(document + " has no place for the table " + name);
        }
        Files.writeString(document, old.substring(0, from + begin.length()) + text + "\n" + old.substring(to));
    }
}
