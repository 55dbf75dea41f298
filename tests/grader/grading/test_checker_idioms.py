"""Ordinary test cells run in the checker, with the student's objects on the other side, and mean what they meant."""

import pytest

from grader.sandbox import make_sandbox
from tests.attacks import idioms
from tests.grader.grading.patience_limits import PATIENT, SERVER, Beside

SEALED = [idiom for idiom in idioms.IDIOMS if idiom.sealed]


@pytest.fixture(scope="module")
def beside():
    with make_sandbox(["numpy", "pandas", "sklearn.linear_model"], limits=PATIENT, server=SERVER) as sandbox:
        yield Beside(sandbox)


@pytest.mark.parametrize("idiom", SEALED, ids=lambda idiom: idiom.name)
def test_an_ordinary_test_cell_accepts_the_right_answer_and_refuses_the_wrong_one(beside, idiom):
    with_libraries = "import numpy as np\nfrom sklearn.linear_model import LinearRegression\n"
    right = beside.judge(with_libraries + idiom.right, idiom.test, setup=idioms.SETUP)
    wrong = beside.judge(with_libraries + idiom.wrong, idiom.test, setup=idioms.SETUP)
    assert (right.points, right.message) == (1.0, "")
    assert wrong.points == 0.0
    assert wrong.message


def test_at_least_21_idioms_are_sealed():
    assert len(SEALED) >= 21


PEOPLE = """
import collections, dataclasses, enum
class Broke(Exception):
    def __init__(self, short):
        super().__init__(f"{short} short")
        self.short = short
class Poor(Broke): pass
class Account:
    "Money of one person."
    kinds = ["plain"]
    def __init__(self, owner): self.owner, self.balance = owner, 0
    def pay(self, amount):
        if amount > self.balance: raise Poor(amount - self.balance)
        self.balance -= amount
    def __str__(self): return f"{self.owner} has {self.balance}"
    def __enter__(self): self.open = True; return self
    def __exit__(self, *_): self.open = False
class Savings(Account): pass
@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0
class Vector:
    def __init__(self, x): self.x = x
    def __add__(self, other): return Vector(self.x + other.x)
    def __mul__(self, number): return Vector(self.x * number)
    def __neg__(self): return Vector(-self.x)
class Colour(enum.Enum):
    RED = 1
    BLUE = 2
class Celsius(float):
    def kelvin(self): return self + 273.15
Pair = collections.namedtuple("Pair", "left right")
def sum(values): return -1
def same(value): return value
def apply(function, values): return [function(value) for value in values]
def pay_twice(account): account.pay(1); account.pay(1)
"""

GOOD = {
    "own exception": "try: Account('a').pay(3)\n"
                     "except Broke as error: assert error.short == 3 and '3 short' in str(error)\n"
                     "else: raise AssertionError",
    "derived exception": "import contextlib\nwith contextlib.suppress(Poor): Account('a').pay(1); raise AssertionError",
    "raised within unittest": "import unittest\nwith unittest.TestCase().assertRaises(Poor): Account('a').pay(1)",
    "raised within pytest": "import pytest\nwith pytest.raises(Broke, match='short'): Account('a').pay(1)",
    "text of an object": "account = Account('Ada')\nassert str(account) == f'{account}' == 'Ada has 0'",
    "attribute set": "account = Account('Ada')\naccount.balance = 5\naccount.pay(2)\nassert account.balance == 3",
    "variables": "assert vars(Account('Ada')) == {'owner': 'Ada', 'balance': 0}",
    "attribute of a class": "assert Account.kinds == ['plain'] and Account.__name__ == 'Account'",
    "subclass": "assert issubclass(Savings, Account) and isinstance(Savings('a'), Account)\n"
                "assert not isinstance(Account('a'), Savings) and Savings('a').__class__ is Savings",
    "object given back": "account = Account('a')\naccount.balance = 2\npay_twice(account)\nassert account.balance == 0",
    "with": "with Account('a') as account: assert account.open\nassert not account.open",
    "same object": "account = Account('a')\nassert same(account) is account and account == account",
    "same argument": "values = [1]\nassert same(values) is values and same([1]) is not values",
    "equal data classes": "assert Point(1, 2) == Point(1, 2) and Point(1) != Point(2)",
    "sum of objects": "assert (Vector(1) + Vector(2)).x == 3 and (Vector(2) * 4).x == 8 and (-Vector(1)).x == -1",
    "enumeration": "assert Colour.RED == Colour.RED and Colour.RED is not Colour.BLUE and Colour(2).name == 'BLUE'",
    "data with methods": "warm = Celsius(20)\nassert warm == 20 and warm < 21 and warm.kelvin() == 293.15\n"
                         "assert abs(warm - 20) < 1e-9 and round(warm) == 20",
    "named tuple": "pair = Pair(1, 2)\nassert pair == (1, 2) and pair.left == 1 and isinstance(pair, tuple)",
    "function as argument": "assert apply(lambda v: v + 1, [1, 2]) == [2, 3] and apply(abs, [-1]) == [1]\n"
                            "assert apply(str, [1]) == ['1'] and apply(len, ['ab']) == [2]",
    "object as argument": "class Shop:\n    def price(self, thing): return 3\n"
                          "assert apply(Shop().price, ['tea']) == [3]",
    "builtin stays": "assert sum([1, 2]) == 3",
    "callable": "assert callable(same) and not callable(Account('a')) and hasattr(Account, 'pay')\n"
                "assert not hasattr(Account('a'), 'nothing')",
    "methods": "pay = Account('a').pay\nassert pay.__name__ == 'pay' and callable(pay) and pay.__self__.owner == 'a'\n"
               "import inspect\nassert list(inspect.signature(pay).parameters) == ['amount']\n"
               "assert [function(0) for function in (pay, pay)] == [None, None] and apply(pay, [0]) == [None]\n"
               "assert Account.pay(Account('b'), 0) is None",
    "names shared by cells": "first = Account('first')",
}  # fmt: skip
LATER = {"names shared by cells": "assert first.owner == 'first' and isinstance(first, Account)"}


