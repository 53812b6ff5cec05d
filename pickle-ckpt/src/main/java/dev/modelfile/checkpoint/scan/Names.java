package dev.modelfile.checkpoint.scan;

import java.util.HashSet;
import java.util.Set;

/// What the names that a pickle imports can do. Safe is only what stands in a list of exact names; dangerous are the
/// known ways to execution, files, the network, processes and further loaders; the rest is unknown.
final class Names {
    /// What a name can do.
    enum Grade {
        /// It builds data.
        SAFE,
        /// Nobody here knows.
        UNKNOWN,
        /// It executes, loads, opens or connects.
        DANGEROUS
    }

    private static final Set<String> SAFE = safe();
    private static final Set<String> MODULES = Set.of(("os posix posixpath nt ntpath sys subprocess commands socket "
                    + "shutil ctypes pydoc pty runpy code codeop importlib imp webbrowser pip uuid osx_support "
                    + "aix_support pyrepl asyncio multiprocessing http ftplib smtplib imaplib poplib telnetlib nntplib "
                    + "xmlrpc socketserver urllib pickle cPickle dill cloudpickle shelve marshal io tempfile "
                    + "threading thread signal inspect gc site sysconfig distutils setuptools ensurepip venv "
                    + "trace pdb bdb cProfile profile timeit doctest unittest zipimport zipapp linecache test.support fileinput "
                    + "winreg msvcrt resource mmap cffi numba sqlite3 dbm platform posixsubprocess popen2 "
                    + "requests aiohttp httpx paramiko fabric antigravity "
                    + "idlelib lib2to3 turtledemo tkinter curses readline rlcompleter cgi cgitb wsgiref ssl select "
                    + "bz2 lzma gzip zipfile tarfile wave mailbox netrc py_compile compileall modulefinder turtle atexit faulthandler "
                    + "concurrent interpreters xxsubinterpreters interpchannels testcapi testinternalcapi winapi tty fcntl termios "
                    + "syslog logging.handlers cmd sched pstats symtable gettext tracemalloc nturl2path glob filecmp pyio frozen_importlib "
                    + "frozen_importlib_external sitebuiltins bootsubprocess pyclbr six.moves past.builtins joblib.externals "
                    + "numpy.f2py numpy.distutils numpy.testing numpy.ctypeslib numpy.lib.npyio numpy.lib.format "
                    + "numpy.lib._npyio_impl numpy.lib._format_impl numpy.lib._datasource pandas.io pandas.compat.pickle_compat "
                    + "pandas.core.computation torch.hub torch.package torch.testing torch.multiprocessing torch.utils.cpp_extension "
                    + "torch.utils.model_zoo torch.utils.collect_env torch.utils.bottleneck torch.utils.hipify torch._inductor "
                    + "torch.distributed.run torch.distributed.launch torch.distributed.launcher torch.distributed.elastic "
                    + "torch.distributed.rpc torch.jit._serialization torch.jit.mobile smart_open "
                    + "IPython ipykernel pexpect plumbum sh execnet selenium win32api win32com pythoncom pkg_resources Cython "
                    + "pyximport numexpr jinja2 mako hydra.utils hydra._internal fsspec.core huggingface_hub.file_download apsw pycuda")
            .split(" "));
    private static final Set<String> NAMES = Set.of(("builtins.exec builtins.eval builtins.compile builtins.open "
                    + "builtins.getattr builtins.setattr builtins.delattr builtins.__import__ builtins.globals "
                    + "builtins.locals builtins.vars builtins.dir builtins.input builtins.breakpoint builtins.help "
                    + "builtins.exit builtins.quit builtins.__build_class__ builtins.memoryview builtins.map builtins.filter builtins.apply "
                    + "builtins.execfile builtins.file builtins.reload builtins.super "
                    + "__builtin__.apply __builtin__.execfile __builtin__.file __builtin__.reload __builtin__.input "
                    + "__builtin__.raw_input operator.attrgetter operator.methodcaller operator.itemgetter "
                    + "operator.call _operator.attrgetter _operator.methodcaller _operator.itemgetter "
                    + "functools.reduce functools.partialmethod types.CodeType types.FunctionType types.ModuleType "
                    + "types.MethodType types.LambdaType types.new_class new.code new.function pkgutil.resolve_name "
                    + "logging.FileHandler logging.config.fileConfig logging.config.dictConfig "
                    + "logging.config.listen codecs.open numpy.load numpy.loadtxt numpy.fromfile numpy.save "
                    + "numpy.savetxt numpy.memmap numpy.testing._private.utils.runstring numpy.f2py.crackfortran.myeval "
                    + "numpy.f2py.crackfortran.getlincoef joblib.load pandas.read_pickle pandas.io.pickle.read_pickle "
                    + "pandas.eval torch.load torch.save torch.storage._load_from_bytes torch.serialization.load "
                    + "torch.jit.load torch.hub.load torch.hub.load_state_dict_from_url torch.hub.download_url_to_file "
                    + "torch.utils.cpp_extension.load torch.utils.cpp_extension.load_inline torch.ops.load_library "
                    + "torch.classes.load_library torch.package.PackageImporter torch.utils.collect_env.run "
                    + "torch._dynamo.guards.GuardBuilder.get torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression "
                    + "torch.utils._config_module.ConfigModule.load_config torch.utils.bottleneck.__main__.run_cprofile "
                    + "torch.utils.bottleneck.__main__.run_autograd_prof torch.distributed.rpc.internal._run_function "
                    + "torch.jit.unsupported_tensor_ops.execWrapper torch.fx._symbolic_trace.Tracer torch.fx.graph_module.reduce_graph_module "
                    + "torch.fx.graph_module._forward_from_src torch.fx.graph_module._exec_with_source "
                    + "tensorflow.io.read_file tensorflow.io.write_file tensorflow.keras.models.load_model "
                    + "keras.models.load_model bottle.run sympy.sympify sympy.parsing.sympy_parser.eval_expr "
                    + "yaml.load yaml.unsafe_load yaml.full_load jsonpickle.decode jsonpickle.unpickler.decode "
                    + "transformers.utils.hub.cached_file cloudpickle.cloudpickle._make_function "
                    + "cloudpickle.cloudpickle._builtin_type cloudpickle.cloudpickle._make_skeleton_class "
                    + "copyreg.add_extension copyreg.pickle copyreg.constructor "
                    + "typing.get_type_hints dataclasses.make_dataclass itertools.starmap itertools.accumulate "
                    + "weakref.finalize contextlib.ExitStack contextlib.AsyncExitStack logging.basicConfig tokenize.open "
                    + "pkgutil.get_data pkgutil.get_loader pkgutil.get_importer pkgutil.find_loader ast.parse six.exec_ "
                    + "mimetypes.init xml.etree.ElementTree.parse xml.sax.parse xml.dom.minidom.parse "
                    + "getpass.getpass numpy.genfromtxt numpy.DataSource "
                    + "numpy.core.memmap numpy.core.records.fromfile numpy._core.records.fromfile numpy.fromregex numpy.frompyfunc "
                    + "numpy.apply_along_axis numpy.fromfunction numpy.lib.utils.safe_eval "
                    + "joblib.numpy_pickle.load joblib.numpy_pickle.NumpyUnpickler joblib.dump joblib.numpy_pickle.dump "
                    + "sklearn.externals.joblib.load "
                    + "torch.serialization._load torch.serialization._legacy_load torch.serialization.save "
                    + "torch._utils._import_dotted_name torch.serialization.add_safe_globals torch.import_ir_module torch._C.import_ir_module "
                    + "torch._C.import_ir_module_from_buffer torch._C._load_for_lite_interpreter torch.jit.CompilationUnit "
                    + "torch.jit.compile_unit torch._C.CompilationUnit torch._C.PyTorchFileReader torch._C.PyTorchFileWriter "
                    + "torch.PyTorchFileReader torch.PyTorchFileWriter torch.from_file torch._C._from_file torch.export.load "
                    + "torch.export.save torch.utils._pytree.treespec_loads torch.distributed.init_process_group "
                    + "torch.distributed.TCPStore torch.distributed.FileStore torch._C._distributed_c10d.TCPStore "
                    + "torch._C._distributed_c10d.FileStore torch.distributed.checkpoint.load torch.distributed.checkpoint.save "
                    + "torch.storage.UntypedStorage.from_file torch.UntypedStorage.from_file torch.fx.Tracer "
                    + "torch.fx.graph_module.reduce_package_graph_module torch.fx.graph_module.reduce_deploy_graph_module "
                    + "torch.onnx.export torch.compile pandas.read_csv pandas.read_hdf pandas.read_sql pandas.read_html "
                    + "pandas.read_json pandas.read_excel pandas.read_parquet scipy.io.loadmat scipy.io.savemat nltk.download "
                    + "nltk.data.load spacy.load spacy.cli.download transformers.pipeline psutil.Popen fsspec.open huggingface_hub.hf_hub_download huggingface_hub.snapshot_download keras.saving.load_model "
                    + "keras.utils.get_file "
                    + "keras.src.saving.saving_lib.load_model keras.src.saving.saving_api.load_model "
                    + "tensorflow.python.ops.io_ops.read_file tensorflow.python.ops.io_ops.write_file cupy.RawKernel "
                    + "cupy.RawModule triton.compile django.utils.module_loading.import_string "
                    + "werkzeug.utils.import_string celery.utils.imports.instantiate kombu.serialization.loads "
                    + "pydantic.utils.import_string")
            .split(" "));
    /// Parts of dotted names that lead out of data.
    private static final Set<String> PARTS = Set.of(("eval exec compile open system popen getattr setattr globals "
                    + "locals vars builtins load loads call run Popen import_module _evaluate from_file fromfile tofile dump "
                    + "write_text write_bytes read_text read_bytes unlink rmdir mkdir touch chmod rename symlink_to hardlink_to "
                    + "map_ apply_ _new_shared_filename_cpu _new_using_filename_cpu")
            .split(" "));

