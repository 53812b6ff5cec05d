/// Looking at models without trusting them: findings, verdicts, and the scanner.
@NullMarked
package dev.modelfile.scan;

import org.jspecify.annotations.NullMarked;
