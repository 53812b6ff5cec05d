package dev.modelfile.cli.option;

import dev.modelfile.ReadLimits;
import java.util.List;

/// The `--limit` options: `NAME=SIZE` with a component of [ReadLimits], as error messages name them.
final class Limits {
    private Limits() {}

    /// The default limits with the given ones raised or lowered.
    ///
    /// @throws UsageException if a name or number is none
    static ReadLimits parse(List<Assignment> limits) {
        ReadLimits result = ReadLimits.defaults();
        for (Assignment limit : limits) {
            ByteSize size = ByteSize.parse(limit.right());
            result = switch (limit.left()) {
                case "maxHeaderBytes" -> result.withMaxHeaderBytes(size.bytes());
                case "maxTensors" -> result.withMaxTensors(size.bytes());
                case "maxRank" -> result.withMaxRank(size.asInt());
                case "maxDepth" -> result.withMaxDepth(size.asInt());
                case "maxStringBytes" -> result.withMaxStringBytes(size.bytes());
                case "maxParts" -> result.withMaxParts(size.asInt());
                case "maxHeapBytes" -> result.withMaxHeapBytes(size.bytes());
                default ->
                    throw new UsageException("no limit '" + limit.left()
                            + "'; there are maxHeaderBytes, maxTensors, maxRank, maxDepth, maxStringBytes, maxParts,"
                            + " maxHeapBytes");
            };
        }
        return result;
    }
}
