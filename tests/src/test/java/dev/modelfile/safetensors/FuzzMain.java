package dev.modelfile.safetensors;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.contract.Fixtures;
import dev.modelfile.io.Region;
import dev.modelfile.safetensors.header.Header;
import dev.modelfile.safetensors.header.HeaderEntry;
import dev.modelfile.safetensors.header.HeaderReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/// The main class of the fuzzing virtual machine: `headers|indexes COUNT SEED [FOLDER]`. Exits with 0 if nothing but
/// our exceptions came out, and some inputs were accepted and some refused.
final class FuzzMain {
    /// What parsers stumble over.
    private static final List<String> TOKENS = List.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\\u0000",
            "\\ud800",
            "\\udc00",
            "null",
            "true",
            "-0",
            "1e999",
            "18446744073709551615",
            "18446744073709551616",
            "9223372036854775807",
            "\"dtype\"",
            "\"shape\"",
            "\"data_offsets\"",
            "\"__metadata__\"",
            "\"F4\"",
            "\"U8\"",
            "\"I64\"",
            " ",
            "\n",
            "\0",
            "[[[[[[[[",
            "{\"a\":",
            "0.5",
            "/**/",
            "\u00ff",
            "..",
            "../x.safetensors",
            "weight_map",
            "total_size");

    private final Random random;
    private int accepted;
    private int refused;

    private FuzzMain(long seed) {
        random = new Random(seed);
    }

    public static void main(String[] args) throws IOException {
        FuzzMain fuzz = new FuzzMain(Long.parseLong(args[2]));
        int count = Integer.parseInt(args[1]);
        if (args[0].equals("headers")) {
            fuzz.headers(count);
        } else {
            fuzz.indexes(count, Path.of(args[3]));
        }
        System.out.println(fuzz.accepted + " accepted, " + fuzz.refused + " refused");
        System.exit(fuzz.accepted > 20 && fuzz.refused > 1000 ? 0 : 2);
    }

    private static List<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (Conformance test : Conformance.all()) {
            byte[] file = test.bytes();
            if (file.length < 1000) {
                seeds.add(file);
            }
        }
        return seeds;
    }

    private void headers(int count) {
        List<byte[]> seeds = seeds();
        for (int i = 0; i < count; i++) {
            byte[] file = mutate(seeds.get(random.nextInt(seeds.size())), 8);
            if (random.nextInt(8) != 0) {
                fixLength(file);
            }
            ReadOptions options = ReadOptions.defaults().withStrict(random.nextBoolean());
            try {
                Header header = HeaderReader.read(Region.of(MemorySegment.ofArray(file), "fuzz"), options);
                check(header, file);
                accepted++;
            } catch (ModelFormatException expected) {
                refused++;
            } catch (RuntimeException | Error escaped) {
                fail(file, escaped);
            }
        }
    }

    /// What is accepted must hold together.
    private static void check(Header header, byte[] file) {
        long end = 0;
        for (HeaderEntry entry : header.entries()) {
            Shape shape = Shape.ofUnsigned(entry.dims());
            if (entry.begin() != end || entry.dtype().byteSize(shape) != entry.end() - entry.begin()) {
                throw new AssertionError("inconsistent: " + entry);
            }
            end = entry.end();
        }
        if (header.dataOffset() + end != file.length) {
            throw new AssertionError("the data ends at " + end);
        }
    }

    private void indexes(int count, Path folder) throws IOException {
        for (int i = 1; i <= 3; i++) {
            String name = "model-0000" + i + "-of-00003.safetensors";
            Files.copy(Fixtures.path("checkpoints/sharded/" + name), folder.resolve(name));
        }
        byte[] seed = Fixtures.bytes("checkpoints/sharded/model.safetensors.index.json");
        Path index = folder.resolve("model.safetensors.index.json");
        for (int i = 0; i < count; i++) {
            byte[] text = mutate(seed, 0);
            Files.write(index, text);
            try (SafetensorsFile model = Safetensors.open(index)) {
                for (Tensor tensor : model.tensors()) {
                    tensor.segment();
                }
                accepted++;
            } catch (ModelFormatException expected) {
                refused++;
            } catch (IOException | RuntimeException | Error escaped) {
                fail(text, escaped);
            }
        }
    }

    private static void fail(byte[] input, Throwable escaped) {
        System.out.println(new String(input, StandardCharsets.ISO_8859_1));
        System.out.println(HexFormat.of().formatHex(input));
        escaped.printStackTrace(System.out);
        System.exit(1);
    }

    private static void fixLength(byte[] file) {
        // The last brace usually ends the header.
        int end = file.length;
        while (end > 8 && file[end - 1] != '}') {
            end--;
        }
        if (file.length >= 8) {
            ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(0, end - 8);
        }
    }

    private byte[] mutate(byte[] seed, int keep) {
        byte[] bytes = seed;
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            int at = bytes.length <= keep ? bytes.length : keep + random.nextInt(bytes.length - keep);
            bytes = switch (random.nextInt(6)) {
                case 0 -> flip(bytes, at);
                case 1 -> splice(bytes, at, 0, token());
                case 2 -> splice(bytes, at, Math.min(bytes.length - at, 1 + random.nextInt(8)), new byte[0]);
                case 3 -> splice(bytes, at, Math.min(bytes.length - at, 1 + random.nextInt(4)), token());
                case 4 -> splice(bytes, at, 0, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 40)));
                default -> digit(bytes, at);
            };
        }
        return bytes == seed ? seed.clone() : bytes;
    }

    private byte[] token() {
        return TOKENS.get(random.nextInt(TOKENS.size())).getBytes(StandardCharsets.ISO_8859_1);
    }

    private byte[] flip(byte[] bytes, int at) {
        byte[] copy = bytes.clone();
        if (at < copy.length) {
            copy[at] ^= (byte) (1 << random.nextInt(8));
        }
        return copy;
    }

    /// Changes the next digit to another one.
    private byte[] digit(byte[] bytes, int at) {
        byte[] copy = bytes.clone();
        for (int i = at; i < copy.length; i++) {
            if (copy[i] >= '0' && copy[i] <= '9') {
                copy[i] = (byte) ('0' + random.nextInt(10));
                break;
            }
        }
        return copy;
    }

    private static byte[] splice(byte[] bytes, int at, int removed, byte[] inserted) {
        byte[] result = new byte[bytes.length - removed + inserted.length];
        System.arraycopy(bytes, 0, result, 0, at);
        System.arraycopy(inserted, 0, result, at, inserted.length);
        System.arraycopy(bytes, at + removed, result, at + inserted.length, bytes.length - at - removed);
        return result;
    }
}
