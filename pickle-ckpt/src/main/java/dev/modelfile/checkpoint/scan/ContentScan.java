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
    private static final long FREE_BYTES = 256L << 20;

    private final ReadLimits limits;
    private final Findings findings = new Findings();
    private final long maxBytes;
    private long bytes;
    private long inflated;

    /// A scan of one file.
    ///
    /// @param fileSize its size
    public ContentScan(ReadLimits limits, long fileSize) {
        this.limits = limits;
        this.maxBytes =
                fileSize > (Long.MAX_VALUE - FREE_BYTES) / REPEATS ? Long.MAX_VALUE : fileSize * REPEATS + FREE_BYTES;
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
        if (startsWith(content, "PK\003\004") || startsWith(content, "PK\005\006") || ZipPieces.endsAsZip(content)) {
            new ZipScan(this, depth).scan(content);
            return true;
        }
        if (startsWith(content, "\u0093NUMPY")) {
            new ArrayScan(this).scan(content);
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
        if (TarArchive.isTar(content)) {
            tar(content, depth);
            return true;
        }
        if (depth > 0 && NativeCode.is(content)) {
            add("native.code", Severity.WARNING, content, 0, "machine code: what loads it runs it");
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

    private void tar(Region content, int depth) throws ModelFormatException {
        TarArchive archive = TarArchive.read(content, limits);
        for (TarArchive.Member member : archive.members()) {
            if (member.name().endsWith("storages") || member.name().endsWith("tensors")) {
                new StreamScan(this, depth).mixed(member.content());
            } else {
                scan(member.content(), depth + 1);
            }
        }
        if (!archive.complete()) {
            add("tar.truncated", Severity.ERROR, content, archive.end(), "the archive has no end");
        } else if (archive.end() < content.size()) {
            Region rest = content.slice("behind the archive", archive.end(), content.size() - archive.end());
            add("tar.trailing", Severity.WARNING, rest, 0, rest.size() + " bytes behind the end of the archive");
            scan(rest, depth + 1);
        }
    }
}
