package dev.modelfile.gguf;

import static dev.modelfile.gguf.Crafted.file;
import static dev.modelfile.gguf.Crafted.i32;
import static dev.modelfile.gguf.Crafted.i64;
import static dev.modelfile.gguf.Crafted.text;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.Value;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Files of llama.cpp's `test-gguf.cpp` and further ones, with the verdict that its loader was seen to give.
class CraftedFilesTest {
    private static final int F32 = 0;
    private static final int Q4_0 = 2;
    private static final int I8 = 24;
    private static final String NAME_64 = "n".repeat(64);

    @TempDir
    Path folder;

    /// One file.
    ///
    /// @param about what it is
    /// @param bytes its content
    /// @param verdict `accept`, or the rule by which strict reading refuses it
    /// @param lenient whether default reading takes it
    private record Case(String about, byte[] bytes, String verdict, boolean lenient) {
        @Override
        public String toString() {
            return about;
        }
    }

    private static Case accept(String about, Crafted file) {
        return new Case(about, file.bytes(), "accept", true);
    }

    private static Case reject(String about, Crafted file, String rule) {
        return new Case(about, file.bytes(), "gguf." + rule, false);
    }

    /// Refused by llama.cpp, readable all the same.
    private static Case strictOnly(String about, Crafted file, String rule) {
        return new Case(about, file.bytes(), "gguf." + rule, true);
    }

    static Stream<Case> cases() {
        byte[] fugg = file().bytes();
        fugg[0] = 'F';
        fugg[1] = 'U';
        return Stream.of(
                        Stream.of(new Case("bad magic", fugg, "gguf.magic", false)),
                        header(),
                        pairs(),
                        tensors(),
                        layouts())
                .flatMap(all -> all);
    }

    /// Taken by llama.cpp, and not readable: the number of elements wraps around.
    private static Case unreadable(String about, Crafted file) {
        return new Case(about, file.bytes(), "accept", false);
    }

    private static Stream<Case> header() {
        return Stream.of(
                reject("version 0", file().version(0), "version"),
                new Case("version 1", v1(), "gguf.version-1", true),
                accept("version 2", file().version(2).pair("k", 4, i32(1))),
                reject("version 4", file().version(4), "version"),
                reject("version 0x30000", file().version(0x30000), "version"),
                reject("version 0x03000000 alone", file().version(0x03000000).tensors(1), "big-endian"),
                reject("-1 tensors", file().tensors(-1), "count"),
                reject("-1 pairs", file().pairs(-1), "count"),
                new Case("2^40 tensors", file().tensors(1L << 40).bytes(), "io.truncated", false),
                new Case("2^40 pairs", file().pairs(1L << 40).bytes(), "io.truncated", false),
                accept("empty", file()),
                new Case("truncated magic", new byte[] {'G', 'G'}, "gguf.magic", false));
    }

    private static byte[] v1() {
        return Crafted.join(
                "GGUF".getBytes(StandardCharsets.US_ASCII),
                i32(1),
                i32(0),
                i32(1),
                i32(1),
                "k".getBytes(StandardCharsets.US_ASCII),
                i32(4),
                i32(7));
    }

