package dev.modelfile.checkpoint.scan;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.checkpoint.container.LegacyContainer;
import dev.modelfile.checkpoint.container.TarArchive;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.checkpoint.zip.ZipPieces;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.List;

/// Goes through a file and everything in it, deciding by content: pickles, archives, compressed data, arrays.
public final class ContentScan {
    private static final int MAX_NESTING = 8;
    /// How often the bytes of a file may be looked at altogether, counted in its size.
    private static final int REPEATS = 4;
    private static final String HDF5 = "\u0089HDF\r\n\u001a\n";
    private static final long FREE_BYTES = 256L << 20;

    private final ReadLimits limits;
    private final Findings findings = new Findings();
    private final long maxBytes;
    private long bytes;
    private long inflated;
    private boolean script;

    /// A scan of one file.
    ///
    /// @param fileSize its size
    public ContentScan(ReadLimits limits, long fileSize) {
        this.limits = limits;
        this.maxBytes =
                fileSize > (Long.MAX_VALUE - FREE_BYTES) / REPEATS ? Long.MAX_VALUE : fileSize * REPEATS + FREE_BYTES;
    }

    private ContentScan(ContentScan outer) {
        this.limits = outer.limits;
        this.maxBytes = outer.maxBytes;
        this.bytes = outer.bytes;
        this.inflated = outer.inflated;
    }

    /// A scan of something inside, whose findings stay apart but whose bytes count.
    ContentScan inside() {
        return new ContentScan(this);
    }

    /// Counts the bytes of a scan of something inside.
    void count(ContentScan inside) {
        bytes = inside.bytes;
    }

    /// Whether content is packed, an archive or an array, by its first bytes.
    static boolean isContainer(Region content) throws ModelFormatException {
        return startsWith(content, "PK\003\004")
                || startsWith(content, "PK\005\006")
                || ArrayScan.isArray(content)
                || LegacyContainer.isLegacy(content)
                || Unpacking.isPacked(content);
    }

    /// What was found.
    public List<Finding> findings() {
        return findings.list();
    }

    Findings collector() {
        return findings;
    }

    /// A fresh budget for one stream; what streams keep is gone when the next one begins.
    Budget budget() {
        return new Budget(limits.withMaxHeapBytes(Math.max(0, limits.maxHeapBytes() / 2 - inflated)));
    }

    ReadLimits limits() {
        return limits;
    }

    void inflated(long more) {
        inflated += more;
    }

    /// Whether names of `__torch__` mean the code of the archive that is being scanned.
    boolean isScript() {
        return script;
    }

    /// Says whether an archive is of TorchScript; returns what was said before.
    boolean script(boolean now) {
        boolean before = script;
        script = now;
        return before;
    }

    void add(String rule, Severity severity, Region place, long offset, String message) {
        findings.add(rule, severity, place, "", offset, message);
    }

    void broken(ModelFormatException problem) {
        findings.add(Finding.of(problem));
    }

    /// Scans some content and what is inside.
    ///
    /// @param depth how many containers it is in
    /// @return whether it is something that can hold code, or is known not to
    public boolean scan(Region content, int depth) {
        bytes += content.size();
        if (depth > MAX_NESTING || bytes > maxBytes) {
            add(
                    "scan.limit",
                    Severity.ERROR,
                    content,
                    0,
                    depth > MAX_NESTING
                            ? "containers inside each other, more than " + MAX_NESTING
                            : "records that show the same bytes again and again: " + bytes + " bytes vs " + maxBytes);
            return true;
        }
        try {
            return decide(content, depth);
        } catch (LimitExceededException limit) {
            add("scan.limit", Severity.ERROR, content, 0, String.valueOf(limit.getMessage()));
            return true;
        } catch (ModelFormatException broken) {
            broken(broken);
            return true;
        }
    }

    private boolean decide(Region content, int depth) throws ModelFormatException {
        if (content.size() == 0) {
            return false;
        }
        boolean tar = TarArchive.isTar(content);
        if (tar) {
            // Readers differ in what they ask for first, so whatever else it is counts as well.
            new TarScan(this, depth).scan(content);
        }
        if (startsWith(content, "PK\003\004") || startsWith(content, "PK\005\006") || ZipPieces.endsAsZip(content)) {
            new ZipScan(this, depth).scan(content);
            return true;
        }
        if (ArrayScan.isArray(content)) {
            new ArrayScan(this, depth).scan(content);
            return true;
        }
        if (LegacyContainer.isLegacy(content)) {
            new StreamScan(this, depth).legacy(content);
            return true;
        }
        if (Unpacking.isPacked(content)) {
            new Unpacking(this, depth).scan(content);
            return true;
        }
        if (tar) {
            return true;
        }
        if (startsWith(content, HDF5)) {
            add(
                    "scan.unread",
                    Severity.WARNING,
                    content,
                    0,
                    "HDF5, which is not looked into: models in it can hold code");
            return true;
        }
        if (depth > 0 && NativeCode.is(content)) {
            add("native.code", Severity.WARNING, content, 0, "machine code: what loads it runs it");
            new StreamScan(this, depth).head(content);
            return true;
        }
        return new StreamScan(this, depth).scan(content);
    }

    static boolean startsWith(Region content, String magic) throws ModelFormatException {
        if (content.size() < magic.length()) {
            return false;
        }
        for (int i = 0; i < magic.length(); i++) {
            if (content.u8(i) != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
