/// The JSON that the verbs print, streamed.
@NullMarked
package dev.modelfile.cli.json;

import org.jspecify.annotations.NullMarked;
