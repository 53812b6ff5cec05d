package dev.modelfile.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/// The version of this program.
public final class Version implements IVersionProvider {
    /// For picocli.
    public Version() {}

    /// The version, as the jar says it.
    public static String text() {
        return Objects.requireNonNullElse(Main.class.getPackage().getImplementationVersion(), "(unpackaged)");
    }

    @Override
    public String[] getVersion() {
        return new String[] {"modelfile " + text()};
    }
}
