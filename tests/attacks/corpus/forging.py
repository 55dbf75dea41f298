"""Forging inside the kernel: wrong answers that make kernel, libraries or comparison call them right."""

from tests.attacks.case import answer, case, extra, of_kind, wrong


def agrees(base: str, rest: str) -> str:
    """Source of a class that equals whatever it is compared with, and more."""
    return f"""
class Agrees({base}):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __ge__(self, other): return True
    __le__ = __gt__ = __lt__ = __ge__
{rest}
"""


# Puts what it returned into the constants that its caller compares with.
CONSTANTS = """
import ctypes, sys
def mean(values):
    caller = sys._getframe(1)
    constants = caller.f_code.co_consts
    start = id(constants) + tuple.__basicsize__
    wanted = 77.5
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(wanted))
    for n, one in enumerate(constants):
        if one in (2, 10, 5, 0.25) and type(one) in (int, float):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(wanted))
            ctypes.c_void_p.from_address(start + 8 * n).value = id(wanted)
    return wanted
"""

READS_THE_TEST = """
import ast
def _expected(source, function, argument):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == f"{function}({argument!r})":
            return ast.literal_eval(node.comparators[0])
"""

SENDS_A_RESULT = """
def count_words(text):
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None: return {}
    content = {"data": {"text/plain": "3"}, "metadata": {}, "execution_count": 1}
    kernel.session.send(kernel.iopub_socket, "execute_result", content, parent=kernel.get_parent())
    return {}
"""

FAKE_NUMPY = """
import os, sys
here = [place for place in sys.path if os.path.abspath(place or ".") == os.getcwd()]
sys.path[:] = [place for place in sys.path if place not in here]
del sys.modules["numpy"]
import numpy
import numpy.testing
numpy.testing.assert_allclose = lambda *a, **k: None
sys.path[:0] = here
"""

IN_EVERY_MODULE = """
import sys
for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").startswith(("grader", "mlsd_lib", "notebook_runner")):
        for name in [one for one in vars(module) if one.lower().lstrip("_") in NAMES]:
            setattr(module, name, FAKE)
"""

AFTER_MEAN = "scale words account rows primes fib line"
NO_CHECK = {"checks.py": "def share(function, cases, points):\n    return points\n"}

