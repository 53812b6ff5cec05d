package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.container.TarArchive;
import dev.modelfile.checkpoint.pickle.Trace;
import dev.modelfile.checkpoint.torch.StorageTable;
import dev.modelfile.checkpoint.torch.TorchType;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;

/// Scans tar archives. In those of `torch.save` up to 0.1.9 two members have pickles between raw bytes.
final class TarScan {
    /// Eight bytes before the elements of a storage say how many there are.
    private static final int COUNT = Long.BYTES;

    private final ContentScan scan;
    private final int depth;

    TarScan(ContentScan scan, int depth) {
        this.scan = scan;
        this.depth = depth;
    }

    void scan(Region content) throws ModelFormatException {
        new StreamScan(scan, depth).head(content);
        TarArchive archive = TarArchive.read(content, scan.limits());
        archive.problems().forEach(scan.collector()::add);
        for (TarArchive.Member member : archive.members()) {
            switch (member.plainName()) {
                case "storages" -> mixed(member.content(), TarScan::afterStorage, 1);
                case "tensors" -> mixed(member.content(), TarScan::afterTensor, 0);
                default -> scan.scan(member.content(), depth + 1);
            }
        }
        behind(content, archive);
    }

    private void behind(Region content, TarArchive archive) throws ModelFormatException {
        if (!archive.complete()) {
            scan.add("tar.truncated", Severity.ERROR, content, archive.end(), "the archive has no end");
        }
        if (archive.end() < content.size()) {
            Region rest = content.slice("behind the archive", archive.end(), content.size() - archive.end());
            scan.add("tar.trailing", Severity.WARNING, rest, 0, rest.size() + " bytes behind the end of the archive");
            scan.scan(rest, depth + 1);
        }
    }

    /// How many raw bytes stand behind a pickle.
    @FunctionalInterface
    private interface Raw {
        /// @return -1 if the pickle is not what it should be
        long after(StreamScan stream, Region content) throws ModelFormatException;
    }

    /// A number, as many pickles each with raw bytes behind it, and some pickles more.
    private void mixed(Region content, Raw raw, int more) {
        StreamScan stream = new StreamScan(scan, depth);
        try {
            boolean whole = stream.next(content) && Trace.kind(stream.value()) == Trace.INT;
            long count = whole ? Trace.number(stream.value()) : 0;
            for (long i = 0; whole && i < count; i++) {
                long bytes = stream.next(content) ? raw.after(stream, content) : -1;
                whole = bytes >= 0 && bytes <= content.size() - stream.position();
                stream.skip(whole ? bytes : 0);
            }
            for (int i = 0; whole && i < more; i++) {
                whole = stream.next(content);
            }
            if (!whole) {
                scan.add(
                        "tar.layout",
                        Severity.ERROR,
                        content,
                        stream.position(),
                        "it is not laid out as PyTorch had it: readers may find other pickles in it");
            }
            stream.rest(content);
        } catch (ModelFormatException broken) {
            scan.broken(broken);
        }
    }

    private static long afterStorage(StreamScan stream, Region content) throws ModelFormatException {
        long type = stream.trace().item(stream.value(), 2);
        TorchType known = Trace.kind(type) == Trace.GLOBAL
                ? StorageTable.storageType(stream.trace().name(Trace.global(type)))
                : null;
        if (known == null || content.size() - stream.position() < COUNT) {
            return -1;
        }
        long elements = content.i64(stream.position());
        return elements < 0 || elements > content.size() / known.unit() ? -1 : COUNT + elements * known.unit();
    }

    private static long afterTensor(StreamScan stream, Region content) throws ModelFormatException {
        boolean tuple = Trace.kind(stream.value()) == Trace.TUPLE;
        long rank = tuple && content.size() - stream.position() >= 4 ? content.i32(stream.position()) : -1;
        return rank < 0 ? -1 : 2 * COUNT + 2 * COUNT * rank;
    }
}
