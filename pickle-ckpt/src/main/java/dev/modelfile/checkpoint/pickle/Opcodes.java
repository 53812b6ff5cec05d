package dev.modelfile.checkpoint.pickle;

/// The 68 opcodes of pickle protocols 0 to 5, as Python's `pickletools` names them.
public final class Opcodes {
    static final int MARK = '(', STOP = '.', POP = '0', POP_MARK = '1', DUP = '2';
    static final int FLOAT = 'F', INT = 'I', LONG = 'L', NONE = 'N', PERSID = 'P', STRING = 'S', UNICODE = 'V';
    static final int BININT = 'J', BININT1 = 'K', BININT2 = 'M', BINFLOAT = 'G', BINPERSID = 'Q';
    static final int REDUCE = 'R', BUILD = 'b', GLOBAL = 'c', INST = 'i', OBJ = 'o';
    static final int BINSTRING = 'T', SHORT_BINSTRING = 'U', BINUNICODE = 'X', BINBYTES = 'B', SHORT_BINBYTES = 'C';
    static final int APPEND = 'a', APPENDS = 'e', SETITEM = 's', SETITEMS = 'u';
    static final int DICT = 'd', EMPTY_DICT = '}', LIST = 'l', EMPTY_LIST = ']', TUPLE = 't', EMPTY_TUPLE = ')';
    static final int GET = 'g', BINGET = 'h', LONG_BINGET = 'j', PUT = 'p', BINPUT = 'q', LONG_BINPUT = 'r';
    static final int PROTO = 0x80, NEWOBJ = 0x81, EXT1 = 0x82, EXT2 = 0x83, EXT4 = 0x84;
    static final int TUPLE1 = 0x85, TUPLE2 = 0x86, TUPLE3 = 0x87, NEWTRUE = 0x88, NEWFALSE = 0x89;
    static final int LONG1 = 0x8a, LONG4 = 0x8b, SHORT_BINUNICODE = 0x8c, BINUNICODE8 = 0x8d, BINBYTES8 = 0x8e;
    static final int EMPTY_SET = 0x8f, ADDITEMS = 0x90, FROZENSET = 0x91, NEWOBJ_EX = 0x92, STACK_GLOBAL = 0x93;
    static final int MEMOIZE = 0x94, FRAME = 0x95, BYTEARRAY8 = 0x96, NEXT_BUFFER = 0x97, READONLY_BUFFER = 0x98;

    private static final String TEXT = "(MARK .STOP 0POP 1POP_MARK 2DUP FFLOAT IINT LLONG NNONE PPERSID SSTRING "
            + "VUNICODE JBININT KBININT1 MBININT2 GBINFLOAT QBINPERSID RREDUCE bBUILD cGLOBAL iINST oOBJ TBINSTRING "
            + "USHORT_BINSTRING XBINUNICODE BBINBYTES CSHORT_BINBYTES aAPPEND eAPPENDS sSETITEM uSETITEMS dDICT "
            + "}EMPTY_DICT lLIST ]EMPTY_LIST tTUPLE )EMPTY_TUPLE gGET hBINGET jLONG_BINGET pPUT qBINPUT rLONG_BINPUT";
    private static final String[] HIGH = {
        "PROTO",
        "NEWOBJ",
        "EXT1",
        "EXT2",
        "EXT4",
        "TUPLE1",
        "TUPLE2",
        "TUPLE3",
        "NEWTRUE",
        "NEWFALSE",
        "LONG1",
        "LONG4",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
        "BINBYTES8",
        "EMPTY_SET",
        "ADDITEMS",
        "FROZENSET",
        "NEWOBJ_EX",
        "STACK_GLOBAL",
        "MEMOIZE",
        "FRAME",
        "BYTEARRAY8",
        "NEXT_BUFFER",
        "READONLY_BUFFER"
    };

    private Opcodes() {}

    /// The name of an opcode, or its number if there is no such opcode.
    public static String name(int opcode) {
        if (opcode >= PROTO && opcode <= READONLY_BUFFER) {
            return HIGH[opcode - PROTO];
        }
        for (String entry : TEXT.split(" ")) {
            if (entry.charAt(0) == opcode) {
                return entry.substring(1);
            }
        }
        return "opcode 0x" + Integer.toHexString(opcode);
    }

    /// Whether `torch.load(weights_only=True)` of PyTorch 2.13 runs an opcode.
    public static boolean inWeightsOnly(int opcode) {
        return "(.NabctRsuGJKMQX})]ehjqrU".indexOf(opcode) >= 0
                || opcode == PROTO
                || opcode == NEWOBJ
                || (opcode >= TUPLE1 && opcode <= LONG1);
    }
}
