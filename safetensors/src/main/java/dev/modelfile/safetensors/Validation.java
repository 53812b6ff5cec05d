package dev.modelfile.safetensors;

import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.safetensors.header.Rules;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import dev.modelfile.spi.Printable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// What can be said of a file that opens: the reader's findings, and remarks on the data.
final class Validation {
    private Validation() {}

    static List<Finding> findings(SafetensorsFile model) {
        List<Finding> findings = new ArrayList<>(model.warnings());
        long unaligned = 0;
        for (Tensor tensor : model.tensors()) {
            int unit = Math.max(1, ((ScalarType) tensor.dtype()).bits() / 8);
            unaligned += tensor.offset().orElse(0) % unit != 0 ? 1 : 0;
            if (tensor.dtype() == ScalarType.BOOL) {
                bools(tensor, findings);
            }
        }
        if (unaligned > 0) {
            findings.add(new Finding(
                    Rules.UNALIGNED,
                    Severity.INFO,
                    "",
                    -1,
                    unaligned + " tensors do not begin at a multiple of their element size in the file; some readers"
                            + " copy them"));
        }
        return findings;
    }

    private static void bools(Tensor tensor, List<Finding> findings) {
        MemorySegment bytes = tensor.segment();
        for (long at = 0; at < bytes.byteSize(); at++) {
            byte value = bytes.get(ValueLayout.JAVA_BYTE, at);
            if ((value & 0xFE) != 0) {
                findings.add(new Finding(
                        Rules.BOOL_VALUE,
                        Severity.WARNING,
                        "tensor \"" + Printable.of(tensor.name()) + "\"",
                        tensor.offset().orElse(0) + at,
                        "truth value " + (value & 0xFF) + " at element " + at + "; readers may differ"));
                return;
            }
        }
    }
}
