package dev.modelfile.gguf.container;

import dev.modelfile.MalformedModelException;
import dev.modelfile.OpaqueType;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Where the tensors lie in the data section.
public final class Layout {
    private final Region region;
    private final Header header;
    private final Deviations deviations;

    private Layout(Region region, Header header, Deviations deviations) {
        this.region = region.at("data section");
        this.header = header;
        this.deviations = deviations;
    }

    /// Checks the offsets.
    ///
    /// @return the tensors, in the order of the header, with the sizes of those whose type is not known
    /// @throws MalformedModelException if tensors leave the file or share bytes, in strict reading also if they are not
    ///     laid out one behind the other
    public static List<TensorInfo> check(Region region, Header header, Deviations deviations)
            throws MalformedModelException {
        return header.tensors().isEmpty() ? List.of() : new Layout(region, header, deviations).check();
    }

    private List<TensorInfo> check() throws MalformedModelException {
        long available = region.size() - header.dataOffset();
        if (available < 0) {
            throw region.malformed(
                    Rules.DATA_SECTION,
                    "",
                    region.size(),
                    "should begin at " + header.dataOffset() + " vs " + region.size() + " bytes in the file");
        }
        contiguous();
        List<TensorInfo> sized = sized(available);
        for (TensorInfo tensor : sized) {
            if (tensor.offset() < 0 || tensor.offset() > available || tensor.size() > available - tensor.offset()) {
                throw region.malformed(
                        Rules.DATA_MISSING,
                        tensor.place(),
                        header.dataOffset(),
                        tensor.size() + " bytes at " + Long.toUnsignedString(tensor.offset())
                                + " of the data section vs its " + available
                                + " bytes; the file is corrupted or incomplete");
            }
        }
        disjoint(sized);
        return sized;
    }

    /// llama.cpp wants each tensor right behind the one before, padded.
    private void contiguous() throws MalformedModelException {
        long expected = 0;
        boolean known = true;
        for (TensorInfo tensor : header.tensors()) {
            if (known && tensor.offset() != expected) {
                deviations.noted(
                        Rules.TENSOR_OFFSET,
                        Severity.ERROR,
                        region,
                        tensor.place(),
                        tensor.at(),
                        "offset " + Long.toUnsignedString(tensor.offset()) + ", expected " + expected);
            }
            known = !(tensor.dtype() instanceof OpaqueType);
            try {
                expected = Math.addExact(tensor.offset(), Header.align(tensor.size(), header.alignment()));
            } catch (ArithmeticException overflow) {
                throw region.malformed(
                        Rules.SHAPE_OVERFLOW, tensor.place(), tensor.at(), "the sum of all sizes exceeds 2^63-1");
            }
        }
    }

    /// Gives tensors of unknown type the bytes up to the next tensor.
    private List<TensorInfo> sized(long available) {
        if (header.tensors().stream().noneMatch(tensor -> tensor.dtype() instanceof OpaqueType)) {
            return header.tensors();
        }
        long[] starts = header.tensors().stream()
                .mapToLong(TensorInfo::offset)
                .sorted()
                .distinct()
                .toArray();
        List<TensorInfo> sized = new ArrayList<>(header.tensors().size());
        for (TensorInfo tensor : header.tensors()) {
            if (tensor.dtype() instanceof OpaqueType) {
                int at = Arrays.binarySearch(starts, tensor.offset());
                long end = at + 1 < starts.length ? starts[at + 1] : available;
                sized.add(tensor.withSize(Math.max(0, Math.min(end, available) - tensor.offset())));
            } else {
                sized.add(tensor);
            }
        }
        return sized;
    }

    private void disjoint(List<TensorInfo> tensors) throws MalformedModelException {
        List<TensorInfo> sorted = new ArrayList<>(tensors);
        sorted.sort(Comparator.comparingLong(TensorInfo::offset).thenComparingLong(TensorInfo::size));
        long end = 0;
        for (TensorInfo tensor : sorted) {
            if (tensor.size() > 0 && tensor.offset() < end) {
                throw region.malformed(
                        Rules.OVERLAP,
                        tensor.place(),
                        header.dataOffset() + tensor.offset(),
                        "begins at " + tensor.offset() + " of the data section, before the end of another at " + end);
            }
            end = Math.max(end, tensor.offset() + tensor.size());
        }
    }
}
