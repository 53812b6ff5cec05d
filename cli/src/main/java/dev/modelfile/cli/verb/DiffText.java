package dev.modelfile.cli.verb;

import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.cli.terminal.Cut;
import dev.modelfile.cli.terminal.ProgressLine;
import dev.modelfile.cli.terminal.Screen;
import dev.modelfile.cli.terminal.Sizes;
import dev.modelfile.cli.terminal.Style;
import dev.modelfile.cli.values.Comparison;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Differences as lines for people.
final class DiffText implements DiffReport {
    private static final int VALUE = 60;

    private final Screen screen;
    private final ProgressLine progress;
    private long same;
    private long added;
    private long removed;
    private long changed;
    private long keys;

    DiffText(Screen screen, ProgressLine progress) {
        this.screen = screen;
        this.progress = progress;
    }

    @Override
    public void metadata() {
        // No heading.
    }

    @Override
    public void tensors() {
        // No heading.
    }

    @Override
    public void metadata(String key, @Nullable Value old, @Nullable Value now) {
        keys++;
        String text = "metadata " + key + "  ";
        if (old == null || now == null) {
            line(now == null ? '-' : '+', text + value(now == null ? old : now));
        } else {
            line('~', text + value(old) + " → " + value(now));
        }
    }

    private static String value(@Nullable Value value) {
        return Cut.end(String.valueOf(value), VALUE, true);
    }

    @Override
    public void same(Tensor tensor) {
        same++;
    }

    @Override
    public void added(Tensor tensor) {
        added++;
        line('+', tensor.name() + "  " + tensor.dtype().name() + " " + tensor.shape());
    }

    @Override
    public void removed(Tensor tensor) {
        removed++;
        line('-', tensor.name() + "  " + tensor.dtype().name() + " " + tensor.shape());
    }

    @Override
    public void changed(Tensor old, Tensor now, @Nullable Comparison values) {
        changed++;
        StringBuilder text =
                new StringBuilder(old.name()).append("  ").append(old.dtype().name());
        if (!old.dtype().equals(now.dtype())) {
            text.append(" → ").append(now.dtype().name());
        }
        text.append(' ').append(old.shape());
        if (!old.shape().equals(now.shape())) {
            text.append(" → ").append(now.shape());
        }
        if (values != null) {
            text.append("  ").append(values(values));
        }
        line('~', text.toString());
    }

    private static String values(Comparison values) {
        if (values.isSame()) {
            return "same values";
        }
        if (Double.isNaN(values.maxAbs())) {
            return "bytes differ";
        }
        return Sizes.count(values.different()) + " of " + Sizes.count(values.elements()) + " differ, "
                + String.format(Locale.ROOT, "max-abs %.6g, RMS %.6g", values.maxAbs(), values.rms());
    }

    private void line(char sign, String text) {
        progress.clear();
        Style style = sign == '+' ? Style.GREEN : sign == '-' ? Style.RED : Style.YELLOW;
        screen.line(screen.style(style, sign + " " + screen.safe(text)));
    }

    /// The sum of it all.
    void close() {
        progress.clear();
        screen.line((differs() ? "different: " : "no difference: ") + Sizes.count(same, "tensor") + " the same, "
                + changed + " changed, " + added + " added, " + removed + " removed; "
                + Sizes.count(keys, "metadata key") + " different");
    }

    @Override
    public boolean differs() {
        return added + removed + changed + keys > 0;
    }
}
