"""Student code that tries to be right without being right, or to reach the checker, through what a test cell does."""

import pytest

from grader.sandbox import make_sandbox
from grader.suite_kit.codec import encode
from tests.grader.grading.patience_limits import PATIENCE_S, PATIENT, SERVER, Beside

LIAR = """
class Liar(BASE):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __hash__(self): return hash(5)
    def __len__(self): return 5
    def __iter__(self): return iter([4])
    def __float__(self): return 5.0
    def __index__(self): return 5
    def __sub__(self, other): return 0
    def __rsub__(self, other): return 0
    def __abs__(self): return 0
    def __round__(self, n=0): return 5
    def __contains__(self, item): return True
    __array_priority__ = 1e9
    def __array__(self, *a, **k):
        import numpy
        return numpy.array(5.0)
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __array_interface__ = {"shape": (1,), "typestr": "<f8", "data": (4096, True), "version": 3}
def answer(): return Liar()
"""
WAYS = {
    "equal": "assert answer() == 5",
    "not unequal": "assert not answer() != 5",
    "reversed": "assert 5 == answer()",
    "in a list": "assert [answer()] == [5]",
    "in a dictionary": "assert {'a': answer()} == {'a': 5}",
    "member": "assert answer() in (5, 6)",
    "holds": "assert 5 in answer()",
    "key": "assert {5: True}[answer()]",
    "truth": "assert answer()",
    "not": "if not answer(): raise AssertionError",
    "order": "assert 4 < answer() < 6",
    "difference": "assert abs(answer() - 5) < 1e-9",
    "difference reversed": "assert abs(5 - answer()) < 1e-9",
    "close": "import math\nassert math.isclose(answer(), 5)",
    "float": "assert float(answer()) == 5",
    "int": "assert int(answer()) == 5",
    "rounded": "assert round(answer(), 2) == 5",
    "numpy close": "assert np.isclose(answer(), 5)",
    "numpy assert": "np.testing.assert_allclose(answer(), 5)",
    "numpy equal": "assert np.array_equal(answer(), 5)",
    "unittest": "import unittest\nunittest.TestCase().assertEqual(answer(), 5)",
    "approx": "import pytest\nassert answer() == pytest.approx(5)",
    "called equal": "assert answer().__eq__(5)",
    "last value": "answer()",
    "sum": "assert sum([answer(), 0]) == 5",
}


@pytest.fixture(scope="module")
def beside():
    with make_sandbox(["numpy"], limits=PATIENT, server=SERVER) as sandbox:
        yield Beside(sandbox)


@pytest.mark.parametrize("base", ["object", "float", "list"])
@pytest.mark.parametrize("way", WAYS)
def test_an_object_that_agrees_with_everything_earns_nothing(beside, way, base):
    outcome = beside.judge(LIAR.replace("BASE", base), WAYS[way], setup="import numpy as np")
    assert outcome.points == 0
    assert outcome.verdict in ("fail", "error")


def test_the_students_side_is_not_told_what_was_expected(beside):
    student = (
        LIAR.replace("BASE", "object")
        + """
heard = []
def note(self, other): heard.append(other); return True
Liar.__eq__ = Liar.__ne__ = Liar.__lt__ = Liar.__gt__ = Liar.__contains__ = note
"""
    )
    cell = "\n".join(
        f"try: {way}\nexcept Exception: pass"
        for way in ("answer() == 77", "77 in answer()", "answer() < 77", "{answer(): 77}[77]")
    )
    assert beside.passes(student, f"{cell}\nassert heard == []")


EXPECTING = {
    "try": "try: answer(None) == 3\nexcept TypeError: pass\nelse: raise AssertionError('no error')",
    "pytest": "import pytest\nwith pytest.raises(TypeError): answer(None) == 3",
    "unittest": "import unittest\nwith unittest.TestCase().assertRaises(TypeError): answer(None) < 3",
}


@pytest.mark.parametrize("name", EXPECTING)
def test_a_refused_comparison_is_not_the_error_that_a_test_expects(beside, name):
    student = LIAR.replace("BASE", "object").replace("def answer()", "def answer(x)")
    outcome = beside.judge(student, EXPECTING[name], allowed=[])
    assert (outcome.points, outcome.kind) == (0, "TypeError")
    assert beside.judge("def answer(x): return x + 1", EXPECTING[name], allowed=[]).points == 1


AGREEABLE = """
class Agreeable:
    def equals(self, other): return True
    def nearly(self): return True
    def __sub__(self, other): return self
    def __mul__(self, other): return self
    def max(self): return 0.0
def answer(): return Agreeable()
def same(value): return value
"""


