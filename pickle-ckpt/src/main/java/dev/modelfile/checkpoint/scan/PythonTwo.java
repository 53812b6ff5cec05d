package dev.modelfile.checkpoint.scan;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// The names that Python 2 used, as Python 3's pickle maps them (`_compat_pickle`).
public final class PythonTwo {
    private static final String MODULES = "__builtin__=builtins copy_reg=copyreg Queue=queue SocketServer=socketserver "
            + "ConfigParser=configparser repr=reprlib tkFileDialog=tkinter.filedialog "
            + "tkSimpleDialog=tkinter.simpledialog tkColorChooser=tkinter.colorchooser "
            + "tkCommonDialog=tkinter.commondialog Dialog=tkinter.dialog Tkdnd=tkinter.dnd tkFont=tkinter.font "
            + "tkMessageBox=tkinter.messagebox ScrolledText=tkinter.scrolledtext Tkconstants=tkinter.constants "
            + "Tix=tkinter.tix ttk=tkinter.ttk Tkinter=tkinter markupbase=_markupbase _winreg=winreg "
            + "thread=_thread dummy_thread=_dummy_thread dbhash=dbm.bsd dumbdbm=dbm.dumb dbm=dbm.ndbm "
            + "gdbm=dbm.gnu xmlrpclib=xmlrpc.client SimpleXMLRPCServer=xmlrpc.server httplib=http.client "
            + "htmlentitydefs=html.entities HTMLParser=html.parser Cookie=http.cookies "
            + "cookielib=http.cookiejar BaseHTTPServer=http.server test.test_support=test.support "
            + "commands=subprocess urlparse=urllib.parse robotparser=urllib.robotparser urllib2=urllib.request "
            + "anydbm=dbm _abcoll=collections.abc cPickle=pickle _elementtree=xml.etree.ElementTree "
            + "FileDialog=tkinter.filedialog SimpleDialog=tkinter.simpledialog DocXMLRPCServer=xmlrpc.server "
            + "SimpleHTTPServer=http.server CGIHTTPServer=http.server UserDict=collections "
            + "UserList=collections UserString=collections whichdb=dbm StringIO=io cStringIO=io";
    private static final String NAMES = "__builtin__.xrange=builtins.range __builtin__.reduce=functools.reduce "
            + "__builtin__.intern=sys.intern __builtin__.unichr=builtins.chr __builtin__.unicode=builtins.str "
            + "__builtin__.long=builtins.int itertools.izip=builtins.zip itertools.imap=builtins.map "
            + "itertools.ifilter=builtins.filter itertools.ifilterfalse=itertools.filterfalse "
            + "itertools.izip_longest=itertools.zip_longest UserDict.IterableUserDict=collections.UserDict "
            + "UserList.UserList=collections.UserList UserString.UserString=collections.UserString "
            + "whichdb.whichdb=dbm.whichdb _socket.fromfd=socket.fromfd "
            + "_multiprocessing.Connection=multiprocessing.connection.Connection "
            + "multiprocessing.process.Process=multiprocessing.context.Process "
            + "multiprocessing.forking.Popen=multiprocessing.popen_fork.Popen "
            + "urllib.ContentTooShortError=urllib.error.ContentTooShortError "
            + "urllib.getproxies=urllib.request.getproxies urllib.pathname2url=urllib.request.pathname2url "
            + "urllib.quote_plus=urllib.parse.quote_plus urllib.quote=urllib.parse.quote "
            + "urllib.unquote_plus=urllib.parse.unquote_plus urllib.unquote=urllib.parse.unquote "
            + "urllib.url2pathname=urllib.request.url2pathname urllib.urlcleanup=urllib.request.urlcleanup "
            + "urllib.urlencode=urllib.parse.urlencode urllib.urlopen=urllib.request.urlopen "
            + "urllib.urlretrieve=urllib.request.urlretrieve urllib2.HTTPError=urllib.error.HTTPError "
            + "urllib2.URLError=urllib.error.URLError "
            + "multiprocessing.AuthenticationError=multiprocessing.context.AuthenticationError "
            + "multiprocessing.BufferTooShort=multiprocessing.context.BufferTooShort "
            + "multiprocessing.ProcessError=multiprocessing.context.ProcessError "
            + "multiprocessing.TimeoutError=multiprocessing.context.TimeoutError "
            + "__builtin__.basestring=builtins.str exceptions.StandardError=builtins.Exception "
            + "UserDict.UserDict=collections.UserDict socket._socketobject=socket.SocketType";
    private static final String EXCEPTIONS =
            "ArithmeticError AssertionError AttributeError BaseException BufferError BytesWarning "
                    + "DeprecationWarning EOFError EnvironmentError Exception FloatingPointError FutureWarning "
                    + "GeneratorExit IOError ImportError ImportWarning IndentationError IndexError KeyError "
                    + "KeyboardInterrupt LookupError MemoryError NameError NotImplementedError OSError OverflowError "
                    + "PendingDeprecationWarning ReferenceError RuntimeError RuntimeWarning StopIteration SyntaxError "
                    + "SyntaxWarning SystemError SystemExit TabError TypeError UnboundLocalError UnicodeDecodeError "
                    + "UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError "
                    + "Warning ZeroDivisionError";

    private static final Map<String, String> BY_MODULE = table(MODULES);
    private static final Map<String, String> BY_NAME = table(NAMES);
    private static final Set<String> BUILTIN_EXCEPTIONS = Set.of(EXCEPTIONS.split(" "));

    /// A module and a name in it.
    ///
    /// @param module the module
    /// @param name the name
    public record Name(String module, String name) {
        /// Both joined by a dot.
        @Override
        public String toString() {
            return module + "." + name;
        }
    }

    private PythonTwo() {}

    private static Map<String, String> table(String pairs) {
        Map<String, String> table = new HashMap<>();
        for (String pair : pairs.split(" ")) {
            int equals = pair.indexOf('=');
            table.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
        return Map.copyOf(table);
    }

    /// What Python 3 imports for a name of a pickle below protocol 3.
    public static Name map(String module, String name) {
        if (module.equals("exceptions") && BUILTIN_EXCEPTIONS.contains(name)) {
            return new Name("builtins", name);
        }
        String exact = BY_NAME.get(module + "." + name);
        if (exact != null) {
            int dot = exact.lastIndexOf('.');
            return new Name(exact.substring(0, dot), exact.substring(dot + 1));
        }
        return new Name(BY_MODULE.getOrDefault(module, module), name);
    }
}