    private Names() {}

    private static Set<String> safe() {
        Set<String> safe = new HashSet<>();
        for (String joined : Allowed.all()) {
            int dot = joined.lastIndexOf('.');
            safe.add(joined.substring(0, dot) + "\n" + joined.substring(dot + 1));
        }
        add(
                safe,
                "builtins",
                "set frozenset list dict tuple int float bool complex bytes bytearray str slice range object");
        add(
                safe,
                "__builtin__",
                "set frozenset list dict tuple int long float bool complex bytearray str unicode slice object");
        add(safe, "collections", "OrderedDict Counter defaultdict deque");
        add(safe, "copyreg", "_reconstructor");
        add(safe, "copy_reg", "_reconstructor");
        add(safe, "datetime", "datetime date time timedelta timezone");
        add(safe, "decimal", "Decimal");
        add(safe, "fractions", "Fraction");
        add(safe, "argparse", "Namespace");
        add(safe, "uuid", "UUID SafeUUID");
        add(safe, "io", "BytesIO StringIO");
        add(safe, "_io", "BytesIO StringIO");
        add(safe, "pathlib", "PosixPath PurePosixPath WindowsPath PureWindowsPath Path");
        add(safe, "pathlib._local", "PosixPath PurePosixPath WindowsPath PureWindowsPath Path");
        add(
                safe,
                "numpy",
                "dtype ndarray bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 "
                        + "complex64 complex128 str_ bytes_ longlong ulonglong intc uintc");
        for (String core : new String[] {"numpy.core.multiarray", "numpy._core.multiarray"}) {
            add(safe, core, "_reconstruct scalar");
        }
        for (String core : new String[] {"numpy.core.numeric", "numpy._core.numeric"}) {
            add(safe, core, "_frombuffer");
        }
        for (String type :
                "Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float16 Float32 Float64 Complex64 Complex128 Str Bytes"
                        .split(" ")) {
            add(safe, "numpy.dtypes", type + "DType");
        }
        add(safe, "numpy.ma", "MaskedArray");
        add(safe, "numpy.ma.core", "MaskedArray _mareconstruct");
        add(safe, "numpy.random._pickle", "__generator_ctor __randomstate_ctor __bit_generator_ctor");
        add(safe, "numpy.random.bit_generator", "SeedSequence __pyx_unpickle_SeedSequence");
        for (String generator : "PCG64 MT19937 Philox SFC64".split(" ")) {
            add(safe, "numpy.random._" + generator.toLowerCase(java.util.Locale.ROOT), generator);
        }
        add(safe, "numpy.random._pcg64", "PCG64DXSM");
        add(safe, "joblib.numpy_pickle", "NumpyArrayWrapper");
        add(safe, "torch", "memory_format contiguous_format preserve_format channels_last");
        add(
                safe,
                "torch.distributed.checkpoint.metadata",
                "Metadata TensorStorageMetadata TensorProperties "
                        + "ChunkStorageMetadata BytesStorageMetadata MetadataIndex StorageMeta _MEM_FORMAT_ENCODING");
        add(safe, "torch.distributed.checkpoint.filesystem", "_StorageInfo");
        add(safe, "torch.distributed.device_mesh", "DeviceMesh");
        add(safe, "torch.distributed.tensor", "DTensor");
        add(safe, "torch.distributed.tensor._dtensor_spec", "DTensorSpec ShardOrderEntry TensorMeta");
        add(safe, "torch.distributed.tensor.placement_types", "Partial Replicate Shard _StridedShard");
        add(safe, "torch._dynamo.decorators", "_DimRange");
        add(
                safe,
                "torch.jit._pickle",
                "restore_type_tag build_intlist build_doublelist build_boollist build_tensorlist "
                        + "build_tensor_from_id");
        return Set.copyOf(safe);
    }