    private static Stream<Case> pairs() {
        return Stream.of(
                reject("key length 2^64-1", file().rawPair(i64(-1), i32(0), i32(0)), "string-length"),
                strictOnly("empty key", file().pair("", 4, i32(1)), "empty-key"),
                reject("value type 13", file().pair("k", 13, i32(1)), "value-type"),
                reject("duplicate key", file().pair("k", 4, i32(1)).pair("k", 4, i32(2)), "duplicate-key"),
                accept("keys equal up to a NUL", file().pair("k\0x", 4, i32(1)).pair("k", 4, i32(2))),
                reject("alignment 13", file().pair("general.alignment", 4, i32(13)), "alignment"),
                reject("alignment 0", file().pair("general.alignment", 4, i32(0)), "alignment"),
                strictOnly("alignment as I32", file().pair("general.alignment", 5, i32(32)), "alignment-type"),
                reject("alignment as string", file().pair("general.alignment", 8, text("32")), "alignment-type"),
                accept(
                        "alignment 4",
                        file().align(4)
                                .pair("general.alignment", 4, i32(4))
                                .tensor("t", F32, 0, 2)
                                .data(8)),
                accept(
                        "alignment 1",
                        file().align(1)
                                .pair("general.alignment", 4, i32(1))
                                .tensor("t", F32, 0, 2)
                                .data(8)),
                accept("alignment 2^31 alone", file().pair("general.alignment", 4, i32(1 << 31))),
                reject(
                        "alignment 2^31 with a tensor",
                        file().pair("general.alignment", 4, i32(1 << 31))
                                .tensor("t", F32, 0, 2)
                                .data(8),
                        "data-section"),
                accept("empty array", file().pair("a", 9, i32(4), i64(0))),
                strictOnly("nested array", file().pair("a", 9, i32(9), i64(1), i32(4), i64(1), i32(7)), "nested-array"),
                strictOnly("empty array of type 99", file().pair("a", 9, i32(99), i64(0)), "value-type"),
                reject("array of type 99", file().pair("a", 9, i32(99), i64(1), i64(0)), "value-type"),
                reject("array of 2^63", file().pair("a", 9, i32(4), i64(Long.MIN_VALUE)), "array-length"),
                reject("array of 2^62", file().pair("a", 9, i32(10), i64(1L << 62)), "array-length"),
                reject(
                        "array longer than the file",
                        file().pair("a", 9, i32(10), i64(3), i64(1), i64(2)),
                        "array-length"),
                reject("string array cut", file().pair("a", 9, i32(8), i64(1), i64(99)), "string-length"),
                accept("bool 7", file().pair("b", 7, new byte[] {7})),
                accept("string that is not UTF-8", file().pair("s", 8, i64(1), new byte[] {(byte) 0xFF})));
    }

    private static Stream<Case> tensors() {
        return Stream.of(
                accept(
                        "63-byte name",
                        file().tensor(NAME_64.substring(1), F32, 0, 2).data(8)),
                strictOnly("64-byte name", file().tensor(NAME_64, F32, 0, 2).data(8), "name-length"),
                accept("empty name", file().tensor("", F32, 0, 2).data(8)),
                reject(
                        "duplicate name",
                        file().tensor("a", F32, 0, 2).tensor("a", F32, 32, 2).data(40),
                        "duplicate-name"),
                reject(
                        "names equal up to a NUL",
                        file().tensor("a\0x", F32, 0, 2)
                                .tensor("a\0y", F32, 32, 2)
                                .data(40),
                        "duplicate-name"),
                accept("no dimensions", file().tensor("t", F32, 0).data(4)),
                accept("zero dimension", file().tensor("t", F32, 0, 0, 5).data(32)),
                accept("zero rows of blocks", file().tensor("t", Q4_0, 0, 0, 5).data(32)),
                strictOnly(
                        "five dimensions",
                        file().tensor("t", F32, 0, 1, 1, 1, 1, 2).data(8),
                        "rank"),
                reject("negative dimension", file().tensor("t", F32, 0, -1).data(8), "dimension"),
                reject(
                        "too many bytes",
                        file().tensor("t", 27, 0, 1534000000L, 1534000000L).data(8),
                        "shape-overflow"),
                unreadable(
                        "product 2^64",
                        file().tensor("t", F32, 0, 1L << 32, 1L << 32).data(8)),
                unreadable(
                        "product 2^64 of I8",
                        file().tensor("t", I8, 0, 1L << 33, 1L << 31).data(8)),
                reject(
                        "product 2^63",
                        file().tensor("t", I8, 0, 1L << 32, 1L << 31).data(8),
                        "data-missing"),
                unreadable(
                        "product wraps", file().tensor("t", F32, 0, 1L << 62, 4).data(8)),
                unreadable(
                        "nothing times 2^124",
                        file().tensor("t", F32, 0, 0, 1L << 62, 1L << 62).data(8)),
                reject(
                        "4 INT32_MAX squared",
                        file().tensor("t", F32, 0, 8589934588L, 8589934588L).data(8),
                        "shape-overflow"),
                strictOnly("removed type 4", file().tensor("t", 4, 0, 32).data(32), "tensor-type"),
                strictOnly("removed type 31", file().tensor("t", 31, 0, 32).data(32), "tensor-type"),
                strictOnly("unknown type 43", file().tensor("t", 43, 0, 32).data(32), "tensor-type"),
                reject("33 elements of Q4_0", file().tensor("t", Q4_0, 0, 33).data(64), "block-rows"),
                reject(
                        "16 × 2 elements of Q4_0",
                        file().tensor("t", Q4_0, 0, 16, 2).data(64),
                        "block-rows"));
    }

