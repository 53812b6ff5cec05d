package dev.modelfile.gguf.check;

import dev.modelfile.gguf.container.Header;
import dev.modelfile.gguf.container.Rules;
import dev.modelfile.gguf.container.TensorInfo;
import dev.modelfile.io.MappedFile;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Comparator;
import java.util.List;

/// Looks at the bytes that belong to nothing: what lies between header and tensors, between tensors, and behind them.
public final class Padding {
    /// Beyond this many, findings only cost memory.
    private static final int MOST = 10_000;

    private final MappedFile file;
    private final Header header;
    private final List<Finding> findings;

    private Padding(MappedFile file, Header header, List<Finding> findings) {
        this.file = file;
        this.header = header;
        this.findings = findings;
    }

    /// Adds what is found in one file.
    public static void check(MappedFile file, Header header, List<Finding> findings) {
        new Padding(file, header, findings).check();
    }

    private void check() {
        long end = header.end();
        long begin = header.dataOffset();
        List<TensorInfo> sorted = header.tensors().stream()
                .sorted(Comparator.comparingLong(TensorInfo::offset))
                .toList();
        for (TensorInfo tensor : sorted) {
            if (findings.size() > MOST) {
                return;
            }
            zero(end, begin + tensor.offset());
            end = Math.max(end, begin + tensor.offset() + tensor.size());
            if (tensor.dtype().blockBytes() == 0) {
                return;
            }
        }
        long size = file.size() - header.base();
        long padded = Math.min(size, end < begin ? begin : begin + Header.align(end - begin, header.alignment()));
        zero(end, padded);
        if (padded < size) {
            findings.add(new Finding(
                    Rules.TRAILING,
                    Severity.WARNING,
                    "",
                    header.base() + padded,
                    (size - padded) + " bytes behind the end of the model: no reader looks at them"));
        }
    }

    private void zero(long from, long to) {
        MemorySegment bytes = file.bytes();
        for (long at = header.base() + from; at < header.base() + to; at++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, at) != 0) {
                findings.add(new Finding(
                        Rules.PADDING,
                        Severity.WARNING,
                        "",
                        at,
                        "the " + (to - from) + " bytes of padding at " + (header.base() + from) + " are not all zero"));
                return;
            }
        }
    }
}
