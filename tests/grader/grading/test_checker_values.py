"""Honest values of every kind reach a sealed test as what they are; what cannot is an error with a plain reason."""

import pytest

from grader.grading.sealed.client import LEARNING
from grader.sandbox import make_sandbox
from grader.suite_kit.codec import encode
from tests.grader.grading.bench import Bench, answer, check, locked
from tests.grader.grading.patience_limits import PATIENT, SERVER, Beside

IMPORTS = "import numpy as np, pandas as pd\n"


@pytest.fixture(scope="module")
def beside():
    with make_sandbox(["numpy", "pandas"], limits=PATIENT, server=SERVER) as sandbox:
        yield Beside(sandbox)


# A student's class where the instructor's answer is plain data: nothing may be asked of it, and all must work.
DATA = {
    "functions of libraries under another name": (
        "import math, operator, functools, itertools\nimport numpy as np\ngcd, total, mean = math.gcd, sum, np.mean\n"
        "upper, add, chain, fold, exp = str.upper, operator.add, itertools.chain, functools.reduce, np.exp",
        "assert gcd(12, 8) == 4 and total([1, 2]) == 3 and mean([1, 3]) == 2 and exp(0) == 1 and upper('a') == 'A'\n"
        "assert add(1, 2) == 3 and list(chain([1], [2])) == [1, 2] and fold(add, [1, 2]) == 3\n"
        "assert callable(gcd) and gcd.__name__ == 'gcd'",
    ),
    "named tuple with methods": (
        "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\n    y: int = 2\n"
        "    def norm(self): return self.x + self.y\n    @property\n    def double(self): return 2 * self.x\n"
        "def make(): return P(1)",
        "p = make()\nassert p == (1, 2) and p.x == 1 and p.norm() == 3 and p.double == 2 and p[0] == 1 == len(p) - 1\n"
        "x, y = p\nassert (x, y) == (1, 2) and list(p) == [1, 2] and isinstance(p, tuple) and isinstance(p, P)\n"
        "assert P(x=4, y=1).norm() == 5 and p._asdict() == {'x': 1, 'y': 2} and P._fields == ('x', 'y')\n"
        "assert hash(p) == hash((1, 2)) and p in [(1, 2)] and p < (2, 0) and {p: 3}[(1, 2)] == 3\n"
        "assert sorted([P(2), P(1)]) == [(1, 2), (2, 2)]",
    ),
    "named tuple without methods": (
        "import collections\nP = collections.namedtuple('P', 'x y')",
        "assert isinstance(P(1, 2), P) and P(1, 2) == (1, 2)"
    ),
    "fractions and decimals of a class of one's own": (
        "import fractions, decimal\nclass F(fractions.Fraction): pass\nclass D(decimal.Decimal): pass\n"
        "def f(): return F(1, 2)\ndef d(): return D('0.5')",
        "import math, decimal\n"
        "assert f() == 0.5 and f() + 1 == 1.5 and 1 - f() == 0.5 and 0 < f() < 1 and float(f()) == 0.5\n"
        "assert f().numerator == 1 and math.isclose(f(), 0.5) and d() * 2 == 1 and isinstance(d(), decimal.Decimal)",
    ),
    "numbers of numpy by the thousand": (
        "import numpy as np\ndef f(): return list(np.arange(5000))\n"
        "def g(): return {k: [np.float32(1)] for k in np.arange(900)}",
        "assert f() == list(range(5000)) and set(g()) == set(range(900)) and g()[3] == [1]",
    ),
    "list with a property over itself": (
        "class S(list):\n    @property\n    def top(self): return self[-1]\n    @property\n"
        "    def me(self): return self\n"
        "def make(): return S([1])",
        "s = make()\ns.append(2)\ns += [3]\n"
        "assert s.top == 3 and s.me == [1, 2, 3] and s.pop() == 3 and len(s) == 2 and 1 in s\n"
        "s[0] = 5\nassert s == [5, 2] and s + [3] == [5, 2, 3] and repr(s) == '[5, 2]' and s and isinstance(s, list)",
    ),
    "dict with a value for what is missing": (
        "class D(dict):\n    def __missing__(self, k): return 0\n    def top(self): return max(self, key=self.get)",
        "d = D(a=1)\nassert d['b'] == 0 and d == {'a': 1} and 'b' not in d and d.get('b') is None\nd['c'] = 4\n"
        "d.update(z=1)\n"
        "assert d.top() == 'c' and sorted(d) == ['a', 'c', 'z'] and dict(d)['z'] == 1 and sum(d.values()) == 6",
    ),
    "default dict with a function of one's own": (
        "import collections\ndef f(): return collections.defaultdict(lambda: 5)", "assert f()['q'] == 5 and f() == {}",
    ),
    "text and numbers of a class of one's own": (
        "class S(str): pass\nclass I(int):\n    def __repr__(self): return f'I({int(self)})'\n"
        "class M(float):\n    def __str__(self): return f'${float(self):.2f}'\nimport collections\n"
        "class C(collections.Counter): pass",
        "s, i = S('ab'), I(3)\n"
        "assert s == 'ab' and s.upper() == 'AB' and s + 'c' == 'abc' and s[0] == 'a' and {s: 1}['ab']\n"
        "assert i + 1 == 4 and 10 - i == 7 and i + 1.5 == 4.5 and range(5)[i] == 3 and repr(i) == 'I(3)'\n"
        "assert str(M(2)) == '$2.00' and sum([M(2), M(3)]) == 5 and abs(M(-1)) == 1 and round(M(1.26), 1) == 1.3\n"
        "assert C('aab') == {'a': 2, 'b': 1} and C('aab').most_common(1) == [('a', 2)]",
    ),
    "iterators, once and again": (
        "class It:\n    def __init__(self, n): self.n = n\n    def __iter__(self): self.i = 0; return self\n"
        "    def __next__(self):\n        if self.i >= self.n: raise StopIteration\n        self.i += 1\n"
        "        return self.i\n"
        "def gen(): yield from [1, 2]\ndef z(): return zip([1, 2], [3, 4])\n"
        "class Seq:\n    def __len__(self): return 3\n    def __getitem__(self, i):\n"
        "        if i > 2: raise IndexError\n"
        "        return i * i",
        "it, g, pairs = It(3), gen(), z()\nassert list(it) == [1, 2, 3] and list(it) == [1, 2, 3] and max(It(4)) == 4\n"
        "assert list(g) == [1, 2] and list(g) == [] and next(pairs) == (1, 3) and list(pairs) == [(2, 4)]\n"
        "assert list(Seq()) == [0, 1, 4] and list(reversed(Seq())) == [4, 1, 0] and 4 in Seq() and 5 not in Seq()",
    ),
    "deep nesting and large numbers": (
        "def deep(n):\n    r = []\n    for _ in range(n): r = [r]\n    return r\ndef big(): return 2**20000",
        "def depth(r):\n    n = 0\n    while r:\n        r = r[0]\n        n += 1\n    return n\n"
        "assert depth(deep(90)) == 90 and depth(deep(300)) == 300 and big() == 2**20000",
    ),
    "times with zones": (
        "import datetime as dt, zoneinfo, uuid\nB = zoneinfo.ZoneInfo('Europe/Berlin')\n"
        "def a(): return dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=B)\n"
        "def t(): return dt.time(1, tzinfo=dt.timezone.utc)\n"
        "def z(): return dt.timezone(dt.timedelta(hours=2), 'X')\ndef u(): return uuid.UUID(int=5)",
        "import datetime as dt\nassert a().utcoffset() == dt.timedelta(hours=1) and a().tzinfo.key == 'Europe/Berlin'\n"
        "assert t() == dt.time(1, tzinfo=dt.timezone.utc) and z().tzname(None) == 'X' and u().int == 5 and B.key",
    ),
    "objects that look for their attributes": (
        "class G:\n    def __getattr__(self, name):\n        if name == 'b': raise AttributeError(name)\n"
        "        return name",
        "assert G().foo == 'foo' and not hasattr(G(), 'b')",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DATA)
def test_a_value_of_an_unusual_class_is_its_data_where_data_was_expected(beside, name):
    student, cell = DATA[name]
    outcome = beside.judge(student, cell, allowed=[])
    assert outcome.verdict == "pass", outcome.message


# Objects that are asked what decides: only where the instructor's own answer is asked the same.
JUDGED = {
    "__eq__": ("def __eq__(self, o): return self.x == o.x", "assert V(1) == V(1) and V(1) != V(2) and V(1) in [V(1)]"),
    "__lt__": ("def __lt__(self, o): return self.x < o.x", "assert V(1) < V(2) and sorted([V(2), V(1)])[0].x == 1"),
    "__hash__": ("def __hash__(self): return 5", "assert len({V(1), V(2)}) == 2 and hash(V(1)) == 5"),
    "__bool__": ("def __bool__(self): return self.x > 0", "assert V(1) and not V(0)"),
    "__contains__": ("def __contains__(self, o): return o.x == 1", "assert V(1) in V(2) and V(2) not in V(2)"),
    "__float__": ("def __float__(self): return 2.0", "assert float(V(1)) == 2"),
    "__abs__": ("def __abs__(self): return abs(self.x)", "assert abs(V(-2)) == 2"),
}


@pytest.mark.parametrize("name", JUDGED)
def test_an_object_is_asked_what_decides_only_where_the_instructors_own_is(beside, name):
    method, cell = JUDGED[name]
    student = f"class V:\n    def __init__(self, x): self.x = x\n    {method}"
    learned = beside.judge(student, cell, allowed=[LEARNING])
    assert (learned.verdict, name in learned.operations_used) == ("pass", True), learned.message
    assert beside.judge(student, cell, allowed=learned.operations_used).verdict == "pass"
    for allowed in ([], None):
        refused = beside.judge(student, cell, allowed=allowed)
        assert refused.points == 0
        assert "plain value" in refused.message


OWN = {
    "walk of a linked list": (
        "class Node:\n    def __init__(self, v, n=None): self.value, self.next = v, n",
        "n, found = Node(1, Node(2)), []\nwhile n:\n    found.append(n.value)\n    n = n.next\nassert found == [1, 2]",
    ),
    "operators of all kinds": (
        "class V:\n    def __init__(self, x): self.x = x\n"
        "    def __add__(self, o): return V(self.x + getattr(o, 'x', o))\n"
        "    __radd__ = __add__\n    def __isub__(self, o): self.x -= o.x; return self\n"
        "    def __mul__(self, o): return NotImplemented",
        "v = V(5)\nw = v\nv -= V(2)\nassert w.x == 3 and sum([V(1), V(2)]).x == 3 and (2 + V(1)).x == 3\n"
        "try: V(1) * 2\nexcept TypeError: pass\nelse: raise AssertionError",
    ),
    "enumerations": (
        "import enum\nclass C(enum.Enum):\n    R = 1\n    B = 2\nclass I(enum.IntEnum):\n    A = 1\n"
        "class F(enum.Flag):\n"
        "    X = 1\n    Y = 2",
        "assert C.R == C.R and C.R is C['R'] and C.R != C.B and C.R in C and len(C) == 2 and {C.R: 1}[C.R] == 1\n"
        "assert [c.name for c in C] == ['R', 'B'] and I.A == 1 and I.A < 2 and (F.X | F.Y).value == 3",
    ),
    "data classes": (
        "import dataclasses as d\n@d.dataclass(frozen=True)\nclass A:\n    x: int\n@d.dataclass(slots=True)\n"
        "class B:\n    x: int\n"
        "@d.dataclass(order=True)\nclass O:\n    x: int\n@d.dataclass\nclass E:\n    x: int\n"
        "    def __eq__(self, o): return False",
        "import dataclasses\nassert A(1) == A(1) and len({A(1), A(1), A(2)}) == 2 and O(1) < O(2) and E(1) != E(1)\n"
        "b = B(1)\nb.x = 3\nassert b == B(3) and b != B(1) and max(O(1), O(2)).x == 2\n"
        "try: A(1).x = 2\nexcept dataclasses.FrozenInstanceError: pass\nelse: raise AssertionError",
    ),
    "generators with a state": (
        "def gen():\n    total = 0\n    while True:\n        x = yield total\n        total += x or 1",
        "g = gen()\nassert next(g) == 0 and g.send(5) == 5 and next(g) == 6\ng.close()\nassert next(g, None) is None",
    ),
    "partial, lambda, cached and bound functions": (
        "import functools\ndouble, add = functools.partial(lambda a, b: a * b, 2), lambda a, b=3: a + b\n"
        "class K:\n    def m(self, x): return x + 1\nbound = K().m\n@functools.lru_cache(None)\n"
        "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)",
        "assert double(4) == 8 and add(1) == 4 and bound(1) == 2 and fib(10) == 55 and fib.cache_info().hits > 0\n"
        "assert double.args == (2,) and add.__defaults__ == (3,) and list(map(double, [1])) == [2]",
    ),
    "patterns": ("import re\n"
    "pattern = re.compile('a+')", "assert pattern.match('aab').span() == (0, 2) and pattern.match('a')"),
}  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_classes_that_a_task_asks_for_behave_as_in_python(beside, name):
    student, cell = OWN[name]
    outcome = beside.judge(student, cell, allowed=[LEARNING])
    assert outcome.verdict == "pass", outcome.message
    assert beside.judge(student, cell, allowed=outcome.operations_used).verdict == "pass"


TABLES = [
    "pd.DataFrame({'c': pd.Categorical(['x', 'y'], categories=['y', 'x'], ordered=True)})",
    "pd.Series([1, 2], index=pd.MultiIndex.from_tuples([('x', 1), ('y', 2)], names=['k', 'n']))",
    "pd.DataFrame({'k': [1, 1], 'v': [1., 2]}).groupby('k').agg(['mean', 'sum'])",
    "pd.DataFrame([[1, 2]], columns=['a', 'a'])",
    "pd.DataFrame({'a': pd.arrays.SparseArray([0, 0, 1])})",
    "pd.DataFrame({'t': pd.to_datetime(['2024-01-01', None])})",
    "pd.DataFrame({'t': pd.to_datetime(['2024-01-01']).tz_localize('Europe/Berlin')})",
    "pd.DataFrame({'a': pd.array([1, None], dtype='Int64'), 'b': pd.array(['x', None], dtype='string')})",
    "pd.DataFrame({'p': pd.period_range('2024-01', periods=2, freq='M')})", "pd.DataFrame({'i': pd.cut([1, 2, 3], 2)})",
    "pd.cut(pd.Series([1, 2, 3]), 2).value_counts()", "pd.DataFrame({'a': [1 + 2j]})",
    "pd.DataFrame({'a': [1, 'x', None, (1,)]})",
    "pd.Series([1, 2, 3], index=pd.date_range('2024-01-01', periods=3)).resample('2D').sum()",
    "pd.DataFrame(columns=['a'])",
]  # fmt: skip
SCALARS = [
    "pd.NaT", "pd.NA", "pd.Timestamp('2024-01-01', tz='UTC')", "pd.Period('2024-01')", "pd.Interval(0, 1)",
    "np.str_('a')",
    "np.bytes_(b'a')", "np.array([(1, 'a', 2.5)], dtype=[('x', 'i4'), ('y', 'U3'), ('z', 'f8')])", "np.array(3.5)",
    "np.array([(1, 2.)], dtype=[('x', 'i4'), ('z', 'f8')])[0]", "np.matrix([[1, 2]])", "np.array(['a', 'bb'])",
    "np.zeros(2, dtype=[('a', 'f4', (2,)), ('b', [('c', 'i4')])])", "np.array([1, 'a', None], dtype=object)",
    "np.True_",
    "pd.date_range('2024-01-01', periods=3, freq='MS')", "pd.interval_range(0, 3)",
    "pd.array([1, None], dtype='Int64')",
]  # fmt: skip


@pytest.mark.parametrize("value", TABLES)
def test_a_table_of_any_type_of_pandas_arrives_as_it_was(beside, value):
    same = "frame" if ".groupby" in value or value.startswith("pd.DataFrame") else "series"
    cell = f"{IMPORTS}pd.testing.assert_{same}_equal(f(), {value})\nassert type(f()) is type({value})"
    outcome = beside.judge(f"{IMPORTS}def f(): return {value}", cell, allowed=[])
    assert outcome.verdict == "pass", outcome.message


@pytest.mark.parametrize("value", SCALARS)
def test_a_value_of_numpy_or_pandas_keeps_its_type(beside, value):
    cell = f"{IMPORTS}wanted = {value}\nassert type(f()) is type(wanted) and repr(f()) == repr(wanted), repr(f())"
    outcome = beside.judge(f"{IMPORTS}def f(): return {value}", cell, allowed=[])
    assert outcome.verdict == "pass", outcome.message


def test_a_masked_array_is_refused_with_its_name(beside):
    outcome = beside.judge("import numpy as np\ndef f(): return np.ma.masked_all(2)",
                           f"{IMPORTS}np.testing.assert_allclose(f(), [1, 9])", allowed=[])  # fmt: skip
    assert outcome.points == 0
    assert "Masked" in outcome.message


BROKEN = b'{"v":{"$x":"no date","k":"stamp"},"n":[]}'


def test_a_value_too_large_to_cross_is_no_error_of_the_students(beside):
    cell = "try: f() == 5\nexcept BaseException: pass\n5"
    outcome = beside.judge("def f(): return 'x' * 70_000_000", cell, allowed=[])
    assert (outcome.points, outcome.verdict) == (0, "error")
    assert "cannot be sent" in outcome.message


def test_a_value_of_a_known_kind_that_cannot_be_built_is_an_error_and_no_forgery(beside):
    packed = len(BROKEN).to_bytes(4, "little") + BROKEN
    reply = encode({"value": packed, "printed": "", "about": {}})
    student = f"import grader.grading.sealed.object_server as s\ns.ObjectServer.handle = lambda *_: {reply!r}"
    outcome = beside.judge(student, "try: f()\nexcept: pass\n5")
    assert (outcome.points, outcome.verdict) == (0, "error")
    assert "stamp" in outcome.message


# Against the real checker: which libraries it has loaded depends on the assignment alone.
FLOAT = answer("half", "def half(): return 0.5")
CHECK = check(
    "half-test", "assert abs(half() - 0.5) < 1e-9 and half() == 0.5 and float(half()) == 0.5 and 0 < half() < 1"
)
OTHERS = {
    "torch": "import torch\ndef half(): return torch.tensor(0.5)",
    "numpy": "import numpy as np\ndef half(): return np.float32(0.5)",
    "fractions": "import fractions\ndef half(): return fractions.Fraction(1, 2)",
    "sympy": "import sympy\ndef half(): return sympy.Float(1) / 2",
}


@pytest.fixture(scope="module")
def plain_course():
    with Bench(FLOAT, CHECK, cell_s=60.0, memory_mb=4000) as bench:
        yield bench


@pytest.mark.parametrize("library", OTHERS)
def test_a_number_of_a_library_that_the_tests_do_not_use_counts(plain_course, library):
    result = plain_course.result({"half": OTHERS[library]}).verdicts[0]
    assert (result.verdict, result.unsealed) == ("pass", False), result.message


SYMBOLS = """
x = sympy.Symbol("x")
assert roots(x**2 - 1, x) == [-1, 1] and third() == sympy.Rational(1, 3) and third() * 3 == 1
assert slope(sympy.sin(x) * x**2, x) == 2 * x * sympy.cos(0 * x) * sympy.sin(x) + x**2 * sympy.cos(x)
assert isinstance(third(), sympy.Rational) and sympy.simplify(slope(x**3, x) - 3 * x**2) == 0
assert abs(circle() - 3.14159) < 1e-4 and circle() == sympy.pi and point().subs(x, 2) == 5
assert sympy.Eq(x, 1) == equal(x)
"""
SOLVED = """
def roots(e, x): return sympy.solve(e, x)
def third(): return sympy.Rational(1, 3)
def slope(e, x): return sympy.diff(e, x)
def circle(): return sympy.pi
def point(): return sympy.Symbol('x')**2 + 1
def equal(x): return sympy.Eq(x, 1)
"""


def test_numbers_and_expressions_of_sympy_cross_by_value_where_the_tests_use_it():
    cells = [locked("setup", "import sympy"), answer("symbols", SOLVED), check("symbols-test", SYMBOLS)]
    with Bench(*cells, cell_s=60.0) as bench:
        result = bench.result().verdicts[0]
        assert (result.verdict, result.unsealed) == ("pass", False), result.message
        wrong = SOLVED.replace("sympy.diff(e, x)", "e")
        assert bench.verdicts({"symbols": wrong}) == {"symbols-test": "fail"}
