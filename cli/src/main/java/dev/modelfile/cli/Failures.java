package dev.modelfile.cli;

import dev.modelfile.LimitExceededException;
import dev.modelfile.UnfitTensorsException;
import dev.modelfile.cli.terminal.Sizes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.util.NoSuchElementException;

/// Says in one line what went wrong.
public final class Failures {
    private Failures() {}

    /// The line, without the program's name.
    public static String message(Throwable failure) {
        return switch (failure) {
            case UncheckedIOException wrapped when wrapped.getCause() instanceof IOException cause -> message(cause);
            case LimitExceededException problem ->
                text(problem)
                        .replace(
                                "raise ReadLimits." + problem.limit() + " to read it",
                                "'--limit " + problem.limit() + "=N' raises it");
            case FileSystemException problem -> fileSystem(problem);
            case FileNotFoundException problem -> String.valueOf(problem.getMessage());
            case IOException problem -> text(problem);
            case UnfitTensorsException problem -> Remedies.message(problem);
            case IllegalArgumentException problem -> WaysOut.named(text(problem));
            case NoSuchElementException problem -> text(problem);
            case IndexOutOfBoundsException problem -> text(problem);
            case OutOfMemoryError problem ->
                "not enough memory: the heap is "
                        + Sizes.bytes(Runtime.getRuntime().maxMemory())
                        + "; a larger one is MODELFILE_JAVA_OPTS=-Xmx4g";
            case StackOverflowError problem -> "the input is nested too deeply";
            default -> "internal error, please report it with what --debug prints: " + failure;
        };
    }

    private static String text(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
    }

    private static String fileSystem(FileSystemException problem) {
        String file = String.valueOf(problem.getFile());
        String reason = problem.getReason();
        return switch (problem) {
            case NoSuchFileException missing -> file + ": " + (reason == null ? "no such file or directory" : reason);
            case FileAlreadyExistsException existing -> file + ": exists already; --force replaces it";
            case AccessDeniedException denied -> file + ": permission denied";
            case FileSystemLoopException loop -> file + ": the links lead in a circle";
            default -> file + ": " + (reason == null ? text(problem) : reason);
        };
    }
}
