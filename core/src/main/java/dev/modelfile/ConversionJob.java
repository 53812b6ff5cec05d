package dev.modelfile;

import dev.modelfile.UnfitTensorsException.Reason;
import dev.modelfile.UnfitTensorsException.Unfit;
import dev.modelfile.spi.WritePlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The writer and the books of one run of a conversion.
final class ConversionJob {
    private final ModelWriter writer;
    private final Conversion.View view;
    private final List<Conversion.Change> changes = new ArrayList<>();

    ConversionJob(Conversion conversion, ModelFile model, ModelFormat format) {
        ConversionView selected = new ConversionView(conversion, model, format);
        view = selected.view();
        writer = ModelWriter.of(format).from(model).metadata(view.metadata());
        List<Unfit> unfit = selected.unfit();
        for (ConversionView.Entry entry : selected.entries()) {
            Tensor tensor = entry.tensor();
            DType type = conversion.typing.apply(entry.stored());
            if (!format.canStore(type, tensor.shape())) {
                unfit.add(new Unfit(tensor.name(), type, tensor.shape(), Reason.TYPE));
                continue;
            }
            TensorSource converted = tensor.as(type);
            changes.add(new Conversion.Change(
                    entry.stored().name(), tensor.name(), tensor.dtype(), type, tensor.shape(), converted.byteSize()));
            writer.add(converted);
        }
        UnfitTensorsException.throwIfAny(format, unfit);
    }

    WritePlan plan(Path target, WriteOptions options) {
        return writer.options(options).plan(target);
    }

    Conversion.Report report(List<Path> written, WritePlan plan, Path target) {
        List<Conversion.Output> outputs = Conversion.Output.of(plan, target);
        return new Conversion.Report(
                written, outputs, changes, view.skipped(), view.dropped(), plan.notes(), plan.totalBytes());
    }
}