@pytest.mark.parametrize("name", GOOD)
def test_objects_errors_and_functions_of_a_student_can_be_used_as_if_they_were_here(beside, name):
    cells = [GOOD[name], LATER[name]] if name in LATER else [GOOD[name]]
    outcome = beside.judge(PEOPLE, *cells)
    assert outcome.verdict == "pass", outcome.message


TABLES = """
import collections, datetime, decimal, fractions
import numpy as np, pandas as pd
def same(value): return value
def count(text): return collections.Counter(text)
def fill(frame): frame["new"] = 1
def draw(rng): return rng.normal()
def scale(array): array *= 2
"""
DATA = [
    "1 + 2j", "range(3)", "slice(1, 2)", "frozenset({1})", "{frozenset({1}): 2}", "bytearray(b'a')", "(1, [2, {3}])",
    "collections.Counter('aab')", "collections.OrderedDict(a=1)", "collections.deque([1], 3)", "float('inf')",
    "fractions.Fraction(1, 3)", "decimal.Decimal('1.50')", "datetime.datetime(2026, 1, 2, 3, 4)",
    "datetime.date.today()",
    "datetime.timedelta(1, 2)", "np.float32(1.5)", "np.dtype('f4')", "int", "np.float64", "pd.Timestamp('2026-01-02')",
    "pd.Timedelta('1d')", "None", "'text'", "b'bytes'", "10**40",
]  # fmt: skip
FRAMES = [
    "pd.DataFrame({'a': [1, 2], 'b': ['x', None]}, index=[3, 4])", "pd.DataFrame([[1, 2.5]])",
    "pd.DataFrame({'c': pd.Categorical(['x', 'y'])})", "pd.DataFrame({('a', 'b'): [1]})",
    "pd.DataFrame({'a': [[1], 'x']})",
]  # fmt: skip


@pytest.mark.parametrize("value", DATA)
def test_data_goes_over_and_comes_back_as_it_was(beside, value):
    setup = "import collections, datetime, decimal, fractions\nimport numpy as np, pandas as pd"
    outcome = beside.judge(TABLES, f"value = {value}\nassert same(value) == value\n"
                                   "assert type(same(value)) is type(value)", setup=setup)  # fmt: skip
    assert outcome.verdict == "pass", outcome.message


@pytest.mark.parametrize("frame", FRAMES)
def test_tables_go_over_and_come_back_as_they_were(beside, frame):
    column = f"{frame}[{frame}.columns[0]]"
    cell = f"pd.testing.assert_frame_equal(same({frame}), {frame})\nassert same({column}).tolist()"
    outcome = beside.judge(TABLES, cell, setup="import pandas as pd")
    assert outcome.verdict == "pass", outcome.message


def test_what_a_student_changes_in_place_is_changed_here(beside):
    cell = """
frame = pd.DataFrame({"a": [1]})
fill(frame)
array = np.ones(3)
scale(array)
assert frame["new"].tolist() == [1] and array.tolist() == [2, 2, 2]
rng = np.random.default_rng(1)
assert draw(rng) != draw(rng)
assert draw(np.random.default_rng(1)) == np.random.default_rng(1).normal()
"""
    outcome = beside.judge(TABLES, cell, setup="import numpy as np, pandas as pd")
    assert outcome.verdict == "pass", outcome.message


def test_many_items_are_fetched_in_few_questions_and_a_generator_is_not_run_ahead(beside):
    student = """
made = []
def numbers(n):
    for i in range(n):
        made.append(i)
        yield i
class Box:
    def __iter__(self): return iter(range(5000))
def how_many(): return len(made)
"""
    cell = """
some = numbers(10**9)
assert [next(some) for _ in range(3)] == [0, 1, 2] and how_many() == 3
assert list(Box()) == list(range(5000)) and list(numbers(3000))[-1] == 2999
"""
    assert beside.passes(student, cell)


def test_an_error_in_the_middle_of_an_iteration_comes_after_the_items_before_it(beside):
    student = "def broken():\n    yield 1\n    yield 2\n    raise LookupError('third')"
    cell = """
seen = []
try:
    for item in broken(): seen.append(item)
except LookupError: seen.append("error")
assert seen == [1, 2, "error"]
"""
    assert beside.passes(student, cell)
