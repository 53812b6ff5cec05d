package dev.modelfile.gguf.mix;

import static dev.modelfile.gguf.FileType.IQ1_M;
import static dev.modelfile.gguf.FileType.IQ1_S;
import static dev.modelfile.gguf.FileType.IQ2_M;
import static dev.modelfile.gguf.FileType.IQ2_S;
import static dev.modelfile.gguf.FileType.IQ2_XS;
import static dev.modelfile.gguf.FileType.IQ2_XXS;
import static dev.modelfile.gguf.FileType.IQ3_M;
import static dev.modelfile.gguf.FileType.IQ3_S;
import static dev.modelfile.gguf.FileType.IQ3_XS;
import static dev.modelfile.gguf.FileType.IQ3_XXS;
import static dev.modelfile.gguf.FileType.IQ4_NL;
import static dev.modelfile.gguf.FileType.IQ4_XS;
import static dev.modelfile.gguf.FileType.MXFP4_MOE;
import static dev.modelfile.gguf.FileType.Q2_K;
import static dev.modelfile.gguf.FileType.Q3_K_M;
import static dev.modelfile.gguf.FileType.Q3_K_S;
import static dev.modelfile.gguf.FileType.Q4_K_M;
import static dev.modelfile.gguf.FileType.Q4_K_S;

import dev.modelfile.DType;
import dev.modelfile.Shape;
import dev.modelfile.gguf.FileType;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.gguf.container.Names;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The rules of one named mix for one model. Tensors must be asked for in llama.cpp's order: some rules count.
public final class Mix {
    private static final Set<FileType> SMALLEST = EnumSet.of(IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ2_M);
    private static final Set<FileType> MORE_FOR_EIGHT_EXPERTS =
            EnumSet.of(Q2_K, IQ3_XS, IQ3_XXS, Q3_K_S, Q3_K_M, IQ4_NL, Q4_K_S, Q4_K_M, IQ3_S, IQ3_M, IQ4_XS);
    private static final Pattern LAYER = Pattern.compile("^blk\\.(\\d{1,9})\\.");
    private static final int EIGHT = 8;

    private final FileType target;
    private final Model model;
    private final boolean importance;
    private int values;
    private int downs;
    private int gates;
    private int ups;

    /// Starts counting.
    ///
    /// @param importance whether there is an importance matrix
    public Mix(FileType target, Model model, boolean importance) {
        this.target = target;
        this.model = model;
        this.importance = importance;
    }

    /// The type of the next tensor, not yet adapted to its shape.
    ///
    /// @throws IllegalArgumentException if the model has experts, and the layer cannot be told from the tensor's name
    public DType next(String name, Shape shape) {
        Category category = Category.of(name);
        DType base = target.base();
        if (category == Category.OUTPUT || model.tied() && category == Category.TOKEN_EMBEDDING) {
            return output(shape);
        }
        if (target == MXFP4_MOE) {
            return expert(shape, category) ? GgmlType.MXFP4 : GgmlType.Q8_0;
        }
        if (category == Category.TOKEN_EMBEDDING) {
            return embedding();
        }
        if (SMALLEST.contains(target)) {
            return smallest(category);
        }
        return switch (category) {
            case VALUE -> value(values++);
            case KEY, QUERY -> keyOrQuery(category);
            case FFN_DOWN -> down(layer(name, downs++));
            case FFN_GATE -> gateOrUp(layer(name, gates++));
            case FFN_UP -> gateOrUp(layer(name, ups++));
            case ATTENTION_OUTPUT -> attentionOutput();
            default -> base;
        };
    }

    private DType output(Shape shape) {
        DType base = target.base();
        if (target == MXFP4_MOE || model.falcon() || shape.rowElements() % base.blockElements() != 0) {
            return GgmlType.Q8_0;
        }
        if (SMALLEST.contains(target) || target == IQ3_XXS) {
            return GgmlType.Q5_K;
        }
        return base == GgmlType.Q8_0 ? base : GgmlType.Q6_K;
    }

    private boolean expert(Shape shape, Category category) {
        boolean stacked = shape.rank() > 2 && shape.dim(shape.rank() - 3) > 1;
        boolean feedForward =
                category == Category.FFN_UP || category == Category.FFN_GATE || category == Category.FFN_DOWN;
        return stacked && (feedForward || !model.architecture().equals("bailingmoe3"));
    }

    private DType embedding() {
        return switch (target) {
            case IQ2_XXS, IQ2_XS, IQ1_S, IQ1_M -> GgmlType.Q2_K;
            case IQ2_S, IQ2_M, IQ3_XXS -> GgmlType.IQ3_S;
            case TQ1_0, TQ2_0, Q2_0 -> GgmlType.Q4_K;
            default -> target.base();
        };
    }

    /// The mixes of one and two bits have rules of their own.
    private DType smallest(Category category) {
        boolean larger = target == IQ2_S || target == IQ2_M;
        boolean one = target == IQ1_S || target == IQ1_M;
        switch (category) {
            case VALUE -> {
                values++;
                boolean shared = model.manyQueries() || model.experts() >= 4;
                return shared ? GgmlType.Q4_K : larger ? GgmlType.IQ3_S : GgmlType.Q2_K;
            }
            case KEY -> {
                return model.experts() == EIGHT ? GgmlType.Q4_K : target.base();
            }
            case FFN_DOWN -> {
                boolean first = downs++ < model.layers() / 8;
                return !first ? target.base() : larger ? GgmlType.IQ3_S : GgmlType.Q2_K;
            }
            case ATTENTION_OUTPUT -> {
                if (model.experts() == EIGHT) {
                    return GgmlType.Q5_K;
                }
                return one ? GgmlType.IQ2_XXS : larger ? GgmlType.IQ3_S : target.base();
            }
            default -> {
                return target.base();
            }
        }
    }

