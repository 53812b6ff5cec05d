package dev.modelfile.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ReadOptions;
import dev.modelfile.onnx.proto.AttributeProto;
import dev.modelfile.onnx.proto.ModelProto;
import dev.modelfile.onnx.proto.SparseTensorProto;
import dev.modelfile.onnx.proto.TensorProto;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Sparse tensors: the verdicts are those of `onnx.checker.check_sparse_tensor` of the onnx package 1.23.1.
final class OnnxSparseTest {
    private static final int FLOAT = 1;
    private static final int INT32 = 6;
    private static final int INT64 = 7;

    @TempDir
    Path folder;

    /// A sparse tensor.
    ///
    /// @param problem a part of the message, empty if it is right
    /// @param values the shape of the values; null for none
    /// @param type the type of the indices
    /// @param indices the shape of the indices; null for none
    /// @param positions the indices
    /// @param dense the dense shape
    record Case(
            String problem,
            long @Nullable [] values,
            int type,
            long @Nullable [] indices,
            long[] positions,
            long[] dense) {
        SparseTensorProto.Builder tensor() {
            SparseTensorProto.Builder sparse = SparseTensorProto.newBuilder()
                    .addAllDims(LongStream.of(dense).boxed().toList());
            if (values != null) {
                TensorProto.Builder some =
                        sparse.getValuesBuilder().setName("s").setDataType(FLOAT);
                Arrays.stream(values).forEach(some::addDims);
                LongStream.range(0, Arrays.stream(values).reduce(1, (a, b) -> a * b))
                        .forEach(i -> some.addFloatData(i));
            }
            if (indices != null) {
                TensorProto.Builder some = sparse.getIndicesBuilder().setDataType(type);
                Arrays.stream(indices).forEach(some::addDims);
                for (long position : positions) {
                    if (type == INT64) {
                        some.addInt64Data(position);
                    } else {
                        some.addInt32Data((int) position);
                    }
                }
            }
            return sparse;
        }

        @Override
        public String toString() {
            return (problem.isEmpty() ? "right" : problem) + ": " + Arrays.toString(values) + " at "
                    + Arrays.toString(indices) + Arrays.toString(positions) + " of " + Arrays.toString(dense);
        }
    }

    private static long[] of(long... numbers) {
        return numbers;
    }

    private static Case flat(String problem, long[] values, long[] positions, long... dense) {
        return new Case(problem, values, INT64, of(positions.length), positions, dense);
    }

    private static Case rows(String problem, long count, long width, long[] positions, long... dense) {
        return new Case(problem, of(count), INT64, of(positions.length / width, width), positions, dense);
    }

    static final List<Case> CASES = List.of(
            flat("", of(2), of(1, 4), 9),
            rows("", 2, 2, of(0, 1, 2, 0), 3, 3),
            flat("", of(0), of(), 9),
            new Case("", of(0), INT64, of(0, 1), of(), of(9)),
            new Case("", of(0), INT64, null, of(), of(9)),
            flat("3 values vs 2 indices", of(3), of(1, 4), 9),
            flat("1 values vs 2 indices", of(1), of(1, 4), 9),
            rows("3 values vs 2 indices", 3, 2, of(0, 1, 2, 0), 3, 3),
            new Case("2 values vs 0 indices", of(2), INT64, null, of(), of(9)),
            rows("3 columns, the dense shape has 2 dimensions", 2, 3, of(0, 1, 2, 0, 1, 1), 3, 3),
            flat("the values have 2 dimensions", of(1, 2), of(1, 4), 9),
            flat("the values have 0 dimensions", of(), of(1), 9),
            new Case("the indices are I32", of(2), INT32, of(2), of(1, 4), of(9)),
            new Case("the indices are I64 [2, 1, 1]", of(2), INT64, of(2, 1, 1), of(1, 4), of(9)),
            new Case("the indices are I64 []", of(1), INT64, of(), of(1), of(9)),
            flat("the dense shape is []", of(1), of(0)),
            new Case("the dense shape is []", of(0), INT64, null, of(), of()),
            flat("the dense shape is [0]", of(0), of(), 0),
            flat("the dense shape is [-3]", of(1), of(0), -3),
            rows("position 1 is not in ascending order", 2, 2, of(1, 1, 1, 1), 3, 3),
            rows("position 1 is not in ascending order", 2, 2, of(1, 1, 1, 0), 3, 3),
            rows("index 3 at position 1 is outside of 0 to 3", 2, 2, of(0, 1, 1, 3), 3, 3),
            flat("index 9 at position 1 is outside of 0 to 9", of(2), of(4, 9), 9),
            flat("the dense shape [4611686018427387904, 4] is impossible", of(1), of(0), 1L << 62, 4),
            new Case("there are no values", null, INT64, of(1), of(0), of(3)));

    private void judge(Case each, ModelProto.Builder model) throws IOException {
        Path file = OnnxFixtures.write(folder, model.build().toByteArray());
        List<Finding> findings = Onnx.FORMAT.validate(file, ReadOptions.defaults()).stream()
                .filter(finding -> finding.rule().equals("onnx.sparse"))
                .toList();
        if (each.problem().isEmpty()) {
            assertEquals(List.of(), findings);
        } else {
            assertEquals(1, findings.size());
            assertEquals(Severity.ERROR, findings.getFirst().severity());
            assertTrue(findings.getFirst().message().contains(each.problem()), findings::toString);
        }
        // Its parts can be read all the same.
        try (OnnxFile opened = Onnx.open(file)) {
            assertEquals(
                    (each.values() == null ? 0 : 1) + (each.indices() == null ? 0 : 1),
                    opened.tensors().size());
        }
    }

    @ParameterizedTest
    @FieldSource("CASES")
    void asAnInitializer(Case each) throws IOException {
        ModelProto.Builder model = OnnxFixtures.model();
        model.getGraphBuilder().addSparseInitializer(each.tensor());
        judge(each, model);
    }

    @ParameterizedTest
    @FieldSource("CASES")
    void inANode(Case each) throws IOException {
        ModelProto.Builder model = OnnxFixtures.model();
        model.getGraphBuilder()
                .addNodeBuilder()
                .setOpType("Constant")
                .addOutput("c")
                .addAttributeBuilder()
                .setName("sparse_value")
                .setType(AttributeProto.AttributeType.SPARSE_TENSOR)
                .setSparseTensor(each.tensor());
        judge(each, model);
    }

    @Test
    void eachIsJudgedByItself() throws IOException {
        ModelProto.Builder model = OnnxFixtures.model();
        for (Case each : CASES.subList(0, 8)) {
            model.getGraphBuilder().addSparseInitializer(each.tensor());
        }
        Path file = OnnxFixtures.write(folder, model.build().toByteArray());
        assertEquals(
                3,
                Onnx.FORMAT.validate(file, ReadOptions.defaults()).stream()
                        .filter(finding -> finding.rule().equals("onnx.sparse"))
                        .count());
    }
}
