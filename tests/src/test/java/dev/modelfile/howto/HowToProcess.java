package dev.modelfile.howto;

import dev.modelfile.cli.Main;
import dev.modelfile.cli.terminal.Terminal;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;

/// A virtual machine in the folder where the files of the recipes are. Prints a line for each recipe: its exit codes,
/// or the exception that its code has thrown.
final class HowToProcess {
    private HowToProcess() {}

    /// What the line of a recipe begins with.
    static final String RESULT = "recipe ";

    /// Runs the commands of all recipes.
    static final class Commands {
        private Commands() {}

        /// @param args the document
        public static void main(String[] args) throws IOException {
            List<Recipe> recipes = Recipe.all(Path.of(args[0]));
            for (int i = 0; i < recipes.size(); i++) {
                StringBuilder codes = new StringBuilder();
                for (List<String> command : recipes.get(i).commands()) {
                    codes.append(' ')
                            .append(Main.run(command.toArray(String[]::new), System.out, System.out, Terminal.none()));
                }
                System.out.println(RESULT + i + codes);
            }
        }
    }

    /// Runs the compiled code of all recipes.
    static final class Samples {
        private Samples() {}

        /// @param args the folder with the classes, and their names
        public static void main(String[] args) throws Exception {
            URL[] classes = {Path.of(args[0]).toUri().toURL()};
            try (URLClassLoader loader = new URLClassLoader(classes)) {
                for (int i = 1; i < args.length; i++) {
                    Runnable sample = (Runnable)
                            loader.loadClass(args[i]).getConstructor().newInstance();
                    String result = "";
                    try {
                        sample.run();
                    } catch (IllegalStateException thrown) {
                        result = " " + thrown.getMessage();
                    }
                    System.out.println(RESULT + (i - 1) + result);
                }
            }
        }
    }
}
