package dev.modelfile.cli.values;

import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Prints a tensor as NumPy does: nested brackets, and of large ones only the edges.
public final class ArrayPrinter {
    /// Up to so many elements are printed in full.
    private static final int ALL = 1000;
    /// How many elements or rows remain at each edge.
    private static final int EDGE = 3;
    /// The most elements to print, whatever the rank.
    private static final int MOST = 4096;
    /// NumPy has no more dimensions either.
    private static final int MAX_RANK = 64;

    private final Tensor tensor;
    private final long[] dims;
    private final boolean elided;
    private final String mark;
    private final int columns;
    private final List<String[]> rows = new ArrayList<>();
    private int printed;

    private ArrayPrinter(Tensor tensor, int columns, boolean unicode) {
        this.tensor = tensor;
        Shape shape = tensor.shape();
        this.dims = shape.rank() > MAX_RANK ? new long[] {shape.elements()} : shape.toArray();
        this.elided = shape.elements() > ALL;
        this.mark = unicode ? "…" : "...";
        this.columns = columns;
    }

    /// Prints line by line.
    ///
    /// @param columns where to break long rows
    /// @throws IOException if the elements cannot be had
    public static void print(Tensor tensor, int columns, boolean unicode, Consumer<String> lines) throws IOException {
        if (tensor.shape().elements() == 0) {
            lines.accept("[]");
            return;
        }
        ArrayPrinter printer = new ArrayPrinter(tensor, columns, unicode);
        if (printer.dims.length == 0) {
            lines.accept(trim(Numbers.read(tensor, 0, 1)[0]));
            return;
        }
        printer.collect(0, 0);
        Alignment alignment = Alignment.of(printer.rows);
        printer.rows.forEach(alignment::apply);
        StringBuilder text = new StringBuilder();
        printer.render(0, new int[1], text);
        text.toString().lines().forEach(lines);
    }

    private static String trim(String text) {
        return text.endsWith(".0") ? text.substring(0, text.length() - 1) : text;
    }

    /// The indices that are shown of a dimension; -1 stands for those left out.
    private long[] shown(long dim) {
        if (!elided || dim <= 2L * EDGE) {
            long[] all = new long[(int) Math.min(dim, MOST)];
            for (int i = 0; i < all.length; i++) {
                all[i] = i;
            }
            return all;
        }
        long[] edges = new long[2 * EDGE + 1];
        for (int i = 0; i < EDGE; i++) {
            edges[i] = i;
            edges[EDGE + 1 + i] = dim - EDGE + i;
        }
        edges[EDGE] = -1;
        return edges;
    }

    /// Reads the rows that are shown, in order.
    private void collect(int depth, long first) throws IOException {
        if (printed >= MOST) {
            return;
        }
        long dim = dims[depth];
        if (depth == dims.length - 1) {
            rows.add(row(first, dim));
            return;
        }
        long below = 1;
        for (int i = depth + 1; i < dims.length; i++) {
            below *= dims[i];
        }
        for (long index : shown(dim)) {
            if (index >= 0) {
                collect(depth + 1, first + index * below);
            }
        }
    }

    private String[] row(long first, long dim) throws IOException {
        long[] indices = shown(dim);
        String[] cells = new String[indices.length];
        if (indices.length == dim) {
            cells = Numbers.read(tensor, first, (int) dim);
        } else {
            System.arraycopy(Numbers.read(tensor, first, EDGE), 0, cells, 0, EDGE);
            cells[EDGE] = mark;
            System.arraycopy(Numbers.read(tensor, first + dim - EDGE, EDGE), 0, cells, EDGE + 1, EDGE);
        }
        printed += cells.length;
        return cells;
    }

    private void render(int depth, int[] next, StringBuilder out) {
        out.append('[');
        if (depth == dims.length - 1) {
            renderRow(rows.get(next[0]++), depth + 1, out);
        } else {
            String separator = "";
            String line = "\n".repeat(Math.min(2, dims.length - 1 - depth)) + " ".repeat(depth + 1);
            for (long index : shown(dims[depth])) {
                if (next[0] >= rows.size()) {
                    out.append(separator).append(mark);
                    break;
                }
                out.append(separator);
                if (index < 0) {
                    out.append(mark);
                } else {
                    render(depth + 1, next, out);
                }
                separator = line;
            }
        }
        out.append(']');
    }

    private void renderRow(String[] cells, int indent, StringBuilder out) {
        int column = indent;
        for (int i = 0; i < cells.length; i++) {
            if (i > 0 && column + 1 + cells[i].length() >= columns) {
                out.append('\n').append(" ".repeat(indent));
                column = indent;
            } else if (i > 0) {
                out.append(' ');
                column++;
            }
            out.append(cells[i]);
            column += cells[i].length();
        }
    }
}
