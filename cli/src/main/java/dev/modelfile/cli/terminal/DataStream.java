package dev.modelfile.cli.terminal;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/// Standard output: buffered, and its errors cannot be mistaken for those of the files being read.
final class DataStream extends OutputStream {
    private OutputStream target;

    DataStream(OutputStream target) {
        this.target = new BufferedOutputStream(target, 1 << 16);
    }

    @Override
    public void write(int b) {
        try {
            target.write(b);
        } catch (IOException broken) {
            throw broken(broken);
        }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        try {
            target.write(bytes, offset, length);
        } catch (IOException broken) {
            throw broken(broken);
        }
    }

    @Override
    public void flush() {
        try {
            target.flush();
        } catch (IOException broken) {
            throw broken(broken);
        }
    }

    /// Told once; whatever comes later is lost anyway.
    private BrokenOutputException broken(IOException cause) {
        target = nullOutputStream();
        return new BrokenOutputException(cause);
    }

    /// Standard output is never closed by a verb.
    @Override
    public void close() {
        flush();
    }
}