def test_an_object_is_given_data_only_where_the_instructors_own_answer_is(beside):
    equals, difference = "assert answer().equals([1])", "assert (answer() - 5).max() == 0"
    for cell in (equals, difference, "assert (answer() * 5).max() == 0"):
        refused = beside.judge(AGREEABLE, cell, allowed=["add"])
        assert (refused.points, refused.verdict) == (0, "fail")
        assert "a plain value was expected" in refused.message
    given = beside.judge(AGREEABLE, equals, allowed=["equals"])
    assert (given.points, given.operations_used) == (1, ["equals"])
    assert beside.judge(AGREEABLE, "answer().nearly()\nassert same(answer()).max() == 0", allowed=[]).points == 1
    assert beside.judge(AGREEABLE, difference).operations_used == ["__sub__"]


# The student's side itself, changed so that it gives back what it is told: it may be told what a list is given.
ECHO = """
import numbers
import grader.grading.sealed.object_server as server
server.ObjectServer.do_base = lambda self, target, name, given, named: given[-1]
server.ObjectServer.do_judge = lambda self, target, how, others: True
server.ObjectServer.do_special = lambda self, target, name, given: given[-1] if given else 5
class Mine(list): pass
class Table(dict): pass
class Number(numbers.Number):
    def __float__(self): return 4.0
    def __eq__(self, other): return True
    __hash__ = None
class Any: pass
def answer(): return Mine([1])
def number(): return Number()
def some(): return Any()
def table(): return Table(a=1)
"""
ECHOED = {
    "removed by its place": "got = answer()\ngot.extend([9, 9])\nassert got.pop(5) == 5",
    "added in place": "got = answer()\ngot += [2]\nassert got == [2]",
    "default": "assert table().setdefault('a', 7) == 7",
    "number": "assert number() == 5",
    "number reversed": "assert 5 == number()",
    "difference of a number": "assert abs(number() - 5) < 1e-9",
    "equal": "assert some() == some()",
    "order": "assert some() < some()",
    "truth": "assert some()",
    "float": "assert float(some()) == 5",
    "member of itself": "assert 5 in some()",
}


@pytest.mark.parametrize("name", ECHOED)
def test_a_student_side_that_repeats_what_it_is_told_earns_nothing(beside, name):
    outcome = beside.judge(ECHO, ECHOED[name], allowed=[])
    assert (outcome.points, outcome.verdict) == (0, "fail"), outcome.message


def test_a_number_of_ones_own_class_is_what_it_said_before_it_could_know(beside):
    assert beside.judge(ECHO, "assert number() == 4 and number() + 1 == 5", allowed=[]).points == 1


STEERING = {
    "end of an iteration": ("def answer(x): raise StopIteration", "list(map(answer, [1, 2]))"),
    "end of a loop": ("def answer(x): raise StopIteration", "for got in map(answer, [1]): assert got == 1"),
    "skipped test": (
        "import unittest\ndef answer(x): raise unittest.SkipTest",
        "import unittest, io\nclass Test(unittest.TestCase):\n    def test(self): self.assertEqual(answer(1), 1)\n"
        "assert unittest.TextTestRunner(stream=io.StringIO()).run(Test('test')).wasSuccessful()",
    ),
    "nothing to compare": (
        "import numpy as np\ndef answer(x): return np.ma.masked_all(2)",
        "import numpy as np\nnp.testing.assert_allclose(answer(1), [1, 9])",
    ),
}


@pytest.mark.parametrize("name", STEERING)
def test_an_answer_cannot_end_the_loop_the_test_or_the_comparison_it_is_used_in(beside, name):
    student, cell = STEERING[name]
    assert beside.judge(student, cell, allowed=[]).points == 0


def test_the_score_of_an_estimator_is_worked_out_from_its_predictions(beside):
    student = """
import sklearn.base, numpy as np
class Mean(sklearn.base.RegressorMixin, sklearn.base.BaseEstimator):
    def fit(self, x, y): self.mean_ = np.mean(y); return self
    def predict(self, x): return np.full(len(x), self.mean_)
    def score(self, x, y): return 1.0
"""
    cell = "import numpy as np\nx, y = np.ones((4, 1)), np.arange(4.0)\nassert abs(Mean().fit(x, y).score(x, y)) < 1e-9"
    assert beside.passes(student, cell)


SHADOWS = """
def isinstance(*a): return True
def all(*a): return True
def abs(*a): return 0
def len(*a): return 3
class AssertionError(Exception): pass
expected = wrong = 4
__builtins__ = {}
def answer(): return 4
"""


