package dev.modelfile.cli.terminal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A borderless table: a heading and rows, numbers to the right. On a terminal the widest left-aligned columns are cut
/// so that rows fit; elsewhere nothing is.
public final class Table {
    private static final String GAP = "  ";
    /// Columns are not cut below this width.
    private static final int LEAST = 12;

    private final List<String> heads = new ArrayList<>();
    private final List<Boolean> numeric = new ArrayList<>();
    private final List<String[]> rows = new ArrayList<>();

    /// Adds a column of text.
    public Table text(String head) {
        return column(head, false);
    }

    /// Adds a column of numbers.
    public Table number(String head) {
        return column(head, true);
    }

    private Table column(String head, boolean right) {
        heads.add(head);
        numeric.add(right);
        return this;
    }

    /// Adds a row; the cells may come from a file.
    public void row(String... cells) {
        if (cells.length != heads.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + heads.size() + " columns");
        }
        rows.add(cells);
    }

    /// Whether there are no rows.
    public boolean isEmpty() {
        return rows.isEmpty();
    }

    /// Prints everything.
    public void print(Screen screen) {
        rows.forEach(row -> Arrays.setAll(row, i -> screen.safe(row[i])));
        int[] widths = widths();
        boolean cut =
                screen.terminal().out() && shrink(widths, screen.terminal().columns());
        screen.line(screen.style(Style.BOLD, line(heads.toArray(new String[0]), widths, screen)));
        rows.forEach(row -> screen.line(line(row, widths, screen)));
        if (cut) {
            screen.hint("(cut to the width of the terminal; nothing is cut in a pipe)");
        }
    }

    private int[] widths() {
        int[] widths = heads.stream().mapToInt(String::length).toArray();
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        return widths;
    }

    /// Takes the excess from the widest text column again and again.
    private boolean shrink(int[] widths, int columns) {
        int excess = Arrays.stream(widths).sum() + GAP.length() * (widths.length - 1) - columns;
        boolean cut = false;
        while (excess > 0) {
            int widest = -1;
            for (int i = 0; i < widths.length; i++) {
                if (!numeric.get(i) && (widest < 0 || widths[i] > widths[widest])) {
                    widest = i;
                }
            }
            if (widest < 0 || widths[widest] <= LEAST) {
                return cut;
            }
            widths[widest]--;
            excess--;
            cut = true;
        }
        return cut;
    }

    private String line(String[] cells, int[] widths, Screen screen) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.length; i++) {
            String cell = Cut.middle(cells[i], widths[i], screen.terminal().unicode());
            String pad = " ".repeat(widths[i] - cell.length());
            line.append(i == 0 ? "" : GAP).append(numeric.get(i) ? pad + cell : cell + pad);
        }
        return line.toString().stripTrailing();
    }
}
