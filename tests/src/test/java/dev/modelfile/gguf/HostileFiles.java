package dev.modelfile.gguf;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// Opens mutated files in a virtual machine with little memory. Prints `survived` and the number of files that opened.
public final class HostileFiles {
    private HostileFiles() {}

    /// Takes a scratch file, the number of mutations of each model, and the models.
    ///
    /// @throws IOException if anything but a [ModelFormatException] comes out
    public static void main(String[] args) throws IOException {
        Path scratch = Path.of(args[0]);
        Random random = new Random(20260928);
        int opened = 0;
        for (String model : List.of(args).subList(2, args.length)) {
            byte[] sound = Files.readAllBytes(Path.of(model));
            for (int i = 0; i < Integer.parseInt(args[1]); i++) {
                Files.write(scratch, mutated(sound, random));
                opened += read(scratch, random.nextBoolean()) ? 1 : 0;
            }
        }
        System.out.println("survived " + opened);
    }

    private static byte[] mutated(byte[] sound, Random random) {
        byte[] bytes = sound.clone();
        int header = Math.min(bytes.length, 1500);
        for (int i = random.nextInt(4); i >= 0; i--) {
            int at = random.nextInt(header);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> {
                    for (int k = at; k < Math.min(at + 8, bytes.length); k++) {
                        bytes[k] = (byte) (k == at + 7 ? 0x7F : 0xFF);
                    }
                }
                case 3 -> {
                    for (int k = at; k < Math.min(at + 8, bytes.length); k++) {
                        bytes[k] = (byte) (k < at + 4 ? random.nextInt() : 0);
                    }
                }
                default -> bytes = Arrays.copyOf(bytes, header + random.nextInt(bytes.length - header + 1));
            }
        }
        return bytes;
    }

    private static boolean read(Path path, boolean strict) throws IOException {
        Gguf.FORMAT.validate(path, ReadOptions.defaults());
        try (GgufFile model = Gguf.open(path, ReadOptions.defaults().withStrict(strict))) {
            for (Tensor tensor : model.tensors()) {
                tensor.sha256();
            }
            for (Value value : model.metadata().entries().values()) {
                if (value instanceof Value.Array array && array.size() > 0) {
                    array.get(array.size() - 1);
                }
            }
            model.summary().toString();
            return true;
        } catch (ModelFormatException expected) {
            return false;
        }
    }
}
