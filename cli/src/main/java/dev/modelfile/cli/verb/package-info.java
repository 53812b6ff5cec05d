/// One class for each verb.
@NullMarked
package dev.modelfile.cli.verb;

import org.jspecify.annotations.NullMarked;