    private static Stream<Case> layouts() {
        return Stream.of(
                accept("no tail padding", file().tensor("a", F32, 0, 2).data(8)),
                strictOnly(
                        "gap",
                        file().tensor("a", F32, 0, 2).tensor("b", F32, 64, 2).data(72),
                        "tensor-offset"),
                strictOnly(
                        "reversed",
                        file().tensor("a", F32, 32, 2).tensor("b", F32, 0, 2).data(40),
                        "tensor-offset"),
                new Case(
                        "overlap",
                        file().tensor("a", F32, 0, 9)
                                .tensor("b", F32, 32, 2)
                                .data(72)
                                .bytes(),
                        "gguf.tensor-offset",
                        false),
                reject("data cut", file().tensor("a", F32, 0, 99).data(8), "data-missing"),
                reject("data missing", file().tensor("a", F32, 0, 2).data(0), "data-section"),
                reject("offset 2^63", file().tensor("a", F32, Long.MIN_VALUE, 2).data(8), "tensor-offset"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void givesTheVerdictOfLlamaCpp(Case test) throws IOException {
        Path path = folder.resolve("crafted.gguf");
        Files.write(path, test.bytes());
        String verdict =
                Gguf.verdict(path, ReadOptions.defaults()).map(Finding::rule).orElse("accept");
        assertEquals(test.verdict(), verdict);
        List<Finding> findings = Gguf.FORMAT.validate(path, ReadOptions.defaults());
        ReadOptions strict = ReadOptions.defaults().withStrict(true);
        if (verdict.equals("accept")) {
            assertTrue(findings.stream().noneMatch(finding -> finding.message().startsWith("llama.cpp refuses")));
        } else {
            ModelFormatException refused = assertThrows(
                    ModelFormatException.class, () -> Gguf.open(path, strict).close());
            assertEquals(verdict, refused.rule(), refused.toString());
            assertEquals(verdict, findings.get(0).rule());
        }
        if (test.lenient()) {
            assertDoesNotThrow(() -> Gguf.open(path).close());
        } else {
            assertThrows(ModelFormatException.class, () -> Gguf.open(path).close());
        }
        if (test.lenient() && verdict.equals("accept")) {
            assertDoesNotThrow(() -> Gguf.open(path, strict).close());
        }
    }

    @Test
    void unknownTypesAreCarried() throws IOException {
        Path path = folder.resolve("unknown.gguf");
        byte[] bytes =
                file().tensor("t", 99, 0, 5).tensor("u", F32, 64, 2).data(96).bytes();
        Files.write(path, bytes);
        Path copy = folder.resolve("copy.gguf");
        try (GgufFile model = Gguf.open(path)) {
            assertEquals("GGML_99", model.tensor("t").dtype().name());
            assertEquals(64, model.tensor("t").byteSize());
            Gguf.writer().addAll(model.tensors()).write(copy);
        }
        assertEquals(-1, Files.mismatch(path, copy));
    }

    @Test
    void findsWhatLoadersDoNotSee() throws IOException {
        assertFound(
                "gguf.trailing-bytes", file().tensor("a", F32, 0, 8).data(32).tail(1, 2, 3));
        assertFound("gguf.padding", file().tensor("a", F32, 0, 7).data(28).tail(0, 0, 1, 0));
        assertFound(
                "gguf.not-finite",
                file().tensor("a", F32, 0, 1).align(32).data(0).tail(nanAtDataStart()));
        assertFound("gguf.nul", file().pair("k\0x", 4, i32(1)));
        assertFound("gguf.control-character", file().pair("k\n", 4, i32(1)));
        assertFound(
                "gguf.control-character", file().tensor("t\u001b[2J", F32, 0, 8).data(32));
        assertFound("gguf.bool-value", file().pair("b", 7, new byte[] {7}));
        assertFound("gguf.not-utf8", file().pair("s", 8, i64(1), new byte[] {(byte) 0xFF}));
        assertFound("gguf.key-type", file().pair("general.file_type", 8, text("Q4_K_M")));
        assertFound(
                "gguf.tokenizer",
                file().pair("tokenizer.ggml.tokens", 9, i32(8), i64(1), text("a"))
                        .pair("tokenizer.ggml.bos_token_id", 4, i32(1)));
        assertFound(
                "gguf.chat-template", file().pair("tokenizer.chat_template", 8, text("{{ ''.__class__.__mro__ }}")));
    }

    /// Padding up to the data section, and a NaN there: 24 + 8 + 1 + 4 + 8 + 4 + 8 = 57 bytes come before.
    private static int[] nanAtDataStart() {
        int[] bytes = new int[7 + 4];
        bytes[9] = 0xC0;
        bytes[10] = 0x7F;
        return bytes;
    }

    private void assertFound(String rule, Crafted file) throws IOException {
        Path path = folder.resolve("found.gguf");
        Files.write(path, file.bytes());
        List<Finding> findings = Gguf.FORMAT.validate(path, ReadOptions.defaults());
        assertTrue(findings.stream().anyMatch(finding -> finding.rule().equals(rule)), rule + " in " + findings);
    }

    @Test
    void depthMayBeWithoutBound() throws IOException {
        Path path = folder.resolve("deep.gguf");
        byte[] value = Crafted.join(i32(4), i64(1), i32(7));
        for (int i = 0; i < 200; i++) {
            value = Crafted.join(i32(9), i64(1), value);
        }
        Files.write(path, file().pair("n", 9, value).bytes());
        assertThrows(LimitExceededException.class, () -> Gguf.open(path).close());
        ReadOptions options = ReadOptions.defaults();
        try (GgufFile model =
                Gguf.open(path, options.withLimits(options.limits().withMaxDepth(Integer.MAX_VALUE)))) {
            assertEquals(Value.Type.ARRAY, model.metadata().get("n").type());
        }
    }

    @Test
    void benignTemplatesPass() throws IOException {
        Path path = folder.resolve("template.gguf");
        String template = "{%- if tools %}{{ raise_exception('no') }}{% endif %}{% for m in messages %}"
                + "{%- set ns = namespace(found=false) %}{{ m['content'] | trim | selectattr('x') }}"
                + "<|im_start|>{{ m.role }}{% import_nothing %}{% endfor %} import os. But (from) text";
        Files.write(
                path, file().pair("tokenizer.chat_template", 8, text(template)).bytes());
        assertEquals(List.of(), Gguf.FORMAT.validate(path, ReadOptions.defaults()));
    }

    @Test
    void saysWhatAFileIsInstead() throws IOException {
        Path path = folder.resolve("pointer.gguf");
        Files.writeString(path, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
        ModelFormatException refused =
                assertThrows(ModelFormatException.class, () -> Gguf.open(path).close());
        assertTrue(refused.toString().contains("git lfs pull"), refused.toString());
    }

    @Test
    void oneFindingIsEnoughForAListOfTemplates() throws IOException {
        Path path = folder.resolve("templates.gguf");
        byte[] template = Crafted.text("{{ x.__class__ }}");
        Files.write(
                path,
                Crafted.file()
                        .pair(
                                "tokenizer.chat_template",
                                9,
                                Crafted.i32(8),
                                Crafted.i64(3),
                                Crafted.text("{{ x }}"),
                                template,
                                template)
                        .bytes());
        assertEquals(
                1,
                Gguf.FORMAT.validate(path, ReadOptions.defaults()).stream()
                        .filter(finding -> finding.severity() == Severity.DANGER)
                        .count());
    }
}
