package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.modelfile.scan.ScanReport;
import dev.modelfile.scan.ScanReport.Verdict;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The texts of exported programs that PyTorch evaluates: nothing here does.
final class ExportedCodeTest {

    private static void is(Verdict verdict, String name, String program) throws IOException {
        ScanReport.Result result = Samples.scan(Samples.zip("a/" + name, program, "a/archive_format", "pt2"));
        assertEquals(verdict, result.verdict(), result.toString());
    }

    private static void is(Verdict verdict, String program) throws IOException {
        is(verdict, "models/model.json", program);
    }

    private static String field(String name, String value) {
        return "{\"x\":[{\"" + name + "\":\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"}]}";
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s0",
                "Max(1, s77 - 2)",
                "2*s0 + 3",
                "s0**0.5",
                "Eq(u0, 3)",
                "FloatPow(ToFloat(Symbol('s17', positive=True, integer=True)), Float('0.5', precision=53))"
            })
    void sizesAreArithmetic(String expression) throws IOException {
        is(Verdict.CLEAN, field("expr_str", expression));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "__import__('os').system('echo')",
                "s0.__class__",
                "eval('1')",
                "(lambda: 1)()",
                "[x for x in s0]",
                "Symbol('os;')",
                "s0; s1"
            })
    void sizesAreNoCode(String expression) throws IOException {
        is(Verdict.DANGEROUS, field("expr_str", expression));
        is(Verdict.DANGEROUS, "serialized_exported_program.json", field("expr_str", expression));
    }

    @Test
    void guardsCompareInputs() throws IOException {
        is(Verdict.CLEAN, "{\"guards_code\":[\"L['x'].size()[1] == L['y'].size()[0]\",\"max(1, s0) != 1\"]}");
        is(Verdict.DANGEROUS, "{\"guards_code\":[\"True\",\"__import__('os').system('echo')\"]}");
        is(Verdict.DANGEROUS, "{\"guards_code\":[\"L['x'].__class__\"]}");
        is(Verdict.SUSPICIOUS, "{\"guards_code\":[\"helper(L['x'])\"]}");
    }

    @Test
    void nodesCallOperators() throws IOException {
        for (String name : new String[] {
            "torch.ops.aten.add.Tensor",
            "torch.ops.higher_order.cond",
            "_operator.mul",
            "math.ceil",
            "torch.sym_max",
            "torch.ops.aten.__and__.Tensor",
            "serve"
        }) {
            is(Verdict.CLEAN, field("target", name));
        }
        for (String name : new String[] {
            "torch.os.system",
            "torch.hub.load",
            "_operator.attrgetter",
            "torch.ops.load_library",
            "torch.load",
            "torch.utils.cpp_extension.load"
        }) {
            is(Verdict.DANGEROUS, field("target", name));
        }
        is(Verdict.SUSPICIOUS, field("target", "torch.nn.init.zeros_"));
    }

    @Test
    void whatMakesMissingEntriesIsImported() throws IOException {
        String spec = "[1,{\"type\":\"collections.defaultdict\",\"context\":\"{\\\"default_factory_module\\\":"
                + "\\\"MODULE\\\",\\\"default_factory_name\\\":\\\"list\\\"}\"}]";
        is(Verdict.CLEAN, field("in_spec", spec.replace("MODULE", "builtins")));
        is(Verdict.DANGEROUS, field("in_spec", spec.replace("MODULE", "antigravity")));
        is(Verdict.SUSPICIOUS, field("out_spec", spec.replace("MODULE", "my.module")));
        is(Verdict.FAILED, field("in_spec", spec.replace("factory_module", "\\u0066actory_module")));
    }

    @Test
    void aProgramThatCannotBeReadIsNotClean() throws IOException {
        is(Verdict.FAILED, "{");
        is(Verdict.FAILED, "[".repeat(200) + "]".repeat(200));
    }

    @Test
    void layersOfKerasThatHoldCodeAreDangerous() throws IOException {
        String layer = "{\"config\":{\"layers\":[{\"module\":\"keras.layers\",\"class_name\":\"CLASS\"}]}}";
        assertEquals(Verdict.CLEAN, keras(layer.replace("CLASS", "Dense"), "x"));
        assertEquals(Verdict.DANGEROUS, keras(layer.replace("CLASS", "Lambda"), "x"));
        assertEquals(Verdict.DANGEROUS, keras(layer.replace("CLASS", "\\u005f_lambda__"), "x"));
        assertEquals(Verdict.SUSPICIOUS, keras(layer.replace("keras.layers", "my.module"), "x"));
        assertEquals(Verdict.SUSPICIOUS, keras(layer, "\u0089HDF\r\n\u001a\n"));
        assertEquals(Verdict.FAILED, keras("{", "x"));
    }

    private static Verdict keras(String config, String weights) throws IOException {
        return Samples.scan(Samples.zip("config.json", config, "metadata.json", "{}", "model.weights.h5", weights))
                .verdict();
    }
}