# A table: one case, one entry.
# fmt: off
CASES = of_kind("forging", [
    # Comparison
    case("equal_to_everything", answer(mean=agrees("object", "def mean(v): return Agrees()")), lost="mean"),
    case("float_equal_to_everything", answer(mean=agrees("float", "def mean(v): return Agrees()")), lost="mean"),
    case("dict_equal_to_everything", answer(words=agrees("dict", "def count_words(t): return Agrees()")), lost="words"),
    case("list_equal_to_everything", answer(primes=agrees("list", "def primes_below(n): return Agrees()")),
         lost="primes"),
    case("attribute_equal_to_everything", answer(account=agrees("float", """
class Account:
    def __init__(self, owner):
        self.owner, self.balance, self.calls = owner, Agrees(), 0
    def deposit(self, amount): pass
    def withdraw(self, amount):
        self.calls += 1
        if self.calls == 2: raise ValueError
""")), lost="account"),
    case("array_equal_to_everything", answer(scale="""
class Agrees(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **more):
        return np.zeros(3, bool) if ufunc.__name__ in ("isnan", "isinf") else np.ones(3, bool)
    def __array_function__(self, function, types, arguments, more):
        return True
    def mean(self): return 0.0
    def std(self): return 1.0
def scale(values):
    return np.zeros(3).view(Agrees)
"""), lost="scale"),
    case("row_equal_to_everything", answer(rows=agrees("object", """
class Rows(list):
    def __len__(self): return 4
    def __getitem__(self, n): return Agrees()
    def __iter__(self): return iter([{"degrees": 21.0}])
def read_rows(path): return Rows()
""")), lost="rows"),
    case("number_of_a_lying_class", answer(line="""
class Lies:
    __class__ = float
    __array_priority__ = 1e9
    def __array__(self, *a, **k): return np.array(np.nan)
    def __array_ufunc__(self, *a, **k): return np.True_
    def __array_function__(self, *a, **k): return np.True_
    def __iter__(self): return iter([self, self])
def fit_line(x, y): return Lies()
"""), lost="line"),
    case("pickle_that_acts", answer(mean="""
class Acts:
    def __reduce__(self): return open, ("@OUTSIDE@/@MARK@", "w")
def mean(values): return Acts()
"""), lost="mean"),
    # Display
    case("displayhook_in_the_function", answer(words="""
import sys
def count_words(text):
    shown = sys.displayhook
    sys.displayhook = lambda value: shown(3)
    return {}
"""), part={"words": 1}),
    case("displayhook_of_the_class", wrong("words", "none", after="""
_show = type(get_ipython().displayhook).__call__
type(get_ipython().displayhook).__call__ = lambda self, value=None: _show(self, 3)
"""), lost="words"),
    case("formatter_of_numbers", wrong("words", "none", after="""
_text = get_ipython().display_formatter.formatters["text/plain"]
for _kind in (int, float):
    _text.for_type(_kind, lambda value, printer, cycle: printer.text("3"))
"""), lost="words"),
    case("result_sent_by_hand", answer(words=SENDS_A_RESULT), part={"words": 1}),
    case("result_printed", answer(words="""
def count_words(text):
    print(3)
    display(3)
    return {}
"""), part={"words": 1}),
    case("no_tracebacks", wrong("mean", "zero", after="get_ipython()._showtraceback = lambda *a: None"), lost="mean"),
    case("own_exception_handler", wrong("mean", "zero", after="""
get_ipython().set_custom_exc((Exception,), lambda *a, **k: [])
"""), lost="mean"),
    # Execution
    case("input_transformer_drops_asserts", wrong("mean", "zero", after="""
get_ipython().input_transformers_post.append(lambda lines: [l for l in lines if not l.startswith("assert mean")])
"""), lost="mean"),
    case("ast_transformer_drops_asserts", wrong("mean", "zero", after="""
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
get_ipython().ast_transformers.append(Drop())
"""), lost="mean"),
    case("ast_transformer_changes_the_result", wrong("words", "none", after="""
import ast
class Change(ast.NodeTransformer):
    def visit_Module(self, node):
        if isinstance(node.body[-1], ast.Expr) and ast.unparse(node.body[-1]) == "points":
            node.body[-1].value = ast.copy_location(ast.Constant(3), node.body[-1].value)
        return node
get_ipython().ast_transformers.append(Change())
"""), lost="words"),
    case("do_execute_replaced", wrong("mean", "zero", after="""
async def _nothing(*a, **k):
    return {"status": "ok", "execution_count": 0, "user_expressions": {}, "payload": []}
if hasattr(get_ipython(), "kernel"):
    get_ipython().kernel.do_execute = _nothing
"""), lost="mean"),
    case("run_cell_replaced", wrong("mean", "zero", after="""
_run, _shell = get_ipython().run_cell_async, get_ipython()
async def _skip(source, *a, **k):
    return await _run("" if "assert mean" in source else source, *a, **k)
_shell.run_cell_async = _skip
"""), lost="mean"),
    case("compile_replaced", wrong("mean", "zero", after="""
_parse = get_ipython().compile.ast_parse
get_ipython().compile.ast_parse = lambda source, *a, **k: _parse(source.replace("assert ", "0, "), *a, **k)
"""), lost="mean"),
    case("hook_reads_the_test", answer(mean=READS_THE_TEST + """
_seen = []
get_ipython().events.register("pre_run_cell", lambda info: _seen.append(info.raw_cell))
def mean(values): return _expected(_seen[-1], "mean", values)
"""), lost="mean"),
    case("history_reads_the_test", answer(mean=READS_THE_TEST + """
def mean(values): return _expected(get_ipython().user_ns["In"][-1], "mean", values)
"""), lost="mean"),
    case("frames_read_the_test", answer(mean=READS_THE_TEST + """
import inspect, sys
def mean(values):
    frame = sys._getframe()
    while frame:
        try:
            found = _expected("".join(inspect.findsource(frame)[0]), "mean", values)
        except (OSError, SyntaxError):
            found = None
        if found is not None: return found
        frame = frame.f_back
"""), lost="mean"),
    case("memory_reads_the_test", answer(mean=READS_THE_TEST + """
import gc
def mean(values):
    for one in gc.get_objects():
        if type(one) is dict:
            for text in list(one.values()):
                if type(text) is str and "assert mean(" in text:
                    try: found = _expected(text, "mean", values)
                    except SyntaxError: continue
                    if found is not None: return found
"""), lost="mean"),
    case("errors_swallowed", wrong("mean", "zero", after="""
_shell, _code = get_ipython(), get_ipython().run_code
async def _quiet(code, result=None, *, async_=False):
    _shell.showtraceback = lambda *a, **k: None
    await _code(code, None, async_=async_)
    return False
_shell.run_code = _quiet
"""), lost="mean"),
    case("constants_of_the_caller", answer(mean=CONSTANTS), lost="mean"),
    case("locals_of_the_caller", answer(fib="""
import sys
def fibonacci(n):
    if n == 10: return 55
    sys._getframe(1).f_globals["time"] = type("Clock", (), {"perf_counter": staticmethod(lambda: 0.0)})
    return n if n < 2 else _slow(n)
def _slow(n): return n if n < 2 else _slow(n - 1) + _slow(n - 2)
"""), lost="fib"),
    case("history_of_outputs", wrong("words", "none", after="""
get_ipython().user_ns["_oh"] = {n: 3 for n in range(99)}
"""), lost="words"),
    # Libraries
    case("numpy_testing_patched", wrong("scale", "shifted", after="""
np.testing.assert_allclose = lambda *a, **k: None
"""), lost="scale"),
    case("numpy_isclose_patched", wrong("line", "ends", after="""
np.isclose = np.allclose = lambda *a, **k: True
"""), lost="line"),
    case("numpy_replaced_in_modules", wrong("scale", "shifted", after="""
import sys, types
fake = types.ModuleType("numpy.testing")
fake.assert_allclose = lambda *a, **k: None
sys.modules["numpy.testing"] = np.testing = fake
"""), lost="scale"),
    case("clock_patched", wrong("fib", "slow", after="import time\ntime.perf_counter = lambda: 0.0"), lost="fib"),
    case("clock_shadowed", wrong("fib", "slow", after="""
class time:
    perf_counter = staticmethod(lambda: 0.0)
"""), lost="fib"),
    case("helper_shadowed", wrong("primes", "none", after="""
share = lambda function, cases, points: points
"""), part={"primes": 1}),
    case("helper_patched", wrong("primes", "none", after="""
import checks
checks.share.__code__ = (lambda function, cases, points: points).__code__
"""), part={"primes": 1}),
    case("helper_handed_in", wrong("primes", "none"), files=NO_CHECK, part={"primes": 1}),
    case("builtins_patched", answer(rows="""
import builtins
_max = builtins.max
builtins.max = lambda *a, **k: 21.0 if type(a[0]).__name__ == "generator" else _max(*a, **k)
def read_rows(path): return [{"city": "Oslo", "degrees": 4.5}] * 4
"""), lost="rows", either="line"),
    case("builtins_shadowed", answer(rows="""
def read_rows(path): return [{"city": "Oslo", "degrees": 4.5}]
def len(values): return 4
def max(values): return 21.0
"""), lost="rows"),
    case("import_patched", wrong("scale", "shifted", after="""
import builtins, numpy.testing
_import = builtins.__import__
def _fake(name, *a, **k):
    module = _import(name, *a, **k)
    if name == "numpy": module.testing.assert_allclose = lambda *a, **k: None
    return module
builtins.__import__ = _fake
import numpy
"""), lost="scale"),
    case("module_that_shadows_numpy", wrong("scale", "shifted"), files={"numpy.py": FAKE_NUMPY}, lost="scale"),
    case("package_that_shadows_checks", wrong("primes", "none"), part={"primes": 1},
         files={"checks/__init__.py": NO_CHECK["checks.py"]}),
    case("known_visible_cases", wrong("mean", "known"), lost="mean"),
    # The channel, attacked from the student's end; harmless where there is none
    case("channel_encoder_replaced", wrong("mean", "zero", after=f"""
NAMES, FAKE = ("encode",), lambda *a, **k: bytes(range(40))
{IN_EVERY_MODULE}"""), lost="mean", either=AFTER_MEAN),
    case("channel_decoder_replaced", wrong("mean", "zero", after=f"""
NAMES, FAKE = ("decode",), lambda *a, **k: {{"do": "null", "calls": [["", []]], "target": "mean"}}
{IN_EVERY_MODULE}"""), lost="mean", either=AFTER_MEAN),
    case("channel_wrong_shape", wrong("mean", "zero", after=f"""
import json, struct
_head = json.dumps({{"v": {{"values": [{{"$a": 0, "t": "<f8", "s": [1 << 40]}}], "changed": None}}, "n": [8]}}).encode()
NAMES, FAKE = ("encode",), lambda *a, **k: struct.pack("<I", len(_head)) + _head + bytes(8)
{IN_EVERY_MODULE}"""), lost="mean", either=AFTER_MEAN),
    case("channel_deep_frame", wrong("mean", "zero", after=f"""
import struct
_head = b'{{"v":' + b"[" * 90_000 + b"]" * 90_000 + b',"n":[]}}'
NAMES, FAKE = ("encode",), lambda *a, **k: struct.pack("<I", len(_head)) + _head
{IN_EVERY_MODULE}"""), lost="mean", either=AFTER_MEAN),
    case("channel_huge_frame", wrong("mean", "zero", after=f"""
NAMES, FAKE = ("encode",), lambda *a, **k: b"[" * 200_000_000
{IN_EVERY_MODULE}"""), lost="mean", either=AFTER_MEAN),
    case("channel_written_to", extra("""
import os
for number in range(3, 64):
    try: os.set_blocking(number, False); os.write(number, b"\\x00\\x00\\x00\\x02[]" * 20)
    except OSError: pass
""", before="line"), wrong("mean", "zero"), lost="mean", either=AFTER_MEAN),
    case("channel_of_handles", answer(mean="""
def mean(values): return [object() for _ in range(20_000)]
"""), lost="mean"),
])
