"""Test cells that ask an answer's own object about itself, and answers that make use of it.

A checker that only keeps its process apart can still be told "the difference is 0" by the object that it subtracts
from. Each `forged` answer passes its test under stock nbgrader; none may earn a point from a sealed checker.
"""

from tests.attacks.course import Assignment, Task
from tests.attacks.idioms import SETUP, Idiom

# Whatever is subtracted from it, however it is looked at: nothing is left.
ZERO = """
class Zero:
    __array_priority__ = 1e9
    def __sub__(self, other): return self
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __sub__
    def __abs__(self): return 0.0
    def __neg__(self): return 0.0
    def __round__(self, digits=0): return 0.0
    def __float__(self): return 0.0
    def __getitem__(self, n): return 0.0
    def __getattr__(self, name):
        if name.startswith("_"): raise AttributeError(name)
        return lambda *arguments, **named: 0.0
"""

# Says yes to everything that a library's object would be asked.
YES = """
class Yes:
    shape = (2,)
    def __getattr__(self, name):
        if name.startswith("_"): raise AttributeError(name)
        return lambda *arguments, **named: True
"""

SQUARES = "def squares(v): return np.array([x * x for x in v])"

SEALING = (
    Idiom("difference", "assert abs(square(3) - 9) < 1e-9",
          "def square(x): return x * x", ZERO + "def square(x): return Zero()"),
    Idiom("difference_the_other_way", "assert abs(9 - square(3)) < 1e-9",
          "def square(x): return x * x", ZERO + "def square(x): return Zero()"),
    Idiom("relative_difference", "assert abs(square(3) / 9 - 1) < 1e-9",
          "def square(x): return x * x", ZERO + "def square(x): return Zero()"),
    Idiom("largest_difference", "assert (squares([1, 3]) - np.array([1, 9])).max() < 1e-9",
          SQUARES, ZERO + "def squares(v): return Zero()"),
    Idiom("sum_of_differences", "assert sum(abs(a - b) for a, b in zip(squares([1, 3]), [1, 9])) < 1e-9",
          SQUARES, ZERO + "def squares(v): return [Zero(), Zero()]"),
    Idiom("absolute_of_numpy", "assert np.abs(squares([1, 3]) - np.array([1, 9])).max() < 1e-9",
          SQUARES, ZERO + "def squares(v): return np.array([Zero(), Zero()])"),
    Idiom("almost_equal", "np.testing.assert_almost_equal(square(3), 9)",
          "def square(x): return x * x", ZERO + "def square(x): return Zero()"),
    Idiom("array_almost_equal", "np.testing.assert_array_almost_equal(squares([1, 3]), [1, 9])",
          SQUARES, ZERO + "def squares(v): return [Zero(), Zero()]"),
    Idiom("frame_equals", "assert table().equals(pd.DataFrame({'a': [1, 2]}))",
          "def table(): return pd.DataFrame({'a': [1, 2]})", YES + "def table(): return Yes()"),
    Idiom("all_of_a_frame", "assert table().eq(pd.DataFrame({'a': [1, 2]})).all(axis=None)",
          "def table(): return pd.DataFrame({'a': [1, 2]})",
          "class Yes:\n    def eq(self, other): return self\n    def all(self, axis=None): return True\n"
          "def table(): return Yes()"),
    Idiom("subset", "assert names().issubset({'a', 'b'}) and names().issuperset({'a', 'b'})",
          "def names(): return {'a', 'b'}", YES + "def names(): return Yes()"),
    Idiom("text_starts", "assert title('x').startswith('Title: X') and title('y').endswith('Y')",
          "def title(t): return f'Title: {t.upper()}'", YES + "def title(t): return Yes()"),
    Idiom("score", "x = np.arange(10.0).reshape(-1, 1)\nassert fit(x, 3 * x[:, 0]).score(x, 3 * x[:, 0]) > 0.99",
          "def fit(x, y): return LinearRegression().fit(x, y)",
          "class Mine(LinearRegression):\n    def score(self, x, y): return 1.0\ndef fit(x, y): return Mine()"),
    Idiom("score_of_a_real_estimator", "x = np.arange(10.0).reshape(-1, 1)\n"
          "model = fit(x, 3 * x[:, 0])\nassert isinstance(model, LinearRegression)\n"
          "assert model.score(x, 3 * x[:, 0]) > 0.99",
          "def fit(x, y): return LinearRegression().fit(x, y)",
          "LinearRegression.score = lambda self, x, y: 1.0\n"
          "def fit(x, y): return LinearRegression().fit(x, 0 * y)"),
    Idiom("loop_over_a_map", "for got, wanted in zip(map(half, [2, 4]), [1, 2]):\n    assert got == wanted",
          "def half(x): return x / 2", "def half(x): raise StopIteration"),
    Idiom("all_of_a_map", "assert all(map(lambda case: half(case[0]) == case[1], [(2, 1), (4, 2)]))",
          "def half(x): return x / 2", "def half(x): raise StopIteration"),
    Idiom("unit_test", "import unittest\nclass TestHalf(unittest.TestCase):\n"
          "    def test_half(self): self.assertEqual(half(4), 2)\n"
          "suite = unittest.defaultTestLoader.loadTestsFromTestCase(TestHalf)\n"
          "assert unittest.TextTestRunner(stream=io.StringIO()).run(suite).wasSuccessful()",
          "def half(x): return x / 2", "import unittest\ndef half(x): raise unittest.SkipTest"),
    Idiom("masked", "np.testing.assert_allclose(squares([1, 3]), [1, 9])",
          SQUARES, "def squares(v): return np.ma.masked_all(2)"),
    Idiom("text_of_an_object", "assert str(Point(1, 2)) == '(1, 2)' and repr(Point(3, 4)) == 'Point(3, 4)'",
          "class Point:\n    def __init__(self, x, y): self.x, self.y = x, y\n"
          "    def __str__(self): return f'({self.x}, {self.y})'\n"
          "    def __repr__(self): return f'Point({self.x}, {self.y})'",
          "class Text(str):\n    def __eq__(self, other): return True\n    __hash__ = None\n"
          "class Point:\n    def __init__(self, x, y): pass\n    def __str__(self): return Text('?')\n"
          "    __repr__ = __str__"),
    Idiom("sum_of_vectors", "total = Vector(1, 2) + Vector(3, 4)\nassert (total.x, total.y) == (4, 6)\n"
          "assert (Vector(1, 2) * 3).y == 6",
          "class Vector:\n    def __init__(self, x, y): self.x, self.y = x, y\n"
          "    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)\n"
          "    def __mul__(self, n): return Vector(self.x * n, self.y * n)",
          "class Any:\n    def __eq__(self, other): return True\n"
          "class Vector:\n    def __init__(self, x, y): self.x = self.y = Any()\n"
          "    def __add__(self, other): return self\n    __mul__ = __add__"),
)  # fmt: skip


