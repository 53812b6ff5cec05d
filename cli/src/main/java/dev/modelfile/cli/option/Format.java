package dev.modelfile.cli.option;

import java.util.Locale;

/// What `--format` takes, depending on the verb.
public final class Format {
    private Format() {}

    /// Most verbs.
    public enum Plain {
        /// For people.
        HUMAN,
        /// One JSON document.
        JSON;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Listings.
    public enum Listing {
        /// For people.
        HUMAN,
        /// One JSON document.
        JSON,
        /// A line for each tensor, columns separated by tabs.
        TSV;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Findings.
    public enum Findings {
        /// For people.
        HUMAN,
        /// One JSON document.
        JSON,
        /// SARIF 2.1.0, for code-scanning services.
        SARIF;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