    private static void add(Set<String> safe, String module, String names) {
        for (String name : names.split(" ")) {
            safe.add(module + "\n" + name);
        }
    }

    /// The grade of a name as the file spells it, and as Python 3 maps it: the worse one.
    static Grade of(String module, String name) {
        PythonTwo.Name mapped = PythonTwo.map(module, name);
        Grade plain = grade(module, name);
        Grade other = mapped.module().equals(module) && mapped.name().equals(name)
                ? plain
                : grade(mapped.module(), mapped.name());
        // A name that only exists for Python 2 is as good as what it is mapped to.
        if (plain == Grade.UNKNOWN && other == Grade.SAFE) {
            return Grade.SAFE;
        }
        return plain.compareTo(other) >= 0 ? plain : other;
    }

    private static Grade grade(String module, String name) {
        if (SAFE.contains(module + "\n" + name)) {
            return Grade.SAFE;
        }
        String joined = module + "." + name;
        if (isSinkModule(stripped(module)) || NAMES.contains(joined) || NAMES.contains(stripped(joined))) {
            return Grade.DANGEROUS;
        }
        return name.equals("__builtins__") || (name.contains(".") && leadsOut(name)) ? Grade.DANGEROUS : Grade.UNKNOWN;
    }

    /// A submodule of a listed module counts as listed.
    private static boolean isSinkModule(String module) {
        for (int dot = module.length(); dot > 0; dot = module.lastIndexOf('.', dot - 1)) {
            if (MODULES.contains(module.substring(0, dot))) {
                return true;
            }
        }
        return false;
    }

    private static String stripped(String name) {
        int from = 0;
        while (from < name.length() && name.charAt(from) == '_') {
            from++;
        }
        return name.startsWith("__") ? name : name.substring(from);
    }

    /// Whether a part of a dotted name is a module to fear or an attribute of the interpreter.
    private static boolean leadsOut(String name) {
        for (String part : name.split("\\.", -1)) {
            if (MODULES.contains(stripped(part)) || PARTS.contains(part) || part.startsWith("__")) {
                return true;
            }
        }
        return false;
    }

    /// Whether torch.jit gives the name its meaning, without importing anything.
    static boolean isScript(String module) {
        return module.equals("__torch__") || module.startsWith("__torch__.");
    }
}
