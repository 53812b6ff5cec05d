package dev.modelfile.checkpoint;

import dev.modelfile.ReadLimits;
import dev.modelfile.ReadOptions;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.pickle.PickleMachine;
import dev.modelfile.checkpoint.pickle.PickleObserver;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.ScanReport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Pickles and archives for tests. Pickles are given as text, one char for each byte.
final class Samples {
    static final Path FIXTURES = Path.of("src/test/resources/fixtures");
    static final Path PICKLES = FIXTURES.resolve("pickles");

    private Samples() {}

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static PickleValue load(String pickle) throws IOException {
        return load(bytes(pickle), ReadLimits.defaults());
    }

    static PickleValue load(byte[] pickle, ReadLimits limits) throws IOException {
        Region stream = Region.of(MemorySegment.ofArray(pickle), "test");
        return new PickleMachine(stream, new Budget(limits), PickleObserver.NONE).load();
    }

    /// The verdict on some content, as the scanner service gives it.
    static ScanReport.Result scan(byte[] content) {
        Region region = Region.of(MemorySegment.ofArray(content), "test");
        List<Finding> findings = new PickleScanner()
                .scan(region, ReadOptions.defaults())
                .orElse(List.of(new Finding("test.unknown", dev.modelfile.scan.Severity.INFO, "", -1, "not known")));
        return new ScanReport.Result(Path.of("test"), findings);
    }

    static ScanReport.Result scan(String pickle) {
        return scan(bytes(pickle));
    }

    /// An archive of stored records: name, content, name, content, …
    static byte[] zip(Object... namesAndContents) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (int i = 0; i < namesAndContents.length; i += 2) {
                byte[] content =
                        namesAndContents[i + 1] instanceof byte[] raw ? raw : bytes(namesAndContents[i + 1].toString());
                ZipEntry entry = new ZipEntry(namesAndContents[i].toString());
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(content.length);
                CRC32 crc = new CRC32();
                crc.update(content);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(content);
            }
        }
        return out.toByteArray();
    }

    /// A pickle of one float tensor named `w` over storage `0`.
    static String tensor(int elements, String view) {
        return "\u0080\u0002}X\u0001\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\n"
                + "X\u0001\0\0\0" + "0X\u0003\0\0\0cpuK" + (char) elements + "tQ" + view
                + "\u0089ccollections\nOrderedDict\n)RtRs.";
    }

    /// A checkpoint archive around a pickle, with storages `0`, `1`, …
    static byte[] checkpoint(String pickle, byte[]... storages) throws IOException {
        Object[] records = new Object[6 + 2 * storages.length];
        records[0] = "a/data.pkl";
        records[1] = pickle;
        records[2] = "a/byteorder";
        records[3] = "little";
        for (int i = 0; i < storages.length; i++) {
            records[4 + 2 * i] = "a/data/" + i;
            records[5 + 2 * i] = storages[i];
        }
        records[records.length - 2] = "a/version";
        records[records.length - 1] = "3\n";
        return zip(records);
    }
}
