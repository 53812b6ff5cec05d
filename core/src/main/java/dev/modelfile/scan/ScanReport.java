package dev.modelfile.scan;

import java.nio.file.Path;
import java.util.List;

/// What a scan found.
///
/// @param results one for each file looked at
public record ScanReport(List<Result> results) {

    /// @throws NullPointerException if the list or an element is null
    public ScanReport {
        results = List.copyOf(results);
    }

    /// What to think of a file.
    public enum Verdict {
        /// Read to its end, and nothing suspicious in it.
        CLEAN,
        /// Something unusual or unknown in it.
        SUSPICIOUS,
        /// It can make a program that loads it do what its author wants.
        DANGEROUS,
        /// It could not be read to its end, so nothing can be said for it.
        FAILED
    }

    /// The findings of one file.
    ///
    /// @param path the file, or the model's folder
    /// @param findings all of them, in file order
    public record Result(Path path, List<Finding> findings) {
        /// @throws NullPointerException if a component is null
        public Result {
            findings = List.copyOf(findings);
        }

        /// The verdict that the worst finding gives.
        public Verdict verdict() {
            Severity worst = findings.stream()
                    .map(Finding::severity)
                    .max(Severity::compareTo)
                    .orElse(Severity.INFO);
            return switch (worst) {
                case INFO -> Verdict.CLEAN;
                case WARNING -> Verdict.SUSPICIOUS;
                case ERROR -> Verdict.FAILED;
                case DANGER -> Verdict.DANGEROUS;
            };
        }
    }

    /// Whether every file is [Verdict#CLEAN], and there is at least one.
    public boolean isClean() {
        return !results.isEmpty() && results.stream().allMatch(r -> r.verdict() == Verdict.CLEAN);
    }
}
