package dev.modelfile.cli.verb;

import dev.modelfile.Tensor;
import dev.modelfile.cli.terminal.ProgressLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/// Digests of many tensors, computed on all processors.
final class Digests {
    private Digests() {}

    /// The SHA-256 of each tensor in hex.
    ///
    /// @throws IOException if a tensor cannot be read
    static List<String> of(List<Tensor> tensors, ProgressLine progress) throws IOException {
        long total = tensors.stream().mapToLong(Tensor::byteSize).sum();
        AtomicLong done = new AtomicLong();
        String[] digests = new String[tensors.size()];
        try {
            IntStream.range(0, digests.length).parallel().forEach(i -> {
                Tensor tensor = tensors.get(i);
                digests[i] = sha256(tensor);
                progress.update(tensor.name(), done.addAndGet(tensor.byteSize()), total);
            });
        } catch (UncheckedIOException unreadable) {
            throw unreadable.getCause();
        }
        return Arrays.asList(digests);
    }

    private static String sha256(Tensor tensor) {
        try {
            return tensor.sha256();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /// One digest for all tensors, whatever their order, the format and the division into files: SHA-256 over a line
    /// `name NUL dtype NUL shape NUL digest LF` for each tensor, in UTF-8, the lines sorted by their bytes. Shapes are
    /// written `2x3`.
    static String ofModel(List<Tensor> tensors, List<String> digests) {
        List<byte[]> lines = new ArrayList<>(tensors.size());
        for (int i = 0; i < tensors.size(); i++) {
            Tensor tensor = tensors.get(i);
            StringBuilder shape = new StringBuilder();
            for (long dim : tensor.shape().toArray()) {
                shape.append(shape.isEmpty() ? "" : "x").append(Long.toUnsignedString(dim));
            }
            String line = tensor.name() + "\0" + tensor.dtype().name() + "\0" + shape + "\0" + digests.get(i) + "\n";
            lines.add(line.getBytes(StandardCharsets.UTF_8));
        }
        lines.sort(Arrays::compareUnsigned);
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            lines.forEach(digest::update);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
