package dev.modelfile.checkpoint;

import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensor;
import dev.modelfile.Tensors;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.container.CheckpointPath;
import dev.modelfile.checkpoint.container.Containers;
import dev.modelfile.checkpoint.container.DistributedReader;
import dev.modelfile.checkpoint.container.Loaded;
import dev.modelfile.checkpoint.container.Session;
import dev.modelfile.checkpoint.container.ShardedReader;
import dev.modelfile.checkpoint.torch.StateDict;
import dev.modelfile.checkpoint.torch.StorageTable;
import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Opens checkpoints of all containers.
final class CheckpointReader {
    private CheckpointReader() {}

    static CheckpointFile read(Path path, ReadOptions options) throws IOException {
        Session session = new Session(options);
        Arena arena = Arena.ofShared();
        try {
            Path start = CheckpointPath.resolve(path);
            if (Files.isDirectory(start)) {
                DistributedReader folder = DistributedReader.read(start, arena, session);
                StateDict names = folder.names();
                return file(path, session, arena, folder.loaded(), names.tensors(), names.metadata(), folder.parts());
            }
            if (CheckpointPath.isIndex(start)) {
                ShardedReader all = ShardedReader.read(start, arena, session);
                return file(path, session, arena, all.loaded(), all.tensors(), all.metadata(), all.parts());
            }
            MappedFile file = MappedFile.open(start, arena);
            Loaded loaded = Containers.read(file, session);
            StateDict names = loaded.stateDict(session);
            return file(path, session, arena, loaded, names.tensors(), names.metadata(), List.of(file));
        } catch (Throwable failure) {
            arena.close();
            throw failure;
        }
    }

    private static CheckpointFile file(
            Path path,
            Session session,
            Arena arena,
            Loaded loaded,
            List<Tensor> tensors,
            Map<String, Value> metadata,
            List<MappedFile> parts) {
        ModelFile.Contents contents = new ModelFile.Contents(
                Checkpoints.FORMAT,
                path,
                Metadata.of(metadata),
                Tensors.of(tensors),
                parts,
                session.findings().list(),
                arena);
        List<CheckpointFile.Storage> storages = new ArrayList<>();
        for (Loaded.Graph graph : loaded.graphs()) {
            for (StorageTable.Storage storage : graph.table().all()) {
                storages.add(new CheckpointFile.Storage(
                        storage.key(),
                        storage.location(),
                        storage.type().name(),
                        storage.data().byteSize(),
                        storage.views(),
                        storage.used()));
            }
        }
        return new CheckpointFile(contents, loaded.container(), loaded.root(), storages, session.globals());
    }
}
