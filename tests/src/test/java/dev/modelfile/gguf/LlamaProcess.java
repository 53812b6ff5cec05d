package dev.modelfile.gguf;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.ModelParameters;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// Loads models with llama.cpp and says what came of it: one line for each argument, a path. A process of its own,
/// because the library's native threads do not end when a model is closed.
public final class LlamaProcess {
    private LlamaProcess() {}

    /// Prints `unavailable`, or for each path `loaded` and the number of tokens generated, or `refused` and why.
    public static void main(String[] paths) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String path : paths) {
            try {
                out.println("RESULT loaded " + generate(path));
            } catch (RuntimeException refused) {
                out.println("RESULT refused " + refused.getMessage());
            } catch (UnsatisfiedLinkError | ExceptionInInitializerError | NoClassDefFoundError unavailable) {
                out.println("RESULT unavailable " + unavailable);
                break;
            }
        }
        out.flush();
        Runtime.getRuntime().halt(0);
    }

    /// Never closes the model: that is what hangs.
    @SuppressWarnings("resource")
    private static int generate(String path) {
        LlamaModel model = new LlamaModel(new ModelParameters()
                .setModel(path)
                .setCtxSize(64)
                .setThreads(1)
                .disableLog());
        int tokens = 0;
        for (LlamaOutput output : model.generate(new InferenceParameters("hello").setNPredict(3))) {
            tokens += output == null ? 0 : 1;
        }
        return tokens;
    }
}
