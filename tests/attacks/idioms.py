"""26 ordinary ways to write a test cell, each with a right and a wrong answer.

21 of them a checker can decide from its own process; the others ask for the exact type of an object or reach into the
process of the student's code, and cannot be sealed. Whoever adds one says which it is.
"""

from dataclasses import dataclass

from tests.attacks.course import Assignment, Task

SETUP = """\
import contextlib
import inspect
import io
import math
import random
from unittest import mock

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
"""


@dataclass(frozen=True)
class Idiom:
    """A test cell, the answer that passes it and one that must not; `sealed` if a trusted process can decide it."""

    name: str
    test: str
    right: str
    wrong: str
    sealed: bool = True


CLASS = """
class Basket:
    \"\"\"Things to buy.\"\"\"
    def __init__(self, things=()): self.things = list(things)
    def add(self, thing, times=1): self.things += [thing] * times
    def __len__(self): return len(self.things)
    def __getitem__(self, n): return self.things[n]
    def __iter__(self): return iter(self.things)
"""
EMPTY = CLASS.replace("list(things)", "[]").replace("+= [thing] * times", "+= []").replace("Things", "Nothing")

IDIOMS = (
    Idiom("equal", "assert double(4) == 8, 'four doubled'\nassert double('a') == 'aa'",
          "def double(x): return 2 * x", "def double(x): return x"),
    Idiom("close", "assert math.isclose(area(2), 12.566370614359172, rel_tol=1e-9)\nassert abs(area(0)) < 1e-12",
          "import math\ndef area(r): return math.pi * r * r", "def area(r): return 3.14 * r * r"),
    Idiom("keywords", "assert power(2) == 4 and power(2, exponent=3) == 8 and power(base=3) == 9",
          "def power(base, exponent=2): return base**exponent", "def power(base, exponent=2): return base**2"),
    Idiom("collections", "assert index('abca') == {'a': [0, 3], 'b': [1], 'c': [2]}\nassert 'z' not in index('abc')",
          "def index(t): return {c: [n for n, d in enumerate(t) if c == d] for c in t}", "def index(t): return {}"),
    Idiom("array", "got = softmax(np.array([1.0, 1.0]))\nassert got.shape == (2,)\n"
                   "np.testing.assert_allclose(got, [0.5, 0.5])\nassert got.sum() == 1",
          "def softmax(x): return np.exp(x) / np.exp(x).sum()", "def softmax(x): return np.exp(x)"),
    Idiom("frame", "table = pd.DataFrame({'k': ['a', 'b', 'a'], 'v': [1, 2, 3]})\n"
                   "wanted = pd.DataFrame({'k': ['a', 'b'], 'v': [4, 2]})\n"
                   "pd.testing.assert_frame_equal(sums(table), wanted)",
          "def sums(t): return t.groupby('k', as_index=False)['v'].sum()", "def sums(t): return t"),
    Idiom("raises", "try:\n    root(-1)\nexcept ValueError as error:\n    assert 'negative' in str(error)\n"
                    "else:\n    raise AssertionError('no error')\nassert root(9) == 3",
          "def root(x):\n    if x < 0: raise ValueError('negative number')\n    return x**0.5",
          "def root(x): return abs(x) ** 0.5"),
    Idiom("partial", "score = 0.0\nfor n, wanted in [(0, 1), (1, 1), (5, 120)]:\n"
                     "    score += 1 / 3 if factorial(n) == wanted else 0\nround(score, 6)",
          "def factorial(n): return 1 if n < 2 else n * factorial(n - 1)", "def factorial(n): return 0"),
    Idiom("method", "basket = Basket()\nbasket.add('milk')\nbasket.add('tea', times=2)\n"
                    "assert basket.things == ['milk', 'tea', 'tea']", CLASS, EMPTY),
    Idiom("attribute", "assert Basket(['a']).things == ['a']\nassert hasattr(Basket(), 'things')\n"
                       "assert getattr(Basket(['b']), 'things')[0] == 'b'", CLASS, EMPTY),
    Idiom("length", "assert len(Basket(['a', 'b'])) == 2 and len(Basket()) == 0", CLASS, EMPTY),
    Idiom("item", "basket = Basket(['a', 'b'])\nassert basket[0] == 'a' and basket[-1] == 'b'", CLASS, EMPTY),
    Idiom("iteration", "assert list(evens(7)) == [0, 2, 4, 6]\nassert sum(evens(5)) == 6\n"
                       "assert [n for n in evens(3)] == [0, 2]",
          "def evens(n):\n    for k in range(0, n, 2): yield k", "def evens(n): yield from range(n)"),
    Idiom("generator", "naturals = count_up()\nassert next(naturals) == 0 and next(naturals) == 1\n"
                       "assert next(count_up()) == 0",
          "import itertools\ndef count_up(): yield from itertools.count()",
          "def count_up():\n    while True: yield 0"),
    Idiom("signature", "assert list(inspect.signature(scale_by).parameters) == ['values', 'factor']\n"
                       "assert inspect.signature(scale_by).parameters['factor'].default == 2",
          "def scale_by(values, factor=2): return values", "def scale_by(*values): return values"),
    Idiom("docstring", "assert documented.__doc__ and 'rows' in documented.__doc__\n"
                       "assert documented.__name__ == 'documented'",
          "def documented():\n    '''Counts rows.'''", "def documented(): pass"),
    Idiom("instance", "thing = make()\nassert isinstance(thing, Basket) and not isinstance(thing, list)\n"
                      "assert type(thing).__name__ == 'Basket' and callable(make)",
          CLASS + "def make(): return Basket()", CLASS + "def make(): return []"),
    Idiom("printed", "with contextlib.redirect_stdout(io.StringIO()) as out:\n    table(2)\n"
                     "assert out.getvalue().splitlines() == ['2 x 1 = 2', '2 x 2 = 4']",
          "def table(n):\n    for k in (1, 2): print(f'{n} x {k} = {n * k}')", "def table(n): return '2 x 1 = 2'"),
    Idiom("mutated", "row = [3, 1, 2]\nassert order(row) is None\nassert row == [1, 2, 3]\n"
                     "entry = {}\nfill(entry)\nassert entry == {'done': True}",
          "def order(v): v.sort()\ndef fill(d): d['done'] = True", "def order(v): sorted(v)\ndef fill(d): pass"),
    Idiom("variable", "assert answer == 42 and isinstance(answer, int)\nassert 'answer' in globals()",
          "answer = 6 * 7", "answer = 41"),
    Idiom("estimator", "x = np.arange(10.0).reshape(-1, 1)\nmodel = fit(x, 3 * x[:, 0])\n"
                       "assert isinstance(model, LinearRegression)\n"
                       "np.testing.assert_allclose(model.predict([[2.0]]), [6.0])\n"
                       "assert model.score(x, 3 * x[:, 0]) > 0.99 and abs(model.coef_[0] - 3) < 1e-6",
          "def fit(x, y): return LinearRegression().fit(x, y)",
          "def fit(x, y): return LinearRegression().fit(x, y * 0)"),
    # Not sealed: these ask for what only the student's own process knows.
    Idiom("type", "result = halves([1, 2])\nassert isinstance(result, list) and all(type(x) is float for x in result)",
          "def halves(v): return [x / 2 for x in v]", "def halves(v): return tuple(v)", sealed=False),
    Idiom("source", "assert 'for ' not in inspect.getsource(total), 'no loop is needed'\nassert total([1, 2]) == 3",
          "def total(v): return sum(v)", "def total(v):\n    for x in v[1:]: v[0] += x\n    return v[0]", sealed=False),
    Idiom("replaced_global", "before, rate = rate, 0.5\nassert price(100) == 150, 'rate is not used'\nrate = before",
          "rate = 0.2\ndef price(x): return x * (1 + rate)", "rate = 0.2\ndef price(x): return x * 1.2", sealed=False),
    Idiom("shell", "ran = get_ipython().run_line_magic('who_ls', 'function')\nassert 'named' in ran",
          "def named(): pass", "named = 5", sealed=False),
    Idiom("patched", "with mock.patch('builtins.input', side_effect=['3', '4']):\n    assert ask() == 7",
          "def ask(): return int(input()) + int(input())", "def ask(): return 0", sealed=False),
)  # fmt: skip

MAXIMUM = 1


def assignment() -> Assignment:
    """All idioms as one assignment; each test is worth a point."""
    tasks = [Task(idiom.name, MAXIMUM, _solution(idiom.right), idiom.test) for idiom in IDIOMS]
    return Assignment("idioms", SETUP, tuple(tasks))


def _solution(source: str) -> str:
    return f"### BEGIN SOLUTION\n{source.strip()}\n### END SOLUTION"
