package dev.modelfile.howto;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A chapter of the document.
///
/// @param title its heading
/// @param commands the lines to type
/// @param code the same job in Java
record Recipe(String title, List<List<String>> commands, String code) {
    private static final Pattern CHAPTER = Pattern.compile("(?ms)^## (.*?)$(.*?)(?=^## |\\z)");
    private static final Pattern WORD = Pattern.compile("(?:'[^']*'|[^'\\s])+");
    private static final Pattern QUOTED = Pattern.compile("'[^']*'");

    /// All chapters. The size of shards becomes one that divides the tiny model of the tests.
    ///
    /// @param document where it is
    static List<Recipe> all(Path document) throws IOException {
        String text = Files.readString(document).replace("5GB", "100B").replace("5_000_000_000L", "100L");
        List<Recipe> recipes = new ArrayList<>();
        Matcher chapter = CHAPTER.matcher(text);
        while (chapter.find()) {
            recipes.add(new Recipe(
                    chapter.group(1),
                    blocks("sh run", chapter.group(2))
                            .flatMap(String::lines)
                            .map(Recipe::words)
                            .toList(),
                    String.join("", blocks("java run", chapter.group(2)).toList())));
        }
        return recipes;
    }

    private static Stream<String> blocks(String kind, String text) {
        return Pattern.compile("(?ms)^```" + kind + "\\n(.*?)^```")
                .matcher(text)
                .results()
                .map(block -> block.group(1));
    }

    /// What a shell makes of a line that has no special characters outside of single quotes.
    private static List<String> words(String line) {
        if (!QUOTED.matcher(line).replaceAll("").matches("[\\w ./=:-]*")) {
            throw new AssertionError("a shell would do more with: " + line);
        }
        List<String> words = WORD.matcher(line)
                .results()
                .map(word -> word.group().replace("'", ""))
                .toList();
        if (!words.get(0).equals("modelfile")) {
            throw new AssertionError("not our command: " + line);
        }
        return words.subList(1, words.size());
    }
}
