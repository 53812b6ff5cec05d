package dev.modelfile.gguf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.gguf.quant.Contenders;
import dev.modelfile.gguf.quant.GridSearch;
import dev.modelfile.gguf.quant.IQ2_S;
import dev.modelfile.gguf.quant.IQ2_XS;
import dev.modelfile.gguf.quant.IQ2_XXS;
import dev.modelfile.gguf.quant.IQ3_S;
import dev.modelfile.gguf.quant.IQ3_XXS;
import dev.modelfile.gguf.quant.Neighbours;
import dev.modelfile.gguf.quant.Rounding;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Leaving out neighbours that cannot win changes no search.
final class ContendersTest {

    private static final int RUNS = 50_000;

    private final SplittableRandom random = new SplittableRandom(5);
    private final float[] x = new float[8];
    private final float[] weight = new float[8];

    static Stream<Named<GridSearch.Plan>> plans() {
        return Stream.of(
                Named.of("IQ2_XXS", IQ2_XXS.plan()),
                Named.of("IQ2_XS", IQ2_XS.plan()),
                Named.of("IQ2_S", IQ2_S.plan()),
                Named.of("IQ3_XXS", IQ3_XXS.plan()),
                Named.of("IQ3_S", IQ3_S.plan()));
    }

    @ParameterizedTest
    @MethodSource("plans")
    void nearestContenderIsNearestOfAll(GridSearch.Plan plan) {
        Neighbours lattice = plan.lattice();
        int compared = 0;
        for (int n = 0; n < RUNS; n++) {
            float inverse = (float) Math.pow(2, random.nextDouble(-60, 60));
            int point = round(lattice, inverse, n);
            if (point < 0 || lattice.place[point] >= 0) {
                continue;
            }
            float scale = 1 / inverse;
            int expected = lattice.nearest(lattice.list, -1 - lattice.place[point], x, 0, weight, 0, scale);
            Contenders few = plan.contenders();
            assertEquals(expected, lattice.nearest(few.list, few.start[point], x, 0, weight, 0, scale));
            compared++;
        }
        assertTrue(compared > RUNS / 4, compared + " runs");
    }

    /// Draws a run and returns the point it rounds to; negative if a value is too near to the middle.
    private int round(Neighbours lattice, float inverse, int n) {
        int base = lattice.grid.base;
        int point = 0;
        boolean clear = true;
        for (int i = lattice.grid.length - 1; i >= 0; i--) {
            float digit = (float) random.nextDouble(-0.6, base - 0.3);
            // Every fourth run is as near to the middles as is still clear.
            digit = n % 4 == 0 ? (int) digit + 0.5f + (random.nextBoolean() ? 3e-5f : -3e-5f) : digit;
            x[i] = (2 * digit + 1) / inverse;
            weight[i] = random.nextInt(9) == 0 ? 0 : random.nextFloat();
            float v = 0.5f * (inverse * x[i] - 1);
            clear &= Contenders.isClear(v);
            point = point * base + Rounding.nearest(v, 0, base - 1);
        }
        return clear ? point : -1;
    }
}
