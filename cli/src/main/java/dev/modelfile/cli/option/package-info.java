/// Options that several verbs share, and how their arguments are written.
@NullMarked
package dev.modelfile.cli.option;

import org.jspecify.annotations.NullMarked;
