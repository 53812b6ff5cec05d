package dev.modelfile.checkpoint.scan;

import dev.modelfile.scan.Severity;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Judges the texts of exported programs that PyTorch evaluates as Python: expressions of sizes, which go through
/// SymPy when a program is loaded, guards, which become code, and the names of functions.
///
/// Source: `torch/_export/serde/serialize.py`, `torch/export/_unlift.py`, `torch/utils/_pytree.py` of PyTorch 2.13.
final class ExportCode {
    private static final Pattern TOKEN = Pattern.compile("\"([^\"\\\\\n]*)\"|'([^'\\\\\n]*)'|([A-Za-z_]\\w*)"
            + "|[0-9]+(?:\\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\\.[0-9]+|[()\\[\\],=+*/%<>!&|~. -]");
    /// What stands in the quotes of SymPy's own way to write symbols and numbers.
    private static final Pattern WORD = Pattern.compile("[\\w.+-]*");
    private static final Pattern SYMBOL = Pattern.compile("[a-z]{1,4}[0-9]+");

    private static final Set<String> KNOWN =
            Set.of(("Symbol Dummy Integer Float Rational Half Zero One NegativeOne Add Mul "
                            + "Pow Max Min Mod Abs floor ceiling sign sqrt log exp Piecewise ExprCondPair Tuple GreaterThan LessThan "
                            + "StrictLessThan StrictGreaterThan Equality Unequality Eq Ne Ge Gt Le Lt And Or Not true false "
                            + "BooleanTrue BooleanFalse Infinity NegativeInfinity oo int_oo IntInfinity NegativeIntInfinity "
                            + "FloorDiv ModularIndexing Where PythonMod CleanDiv CeilToInt FloorToInt CeilDiv LShift RShift "
                            + "PowByNatural FloatPow FloatTrueDiv IntTrueDiv IsNonOverlappingAndDenseIndicator TruncToFloat "
                            + "TruncToInt RoundToInt RoundDecimal ToFloat Identity True False None inf nan "
                            + "L G max min abs int float bool len math and or not if else in is")
                    .split(" "));
    private static final Set<String> WORDS_OF_CODE = Set.of(
            "lambda", "import", "for", "while", "def", "class", "yield", "await", "async", "del", "from", "with");
    private static final Pattern OPERATOR = Pattern.compile(
            "torch\\.ops\\.(?!load_library|import_module|_)\\w+\\.\\w+(\\.\\w+)?|torch\\._?sym_\\w+|_operator\\.\\w+|math\\.\\w+");
    private static final Pattern FACTORY =
            Pattern.compile("default_factory_module\\W+([\\w.]*)\\W+default_factory_name\\W+([\\w.]*)");

    private ExportCode() {}

    /// Judges an expression of sizes.
    static Severity expression(String text) {
        return code(text, false);
    }

    /// Judges a condition on the inputs.
    static Severity guard(String text) {
        return code(text, true);
    }

    private static Severity code(String text, boolean guard) {
        Severity worst = Severity.INFO;
        Matcher token = TOKEN.matcher(text);
        char before = 0;
        int at = 0;
        while (at < text.length()) {
            if (!token.region(at, text.length()).lookingAt()) {
                return Severity.DANGER;
            }
            at = token.end();
            Severity one = Severity.INFO;
            if (token.group(3) != null) {
                one = before == '.' ? attribute(token.group(3), guard) : word(token.group(3), text, at);
            } else if (!guard && quoted(token) != null) {
                one = WORD.matcher(quoted(token)).matches() ? Severity.INFO : Severity.DANGER;
            }
            worst = one.compareTo(worst) > 0 ? one : worst;
            before = text.charAt(at - 1) == ' ' ? before : text.charAt(at - 1);
        }
        return worst;
    }

    private static @org.jspecify.annotations.Nullable String quoted(Matcher token) {
        return token.group(1) != null ? token.group(1) : token.group(2);
    }

    private static Severity attribute(String name, boolean guard) {
        return guard && !name.startsWith("__") ? Severity.INFO : Severity.DANGER;
    }

    private static Severity word(String name, String text, int end) {
        if (KNOWN.contains(name) || SYMBOL.matcher(name).matches()) {
            return Severity.INFO;
        }
        boolean dangerous = name.startsWith("__")
                || WORDS_OF_CODE.contains(name)
                || Names.of("builtins", name) == Names.Grade.DANGEROUS
                || Names.of(name, "_") == Names.Grade.DANGEROUS;
        boolean argument = end < text.length() && text.charAt(end) == '=' && !text.startsWith("==", end);
        return dangerous ? Severity.DANGER : argument ? Severity.INFO : Severity.WARNING;
    }

    /// Judges the name of the function of a node.
    static Severity target(String name) {
        if (!name.startsWith("torch") && !name.startsWith("_operator") && !name.startsWith("math")) {
            return Severity.INFO;
        }
        int dot = name.lastIndexOf('.');
        String module = dot < 0 ? "" : name.substring(0, dot);
        boolean leads = Names.of(module, name.substring(dot + 1)) == Names.Grade.DANGEROUS
                || Names.of("torch", name.substring(name.indexOf('.') + 1)) == Names.Grade.DANGEROUS;
        if (OPERATOR.matcher(name).matches() && (name.startsWith("torch.ops.") || !leads)) {
            return Severity.INFO;
        }
        return leads || name.startsWith("torch.ops.") ? Severity.DANGER : Severity.WARNING;
    }

    /// Judges how inputs or outputs are nested: what makes the missing entries of a dictionary is imported.
    static Severity nesting(String text) {
        Severity worst = text.contains("\\u") ? Severity.ERROR : Severity.INFO;
        int named = text.split("default_factory_module", -1).length - 1;
        Matcher factory = FACTORY.matcher(text);
        for (; factory.find(); named--) {
            Severity one = switch (Names.of(factory.group(1), factory.group(2))) {
                case SAFE -> Severity.INFO;
                case UNKNOWN -> Severity.WARNING;
                case DANGEROUS -> Severity.DANGER;
            };
            worst = one.compareTo(worst) > 0 ? one : worst;
        }
        return named == 0 || worst.compareTo(Severity.ERROR) > 0 ? worst : Severity.ERROR;
    }
}