def test_names_of_the_students_do_not_replace_those_of_python_or_of_trusted_cells(beside):
    cells = ["assert answer() == expected", "assert isinstance(answer(), str)", "assert all([False])"]
    for cell in cells:
        outcome = beside.judge(SHADOWS, cell, setup="expected = 5")
        assert (outcome.points, outcome.verdict) == (0, "fail")
    assert beside.passes(SHADOWS, "try: assert answer() == 5\nexcept AssertionError: pass")


CLIMBERS = {
    "globals": "def answer(f): return f.__globals__",
    "code": "def answer(f): return f.__code__",
    "self": "def answer(f): return f.__self__",
    "closure": "def answer(f): return f.__closure__",
    "reduce": "def answer(f): return f.__reduce__()[0].__globals__",
    "class of another": "def answer(f): return f.target",
}


@pytest.mark.parametrize("name", CLIMBERS)
def test_a_function_of_a_test_cell_leads_nowhere(beside, name):
    outcome = beside.judge(CLIMBERS[name], "secret = 'held-by-the-checker'\nfound = str(answer(lambda: secret))\n"
                                           "assert 'held-by' in found")  # fmt: skip
    assert outcome.points == 0
    assert "held-by" not in outcome.message.replace("assert 'held-by' in found", "")


def test_a_flood_of_objects_ends_in_an_error_and_the_session_goes_on(beside):
    student = "def answer():\n    while True: yield object()\ndef fine(): return 1"
    outcome = beside.judge(student, "kept = []\nfor one in answer(): kept.append(one)")
    assert (outcome.points, outcome.verdict) == (0, "error")
    assert "10,000" in outcome.message
    assert beside.passes(student, "kept = []\nfor one in answer(): kept.append(one)", "del kept\nassert fine() == 1")


def test_a_flood_at_once_leaves_nothing_behind(beside):
    student = "def answer(): return [object() for _ in range(20_000)]\ndef fine(): return object()"
    outcome = beside.judge(student, "answer()")
    assert (outcome.points, outcome.verdict) == (0, "error")
    assert beside.passes(student, "try: answer()\nexcept TypeError: pass", "assert fine() is not fine()")


def test_objects_that_a_test_has_done_with_do_not_count_against_it(beside):
    student = "class Point:\n    def __init__(self, x): self.x = x"
    assert beside.passes(student, "assert [Point(n).x for n in range(11_000)] == list(range(11_000))")


