package dev.modelfile.cli.option;

import dev.modelfile.BlockType;
import dev.modelfile.DType;
import dev.modelfile.ModelFormat;
import dev.modelfile.ModelFormats;
import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// The `--type` options: `TYPE` for all floating-point tensors, or `PATTERN=TYPE` with a type (`F32`), types (`F8_*`),
/// a regular expression that matches whole names, or a glob. The first rule that matches a tensor decides.
public final class TypeRules implements Function<Tensor, DType> {
    /// Every tensor keeps its type.
    public static final TypeRules NONE = new TypeRules(List.of());

    /// What may stand for several types, as in `F8_*`.
    private static final Pattern TYPES = Pattern.compile("[A-Z][A-Z0-9_]*[*?][A-Z0-9_*?]*");

    private final List<Rule> rules;
    private final Set<Rule> used = new HashSet<>();

    private TypeRules(List<Rule> rules) {
        this.rules = rules;
    }

    private record Rule(String text, Predicate<Tensor> matches, DType type) {}

    /// Reads rules.
    ///
    /// @param target the format that must hold the types
    /// @throws UsageException if a rule is none, or the format has no such type
    public static TypeRules parse(List<String> texts, ModelFormat target) {
        List<Rule> rules = new ArrayList<>();
        for (String text : texts) {
            int at = text.lastIndexOf('=');
            DType type = type(text.substring(at + 1), target);
            rules.add(new Rule(text, at < 0 ? TypeRules::isFloat : matching(text.substring(0, at)), type));
        }
        return new TypeRules(rules);
    }

    private static DType type(String name, ModelFormat target) {
        return target.typeNamed(name).orElseThrow(() -> {
            boolean known = ModelFormats.installed().all().stream()
                    .anyMatch(format -> format.typeNamed(name).isPresent());
            return new UsageException(
                    known || ScalarType.named(name).isPresent()
                            ? target.name() + " cannot hold tensors of type " + name
                            : "'" + name + "' is not the name of a type such as F32, BF16 or F8_E4M3");
        });
    }

    private static boolean isFloat(Tensor tensor) {
        return tensor.dtype() instanceof BlockType
                || tensor.dtype() instanceof ScalarType type && type.kind() == ScalarType.Kind.FLOAT;
    }

    private static Predicate<Tensor> matching(String pattern) {
        boolean isType = ScalarType.named(pattern).isPresent()
                || ModelFormats.installed().all().stream()
                        .anyMatch(format -> format.typeNamed(pattern).isPresent());
        if (isType) {
            return tensor -> tensor.dtype().name().equalsIgnoreCase(pattern);
        }
        Predicate<String> name = Whole.matching(pattern);
        if (TYPES.matcher(pattern).matches()) {
            Predicate<String> type = Whole.glob(pattern);
            return tensor -> type.test(tensor.dtype().name()) || name.test(tensor.name());
        }
        return tensor -> name.test(tensor.name());
    }

    @Override
    public DType apply(Tensor tensor) {
        for (Rule rule : rules) {
            if (rule.matches().test(tensor)) {
                used.add(rule);
                return rule.type();
            }
        }
        return tensor.dtype();
    }

    /// The rules that have decided for no tensor, a line each.
    public List<String> idle() {
        return rules.stream()
                .filter(rule -> !used.contains(rule))
                .map(rule -> "--type '" + rule.text() + "' has decided for no tensor")
                .toList();
    }
}
