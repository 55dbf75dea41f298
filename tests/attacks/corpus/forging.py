"""Forging inside the kernel: wrong answers that want to be called right, and are not even at an ordinary test.

What a forger gains there as in nbgrader, by an object that equals everything or a patched library, is no case here. At
the test of a suite it gains nothing: `tests/grader/grading/test_worker.py`.
"""

from tests.attacks.case import answer, case, extra, of_kind, wrong

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

AFTER_MEAN = "scale words rows primes fib"
NO_CHECK = {"checks.py": "def share(function, cases, points):\n    return points\n"}

# A table: one case, one entry.
# fmt: off
CASES = of_kind("forging", [
    case("pickle_that_acts", answer(mean="""
class Acts:
    def __reduce__(self): return open, ("@OUTSIDE@/@MARK@", "w")
def mean(values): return Acts()
"""), lost="mean"),
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
    case("do_execute_replaced", wrong("mean", "zero", after="""
async def _nothing(*a, **k):
    return {"status": "ok", "execution_count": 0, "user_expressions": {}, "payload": []}
if hasattr(get_ipython(), "kernel"):
    get_ipython().kernel.do_execute = _nothing
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
    case("history_of_outputs", wrong("words", "none", after="""
get_ipython().user_ns["_oh"] = {n: 3 for n in range(99)}
"""), lost="words"),
    case("helper_handed_in", wrong("primes", "none"), files=NO_CHECK, part={"primes": 1}),
    case("module_that_shadows_numpy", wrong("scale", "shifted"), files={"numpy.py": FAKE_NUMPY}, lost="scale"),
    case("known_visible_cases", wrong("mean", "known"), lost="mean"),
    case("channel_written_to", extra("""
import os
for number in range(3, 64):
    try: os.set_blocking(number, False); os.write(number, b"\\x00\\x00\\x00\\x02[]" * 20)
    except OSError: pass
""", before="fib"), wrong("mean", "zero"), lost="mean", either=AFTER_MEAN),
])
