package dev.modelfile.internal;

import dev.modelfile.Progress;

/// Counts written bytes and tells the listener.
final class Meter {
    private final Progress progress;
    private final long total;
    private String tensor = "";
    private long done;

    Meter(Progress progress, long total) {
        this.progress = progress;
        this.total = total;
    }

    void tensor(String name) {
        tensor = name;
    }

    void add(long bytes) {
        done += bytes;
        progress.update(tensor, done, total);
    }
}