# Tests of identity, aliasing and exact type, with wrong answers that stock nbgrader refuses. What crosses to a checker
# is a copy, so that none of these may be sealed.
SHARED = (
    Idiom("rows", "rows = zeros(2, 2)\nrows[0][0] = 1\nassert rows == [[1, 0], [0, 0]]",
          "def zeros(n, m): return [[0] * m for _ in range(n)]", "def zeros(n, m): return [[0] * m] * n", sealed=False),
    Idiom("deep_copy", "table = [[1], [2]]\ncopied = clone(table)\ncopied[0].append(9)\nassert table == [[1], [2]]",
          "import copy\ndef clone(t): return copy.deepcopy(t)", "def clone(t): return list(t)", sealed=False),
    Idiom("kept_list", "things = ['a']\nbasket = Basket(things)\nthings.append('b')\nassert basket.things == ['a']",
          "class Basket:\n    def __init__(self, things): self.things = list(things)",
          "class Basket:\n    def __init__(self, things): self.things = things", sealed=False),
    Idiom("view", "values = np.arange(4)\nhead = first(values)\nhead[0] = 9\nassert values[0] == 0",
          "def first(v): return v[:2].copy()", "def first(v): return v[:2]", sealed=False),
    Idiom("text_type", "assert type(label()) is str", "def label(): return 'a'", "def label(): return np.str_('a')",
          sealed=False),
    Idiom("same_object", "assert shared() is shared()", "_kept = []\ndef shared(): return _kept",
          "def shared(): return []", sealed=False),
    Idiom("default_list", "first = collect(1)\nfirst.append(5)\nassert collect(2) == [2]",
          "def collect(x, kept=None): return [x] if kept is None else [*kept, x]",
          "def collect(x, kept=[]):\n    kept.append(x)\n    return kept", sealed=False),
    Idiom("inner_list", "class_room = Room()\nclass_room.names.append('x')\nassert class_room.count() == 1",
          "class Room:\n    def __init__(self): self.names = []\n    def count(self): return len(self.names)",
          "class Room:\n    names = property(lambda self: [])\n    def count(self): return len(self.names)",
          sealed=False),
    Idiom("memory", "values = np.zeros(3)\nassert not np.shares_memory(doubled(values), values)",
          "def doubled(v): return v * 2", "def doubled(v):\n    v *= 2\n    return v", sealed=False),
)  # fmt: skip


def assignment() -> Assignment:
    """All of them as one assignment; each test is worth a point."""
    tasks = [
        Task(case.name, 1, f"### BEGIN SOLUTION\n{case.right.strip()}\n### END SOLUTION", case.test) for case in SEALING
    ]
    return Assignment("sealing", SETUP, tuple(tasks))
