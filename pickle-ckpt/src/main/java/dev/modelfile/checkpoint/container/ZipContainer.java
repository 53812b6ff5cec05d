package dev.modelfile.checkpoint.container;

import dev.modelfile.ModelFormatException;
import dev.modelfile.UnsafeModelException;
import dev.modelfile.checkpoint.CheckpointFile;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.torch.StorageTable;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.checkpoint.zip.ZipDirectory;
import dev.modelfile.checkpoint.zip.ZipRecord;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.spi.TensorData;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// The zip archives of `torch.save` since 1.6 and of TorchScript.
final class ZipContainer {
    private static final int OLDEST = 1;
    private static final int NEWEST = 10;
    private static final int LONGEST_NOTE = 64;

    private final Session session;
    private final MappedFile file;
    private final ZipDirectory directory;
    private final String root;

    private ZipContainer(Session session, MappedFile file, ZipDirectory directory) throws ModelFormatException {
        this.session = session;
        this.file = file;
        this.directory = directory;
        this.root = rootOf(directory);
    }

    /// @param inner whether the archive is inside another one, and must not be one of archives itself
    static Loaded read(Region archive, MappedFile file, Session session, boolean inner) throws ModelFormatException {
        ZipDirectory directory = ZipDirectory.read(archive, session.budget(), session.findings());
        directory.audit(file);
        if (!inner && ExportArchive.isOne(directory)) {
            return ExportArchive.read(directory, file, session);
        }
        return new ZipContainer(session, file, directory).load();
    }

    /// The folder that all records are in: that of the first one, as PyTorch has it.
    static String rootOf(ZipDirectory directory) throws ModelFormatException {
        String first =
                directory.records().isEmpty() ? "" : directory.records().get(0).name();
        int slash = first.indexOf('/');
        if (slash < 0) {
            throw directory.file().malformed("checkpoint.no-root", "", -1, "the first record is in no folder");
        }
        String root = first.substring(0, slash + 1);
        for (ZipRecord record : directory.records()) {
            if (!record.name().startsWith(root)) {
                throw directory
                        .file()
                        .malformed(
                                "checkpoint.no-root",
                                "record " + Findings.shown(record.name()),
                                record.headerOffset(),
                                "it is not in the folder " + Findings.shown(root) + " of the first record");
            }
        }
        return root;
    }

    private Loaded load() throws ModelFormatException {
        boolean script = directory.find(root + "constants.pkl") != null;
        if (script && session.options().weightsOnly()) {
            throw new UnsafeModelException(
                    "checkpoint.weights-only",
                    file.path().toString(),
                    "",
                    -1,
                    "a TorchScript archive, which torch.load(weights_only=True) refuses");
        }
        checkVersion();
        Region pickle = required("data.pkl");
        boolean big = isBigEndian();
        PickleValue object = session.pickle(pickle);
        StorageTable table = new StorageTable(pickle, this::storage, session.budget(), big);
        return Loaded.of(script ? CheckpointFile.Container.TORCHSCRIPT : CheckpointFile.Container.ZIP, object, table);
    }

    private Region required(String name) throws ModelFormatException {
        ZipRecord record = directory.find(root + name);
        if (record == null) {
            throw directory.file().malformed("checkpoint.no-record", "", -1, "there is no record " + name);
        }
        return directory.content(record, session.budget());
    }

    private @Nullable String note(String name) throws ModelFormatException {
        ZipRecord record = directory.find(root + name);
        if (record == null) {
            return null;
        }
        Region content = directory.content(record, session.budget());
        if (content.size() > LONGEST_NOTE) {
            throw content.malformed("checkpoint.note", "", 0, content.size() + " bytes vs " + LONGEST_NOTE);
        }
        return new String(content.bytes().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }

    private void checkVersion() throws ModelFormatException {
        String text = note(".data/version");
        text = text == null ? note("version") : text;
        if (text == null) {
            throw directory.file().malformed("checkpoint.version", "", -1, "there is no record version");
        }
        String digits = text.strip();
        boolean number = digits.length() <= 4 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        int version = number && !digits.isEmpty() ? Integer.parseInt(digits) : -1;
        if (version < OLDEST || version > NEWEST) {
            throw directory
                    .file()
                    .malformed(
                            "checkpoint.version",
                            "record version",
                            -1,
                            "version \"" + Findings.shown(digits) + "\", known are " + OLDEST + " to " + NEWEST);
        }
    }

    private boolean isBigEndian() throws ModelFormatException {
        String order = note("byteorder");
        if (order != null && !order.equals("little") && !order.equals("big")) {
            throw directory
                    .file()
                    .malformed("checkpoint.byteorder", "record byteorder", -1, "\"" + Findings.shown(order) + "\"");
        }
        return "big".equals(order);
    }

    private TensorData storage(String key, long declared) throws ModelFormatException {
        ZipRecord record = directory.find(root + "data/" + key);
        if (record == null) {
            throw directory
                    .file()
                    .malformed("checkpoint.no-record", "", -1, "there is no storage " + Findings.shown(key));
        }
        if (record.size() != declared) {
            throw directory
                    .file()
                    .malformed(
                            "checkpoint.storage",
                            "record " + Findings.shown(record.name()),
                            record.headerOffset(),
                            record.size() + " bytes vs " + declared + " that the pickle declares");
        }
        return data(directory, record, file, session);
    }

    /// The bytes of a record.
    static TensorData data(ZipDirectory directory, ZipRecord record, MappedFile file, Session session)
            throws ModelFormatException {
        Region archive = directory.file();
        // The usual case, without describing a region that nobody will read through.
        if (record.method() == ZipRecord.STORED
                && record.storedSize() == record.size()
                && archive.bytes().isMapped()) {
            return TensorData.of(file, archive.base() + directory.dataOffset(record), record.size());
        }
        return Session.data(directory.content(record, session.budget()), file);
    }
}