    private DType value(int index) {
        boolean shared = model.manyQueries();
        DType type = switch (target) {
            case Q2_K -> shared ? GgmlType.Q4_K : GgmlType.Q3_K;
            case Q2_K_S, IQ3_XS, IQ3_S -> shared ? GgmlType.Q4_K : target.base();
            case IQ3_XXS -> shared ? GgmlType.Q4_K : importance ? GgmlType.IQ3_XXS : GgmlType.IQ3_S;
            case IQ3_M -> GgmlType.Q4_K;
            case Q3_K_M -> index < 2 ? GgmlType.Q5_K : GgmlType.Q4_K;
            case Q3_K_L -> GgmlType.Q5_K;
            case IQ4_NL, IQ4_XS -> shared ? GgmlType.Q5_K : target.base();
            case Q4_K_M, Q5_K_M -> more(index, model.values()) ? GgmlType.Q6_K : target.base();
            case Q4_K_S -> index < 4 ? GgmlType.Q5_K : target.base();
            default -> target.base();
        };
        if (model.experts() == EIGHT) {
            return GgmlType.Q8_0;
        }
        return model.is70B() && (type == GgmlType.Q3_K || type == GgmlType.Q4_K) ? GgmlType.Q5_K : type;
    }

    private DType keyOrQuery(Category category) {
        if (category == Category.KEY && model.experts() == EIGHT) {
            return GgmlType.Q8_0;
        }
        return target == IQ3_XS ? GgmlType.IQ3_XXS : target == IQ3_XXS ? GgmlType.IQ2_S : target.base();
    }

    private DType down(int layer) {
        int layers = model.layers();
        boolean eighth = layer < layers / 8;
        boolean sixteenth = layer < layers / 16;
        boolean more = more(layer, layers);
        boolean falcon = model.falcon();
        DType base = target.base();
        return switch (target) {
            case Q2_K -> GgmlType.Q3_K;
            case Q2_K_S -> eighth ? GgmlType.Q4_K : base;
            case IQ3_XXS -> importance ? base : eighth ? GgmlType.Q4_K : GgmlType.Q3_K;
            case Q3_K_M -> sixteenth ? GgmlType.Q5_K : !falcon || more ? GgmlType.Q4_K : GgmlType.Q3_K;
            case IQ3_M -> eighth || model.experts() == EIGHT && more ? GgmlType.Q4_K : base;
            case Q3_K_L -> falcon ? GgmlType.Q4_K : GgmlType.Q5_K;
            case Q4_K_M -> {
                GgmlType best = falcon && !sixteenth ? GgmlType.Q5_K : GgmlType.Q6_K;
                yield more || falcon && sixteenth ? best : base;
            }
            case IQ4_NL, IQ4_XS -> eighth && !importance ? GgmlType.Q5_K : base;
            case Q5_K_M -> more ? GgmlType.Q6_K : base;
            case Q4_K_S -> eighth && !falcon ? GgmlType.Q5_K : base;
            case Q4_0 -> eighth && importance ? GgmlType.Q4_1 : base;
            case Q5_0 -> eighth && importance ? GgmlType.Q5_1 : base;
            default -> base;
        };
    }

    private DType attentionOutput() {
        if (model.falcon()) {
            return target == FileType.Q3_K_L ? GgmlType.Q4_K : target.base();
        }
        if (model.experts() == EIGHT) {
            return MORE_FOR_EIGHT_EXPERTS.contains(target) ? GgmlType.Q5_K : target.base();
        }
        return switch (target) {
            case Q2_K -> GgmlType.Q3_K;
            case IQ3_XXS -> GgmlType.IQ3_S;
            case Q3_K_M, IQ3_M -> GgmlType.Q4_K;
            case Q3_K_L -> GgmlType.Q5_K;
            default -> target.base();
        };
    }

    private DType gateOrUp(int layer) {
        int layers = model.layers();
        boolean middle = layer >= layers / 8 && layer < 7 * layers / 8;
        return target == IQ3_XS && middle ? GgmlType.IQ3_XXS : target.base();
    }

    /// First eighth, last eighth, and every third between.
    private static boolean more(int index, int count) {
        return index < count / 8 || index >= 7 * count / 8 || (index - count / 8) % 3 == 2;
    }

    /// Experts are not stored in the order of layers, so that their layer is taken from the name.
    private int layer(String name, int counted) {
        if (model.experts() <= 1) {
            return counted;
        }
        Matcher matcher = LAYER.matcher(name);
        if (!matcher.find() || Integer.parseInt(matcher.group(1)) >= model.layers()) {
            throw new IllegalArgumentException(
                    "tensor \"" + Names.shown(name) + "\" belongs to none of the " + model.layers()
                            + " layers that block_count says; choose another type for it, or correct block_count");
        }
        return Integer.parseInt(matcher.group(1));
    }
}
