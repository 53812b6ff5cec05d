package dev.modelfile.checkpoint.container;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The members of a tar archive as Python's `tarfile` sees them: POSIX ustar, GNU and pax headers. What is damaged or
/// ambiguous ends or marks the list, but does not hide what stands before it.
public final class TarArchive {
    private static final int BLOCK = TarHeader.BLOCK;
    private static final int EXTENDED_FLAG = 482;
    private static final int FURTHER_FLAG = 504;

    private final Region file;
    private final ReadLimits limits;
    private final List<Member> members = new ArrayList<>();
    private final List<Finding> problems = new ArrayList<>();
    private TarHeader.Pax forAll = TarHeader.Pax.NONE;
    private TarHeader.Pax forNext = TarHeader.Pax.NONE;
    private @Nullable String nextName;
    private long at;
    private boolean complete;

    /// One file.
    ///
    /// @param name its name
    /// @param content its bytes
    public record Member(String name, Region content) {
        /// The name without the `./` that some programs put before it.
        public String plainName() {
            return name.startsWith("./") ? name.substring(2) : name;
        }
    }

    private TarArchive(Region file, ReadLimits limits) {
        this.file = file;
        this.limits = limits;
    }

    /// Whether bytes begin with a tar header whose checksum is right.
    ///
    /// @throws MalformedModelException never
    public static boolean isTar(Region file) throws MalformedModelException {
        return file.size() >= BLOCK && TarHeader.isValid(file, 0) && !TarHeader.isEmpty(file, 0);
    }

    /// Reads the headers.
    ///
    /// @throws LimitExceededException if there are too many
    public static TarArchive read(Region file, ReadLimits limits) throws LimitExceededException {
        TarArchive archive = new TarArchive(file, limits);
        try {
            archive.headers();
        } catch (LimitExceededException limit) {
            throw limit;
        } catch (ModelFormatException damaged) {
            archive.problems.add(Finding.of(damaged));
        }
        return archive;
    }

    /// The regular files in order.
    public List<Member> members() {
        return members;
    }

    /// What is damaged, or read in different ways by different programs.
    public List<Finding> problems() {
        return problems;
    }

    /// Where the archive ends, behind its empty blocks.
    public long end() {
        return Math.min(at, file.size());
    }

    /// Whether an empty block ends it.
    public boolean complete() {
        return complete;
    }

    private void headers() throws ModelFormatException {
        while (at + BLOCK <= file.size() && !TarHeader.isEmpty(file, at)) {
            if (!TarHeader.isValid(file, at)) {
                throw file.malformed("tar.checksum", "", at, "a header whose checksum is wrong");
            }
            header(TarHeader.read(file, at));
        }
        complete = at + BLOCK <= file.size();
        while (at + BLOCK <= file.size() && TarHeader.isEmpty(file, at)) {
            at += BLOCK;
        }
    }

    private void header(TarHeader header) throws ModelFormatException {
        Region content = content(header, header.size(), "tar header");
        switch (header.type()) {
            case 'L' ->
                nextName = nextName == null ? TarHeader.text(content, 0, Math.min(4096, content.size())) : nextName;
            case 'x', 'X' -> {
                forNext = TarHeader.Pax.read(content);
                nextName = nextName == null ? forNext.path() : nextName;
            }
            case 'g' -> {
                forAll = TarHeader.Pax.read(content);
                if (forAll.size() >= 0) {
                    problem("tar.ambiguous", "a size for all members, which programs read differently");
                }
            }
            case 'K' -> {
                // The target of a link.
            }
            default -> {
                member(header);
                return;
            }
        }
        at += BLOCK + padded(content.size());
    }

    private void member(TarHeader header) throws ModelFormatException {
        String name = nextName != null ? nextName : forAll.path() instanceof String path ? path : header.name();
        long size = forNext.size() >= 0 ? forNext.size() : header.size();
        if (forNext.sparse() || forAll.sparse() || header.type() == 'S') {
            problem("scan.not-scannable", "member " + Findings.shown(name) + " has holes, which are not filled here");
        }
        nextName = null;
        forNext = TarHeader.Pax.NONE;
        if (!header.hasContent()) {
            if (header.type() >= '1' && header.type() != '5') {
                problem("tar.link", Findings.shown(name) + " is a link or a device, which stands for other bytes");
            }
            if (size != 0) {
                problem("tar.ambiguous", Findings.shown(name) + " is no file and has " + size + " bytes all the same");
            }
            at += BLOCK;
            return;
        }
        at += header.type() == 'S' ? sparseHeaders() : 0;
        Region content = content(header, size, "member " + Findings.shown(name));
        if (members.size() >= limits.maxParts()) {
            throw file.limit("maxParts", "", at, "more than " + limits.maxParts() + " members");
        }
        members.add(new Member(name, content));
        at += BLOCK + padded(size);
    }

    /// The bytes of the headers behind a first one that describe holes.
    private long sparseHeaders() throws MalformedModelException {
        long more = 0;
        boolean further = file.u8(at + EXTENDED_FLAG) != 0;
        while (further) {
            more += BLOCK;
            further = file.u8(at + more + FURTHER_FLAG) != 0;
        }
        return more;
    }

    private Region content(TarHeader header, long size, String what) throws MalformedModelException {
        if (!header.hasContent()) {
            return file.slice(what, at, 0);
        }
        if (size < 0 || size > file.size() - at - BLOCK) {
            throw file.malformed("tar.size", "", at, "a member of " + size + " bytes leaves the archive");
        }
        return file.slice(what, at + BLOCK, size);
    }

    private static long padded(long size) {
        return (size + BLOCK - 1) / BLOCK * BLOCK;
    }

    private void problem(String rule, String message) {
        if (problems.size() < 100) {
            problems.add(new Finding(rule, Severity.ERROR, file.place(), file.base() + at, message));
        }
    }
}