FRAMES = {
    "no frame": b"",
    "no reply": encode([1]),
    "no parts": encode({"value": b"", "printed": ""}),
    "value not packed": encode({"value": 5, "printed": "", "about": {}}),
    "value damaged": encode({"value": b"\x01\x00\x00\x00{", "printed": "", "about": {}}),
    "printed no text": encode({"value": encode(5), "printed": 5, "about": {}}),
    "about no number": encode({"value": encode(5), "printed": "", "about": {"x": {}}}),
    "about empty": encode({"value": encode(5), "printed": "", "about": {1: {}}}),
    "about negative": encode({"value": encode(5), "printed": "", "about": {-1: {"kinds": [("a", "b")]}}}),
    "error damaged": encode({"error": {}, "printed": "", "about": {}}),
    "error a text": encode({"error": "ValueError", "printed": "", "about": {}}),
    "unknown object": encode({"value": b'\x1d\x00\x00\x00{"v":{"$h":7,"k":"x"},"n":[]}', "printed": "", "about": {}}),
    "unknown kind": encode({"value": b'\x1e\x00\x00\x00{"v":{"$x":7,"k":"os"},"n":[]}', "printed": "", "about": {}}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_reply_of_the_wrong_form_costs_the_test_and_is_called_by_its_name(beside, name):
    student = f"""
import grader.grading.sealed.object_server
grader.grading.sealed.object_server.ObjectServer.handle = lambda self, frame: {FRAMES[name]!r}
"""
    outcome = beside.judge(student, "try: answer()\nexcept: pass\n5")
    assert (outcome.points, outcome.verdict) == (0, "tampered"), outcome.message


def test_an_exception_of_the_students_cannot_name_a_class_that_is_none(beside):
    student = """
class Popen(Exception): pass
Popen.__module__, Popen.__qualname__ = "subprocess", "Popen"
class Interrupt(Exception): pass
Interrupt.__module__, Interrupt.__qualname__ = "builtins", "KeyboardInterrupt"
def answer(n): raise (Popen if n else Interrupt)("text")
"""
    for n in (0, 1):
        outcome = beside.judge(student, f"answer({n})")
        assert (outcome.points, outcome.verdict) == (0, "error")


DEADLY = {
    "exit": ("import os\ndef answer(): os._exit(3)", "crashed"),
    "endless": ("def answer():\n    while True: pass", "timeout"),
    "memory": ("def answer():\n    kept = []\n    while True: kept.append(bytearray(50_000_000))", "memory"),
}


@pytest.mark.parametrize("name", DEADLY)
def test_a_call_without_an_answer_has_the_verdict_of_what_became_of_it(beside, name):
    student, verdict = DEADLY[name]
    memory = name == "memory"  # a loaded machine needs its time to fill it
    swallowed = "answer()" if memory else "try: answer()\nexcept Exception: pass\n5"
    outcome = beside.judge(student, swallowed, limit_s=3 if verdict == "timeout" else PATIENCE_S)
    assert (outcome.points, outcome.verdict) == (0, verdict), outcome.message


def test_a_test_that_never_ends_by_itself_is_ended(beside):
    outcome = beside.judge("def answer(): return 0", "while answer() == 0: pass", limit_s=1)
    assert (outcome.points, outcome.verdict) == (0, "timeout")


SECRET = "held-by-the-checker"
TEMPLATE = "def answer(): return '{0.__globals__}'\ndef fail(text): raise ValueError(text)"
CLIMBING = {
    "template in an assert": "assert False, answer().format(helper)",
    "template by percent": "class Bag(dict):\n    def __missing__(self, name): return secret\n"
                           "assert False, '%(x)s'.replace('x', answer()) % Bag()",
    "template in a raise": "raise ValueError(answer().format(helper))",
    "template in a helper": "def judge(text): raise AssertionError(text)\njudge(answer().format(helper))",
    "text in a name": "said = answer().format(helper)\nassert False, said",
    "text of a library": "import unittest\nunittest.TestCase().assertEqual(answer().format(helper), 'x')",
    "key": "{}[answer().format(helper)]",
    "attribute": "getattr(helper, answer().format(helper))",
}  # fmt: skip


@pytest.mark.parametrize("name", CLIMBING)
def test_a_text_of_the_students_is_never_shown_as_the_text_of_a_tests_error(beside, name):
    setup = f"secret = {SECRET!r}\ndef helper(): return secret"
    outcome = beside.judge(TEMPLATE, CLIMBING[name], setup=setup)
    assert (outcome.points, outcome.theirs) == (0, False)
    assert SECRET not in outcome.message + outcome.text
    assert outcome.kind in ("AssertionError", "ValueError", "KeyError", "AttributeError")


TOLD = {
    "constant": ("assert answer() == 1, 'one is expected'", "AssertionError", "one is expected"),
    "f-string": ("got = answer()\nassert got == 1, f'got {got[:4]}'", "AssertionError", "got {0._"),
    "format": ("assert answer() == 1, 'got {:.3}'.format(answer())", "AssertionError", "got {0."),
    "percent": ("assert answer() == 1, 'got %d' % len(answer())", "AssertionError", "got 15"),
    "raise": ("if answer() != 1:\n    raise ValueError('wrong')", "ValueError", "wrong"),
    "over lines": ("assert (answer()\n        == 1), (\n    'one is expected')", "AssertionError", "one is expected"),
    "in a helper of the cell": ("def same(a, b): assert a == b, f'{b} is due'\nsame(answer(), 1)", "AssertionError",
                                "1 is due"),
    "no text": ("assert answer() == 1", "AssertionError", ""),
    "missing name": ("assert nothing() == 1", "NameError", "name 'nothing' is not defined"),
    "missing attribute": ("import math\nassert math.nothing == 1", "AttributeError", "there is no attribute 'nothing'"),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_the_text_that_a_test_wrote_itself_is_shown(beside, name):
    cell, kind, text = TOLD[name]
    outcome = beside.judge(TEMPLATE, cell)
    assert (outcome.kind, outcome.text, outcome.theirs) == (kind, text, False)
    line = cell.splitlines()[outcome.line - 1].strip()
    assert outcome.message == f"{kind}: {text}".rstrip(": ") + f" in the test's line: {line}"


def test_an_error_of_the_students_is_told_by_their_own_text_and_line(beside):
    outcome = beside.judge(TEMPLATE, "assert fail('a {} b') == 1")
    assert (outcome.kind, outcome.text, outcome.theirs) == ("ValueError", "a {} b", True)
    assert outcome.own_line.endswith("raise ValueError(text)")
    assert outcome.message.startswith("Your code raised ValueError: a {} b in the line: ")


def test_an_error_of_a_class_that_fills_templates_is_told_by_the_students_side(beside):
    student = """
class UndefinedError(Exception):
    def __str__(self): return "plain"
UndefinedError.__module__, UndefinedError.__qualname__ = "string", "Template"
def answer(): raise UndefinedError("{0.__globals__}")
"""
    outcome = beside.judge(student, "answer()")
    assert (outcome.text, outcome.theirs) == ("plain", True)
