"""Exercises whose answers are numbers and truth values: equal, close, exact types, sums and parts of points."""

from tests.attacks.differential.model import Exercise

NUMBERS = (
    Exercise(
        "greatest_divisor",
        """
        assert greatest_divisor(12, 18) == 6
        assert greatest_divisor(7, 5) == 1, "7 and 5 have no common divisor"
        ### BEGIN HIDDEN TESTS
        for a in range(1, 12):
            for b in range(1, 12):
                assert greatest_divisor(a, b) == math.gcd(a, b)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def greatest_divisor(a, b):
                    while b:
                        a, b = b, a % b
                    return a
            """,
            "alias of math.gcd": "import math\ngreatest_divisor = math.gcd",
            "recursive lambda": "greatest_divisor = lambda a, b: a if b == 0 else greatest_divisor(b, a % b)",
            "numpy integer": "import numpy as np\ndef greatest_divisor(a, b): return np.gcd(a, b)",
            "sympy integer": "import sympy\ndef greatest_divisor(a, b): return sympy.gcd(a, b)",
        },
        wrong={
            "smaller number": "def greatest_divisor(a, b): return min(a, b)",
            "one step": "def greatest_divisor(a, b): return b if a % b == 0 else a % b",
        },
    ),
    Exercise(
        "mean_of",
        """
        assert math.isclose(mean_of([1, 2, 4]), 7 / 3, rel_tol=1e-9)
        assert math.isclose(mean_of([5]), 5)
        ### BEGIN HIDDEN TESTS
        assert math.isclose(mean_of([0.1] * 10), 0.1, abs_tol=1e-9)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def mean_of(values): return sum(values) / len(values)",
            "numpy scalar": "import numpy as np\ndef mean_of(values): return np.mean(values)",
            "torch scalar": """
                import torch
                def mean_of(values):
                    return torch.tensor(values, dtype=torch.float64).mean()
            """,
            "fraction": """
                from fractions import Fraction
                def mean_of(values):
                    return sum(map(Fraction, values)) / len(values)
            """,
            "decimal": """
                from decimal import Decimal
                def mean_of(values):
                    return sum(Decimal(str(one)) for one in values) / len(values)
            """,
        },
        wrong={
            "median": "from statistics import median as mean_of",
            "whole numbers": "def mean_of(values): return sum(values) // len(values)",
        },
    ),
    Exercise(
        "factorial_of",
        """
        assert factorial_of(0) == 1 and factorial_of(5) == 120
        ### BEGIN HIDDEN TESTS
        assert factorial_of(20) == 2432902008176640000
        assert factorial_of(6) // factorial_of(4) == 30
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def factorial_of(n): return 1 if n < 2 else n * factorial_of(n - 1)",
            "alias": "factorial_of = __import__('math').factorial",
            "sympy integer": "import sympy\nfactorial_of = sympy.factorial",
            "cached": """
                from functools import lru_cache
                @lru_cache(maxsize=None)
                def factorial_of(n):
                    return n * factorial_of(n - 1) if n else 1
            """,
            "numpy integer": """
                import numpy as np
                def factorial_of(n):
                    return np.prod(np.arange(1, n + 1, dtype=np.int64))
            """,
        },
        wrong={
            "range from 0": "import math\ndef factorial_of(n): return math.prod(range(n))",
            "float": "def factorial_of(n): return 1 if n == 0 else round(n * factorial_of(n - 1) * 1.01)",
        },
    ),
    Exercise(
        "is_leap",
        """
        assert is_leap(2024) is True
        assert is_leap(1900) is False
        ### BEGIN HIDDEN TESTS
        assert is_leap(2000) is True and is_leap(2023) is False
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def is_leap(year): return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)",
            "alias of calendar.isleap": "from calendar import isleap as is_leap",
            "numpy turned into bool": """
                import numpy as np
                def is_leap(year):
                    return bool(np.isin(year % 400, [0]) or (year % 4 == 0 and year % 100))
            """,
            "exception": """
                from datetime import date
                def is_leap(year):
                    try:
                        return date(year, 2, 29) is not None
                    except ValueError:
                        return False
            """,
        },
        wrong={
            "numpy bool": """
                import numpy as np
                def is_leap(year): return np.bool_(year % 4 == 0 and year % 100 != 0 or year % 400 == 0)
            """,
            "one for true": "def is_leap(year): return int(year % 4 == 0 and year % 100 != 0 or year % 400 == 0)",
            "every fourth": "def is_leap(year): return year % 4 == 0",
        },
    ),
    Exercise(
        "is_even",
        """
        assert is_even(4) and not is_even(3)
        assert is_even(0) == True, "zero is even"
        ### BEGIN HIDDEN TESTS
        assert [n for n in range(6) if is_even(n)] == [0, 2, 4]
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def is_even(n): return n % 2 == 0",
            "numpy bool": "import numpy as np\ndef is_even(n): return np.mod(n, 2) == 0",
            "one and zero": "def is_even(n): return 1 - n % 2",
            "torch bool": "import torch\ndef is_even(n): return torch.tensor(n) % 2 == 0",
            "sympy": "import sympy\ndef is_even(n): return sympy.Integer(n).is_even",
        },
        wrong={
            "text": "def is_even(n): return str(n % 2 == 0)",
            "odd": "def is_even(n): return n % 2",
        },
    ),
    Exercise(
        "roots_of",
        """
        found = sorted(roots_of(1, -3, 2))
        assert len(found) == 2
        assert all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(found, [1, 2]))
        ### BEGIN HIDDEN TESTS
        assert max(roots_of(2, 0, -8)) - 2 < 1e-9 and min(roots_of(2, 0, -8)) + 2 < 1e-9
        assert abs(sum(roots_of(1, 1, -6)) + 1) < 1e-9
        ### END HIDDEN TESTS
        """,
        right={
            "plain": """
                def roots_of(a, b, c):
                    root = (b * b - 4 * a * c) ** 0.5
                    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]
            """,
            "numpy array": "import numpy as np\ndef roots_of(a, b, c): return np.roots([a, b, c])",
            "generator": """
                import math
                def roots_of(a, b, c):
                    for sign in (1, -1):
                        yield (-b + sign * math.sqrt(b * b - 4 * a * c)) / (2 * a)
            """,
            "named tuple with a method": """
                from typing import NamedTuple
                class Roots(NamedTuple):
                    low: float
                    high: float
                    def spread(self):
                        return self.high - self.low
                def roots_of(a, b, c):
                    root = (b * b - 4 * a * c) ** 0.5
                    return Roots((-b - root) / (2 * a), (-b + root) / (2 * a))
            """,
            "sympy": """
                import sympy
                def roots_of(a, b, c):
                    x = sympy.Symbol("x")
                    return sympy.solve(a * x**2 + b * x + c, x)
            """,
        },
        wrong={
            "sign": """
                def roots_of(a, b, c):
                    root = (b * b - 4 * a * c) ** 0.5
                    return [(b - root) / (2 * a), (b + root) / (2 * a)]
            """,
            "one root": "def roots_of(a, b, c): return [(-b + (b * b - 4 * a * c) ** 0.5) / (2 * a)]",
        },
    ),
    Exercise(
        "price_with_tax",
        """
        assert abs(price_with_tax(100) - 119) < 1e-6
        assert round(float(price_with_tax(10)), 2) == 11.9
        ### BEGIN HIDDEN TESTS
        assert price_with_tax(0) == 0
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def price_with_tax(net): return net * 1.19",
            "fraction": "from fractions import Fraction\ndef price_with_tax(net): return net * Fraction(119, 100)",
            "numpy 0-d array": "import numpy as np\ndef price_with_tax(net): return np.array(net * 1.19)",
            "float subclass": """
                class Euro(float):
                    def __repr__(self):
                        return f"{float(self):.2f} EUR"
                def price_with_tax(net):
                    return Euro(net * 1.19)
            """,
            "a number class of its own": """
                class Money:
                    def __init__(self, cents): self.cents = cents
                    def __float__(self): return self.cents / 100
                    def __sub__(self, other): return float(self) - float(other)
                    def __eq__(self, other): return float(self) == float(other)
                def price_with_tax(net): return Money(net * 119)
            """,
        },
        wrong={
            "tax alone": "def price_with_tax(net): return net * 0.19",
            "rounded up": "import math\ndef price_with_tax(net): return math.ceil(net * 1.2)",
        },
    ),
    Exercise(
        "digit_sum",
        """
        points = 0
        for number, expected in [(0, 0), (7, 7), (123, 6), (9999, 36)]:
            try:
                points += digit_sum(number) == expected
            except Exception:
                pass
        points
        """,
        right={
            "plain": "def digit_sum(n): return sum(int(digit) for digit in str(n))",
            "arithmetic": """
                def digit_sum(n):
                    total = 0
                    while n:
                        n, digit = divmod(n, 10)
                        total += digit
                    return total
            """,
            "numpy integer": "import numpy as np\ndef digit_sum(n): return np.sum(np.array(list(str(n)), dtype=int))",
            "recursive": "def digit_sum(n): return n if n < 10 else n % 10 + digit_sum(n // 10)",
            "integer subclass": """
                class Count(int):
                    pass
                def digit_sum(n):
                    return Count(sum(map(int, f"{n}")))
            """,
        },
        wrong={
            "number of digits": "def digit_sum(n): return len(str(n))",
            "raises from 10 on": "def digit_sum(n): return {0: 0, 7: 7}[n]",
        },
        points=4,
    ),
    Exercise(
        "share_right",
        """
        score = 0.0
        if share_right(["a", "b"], ["a", "c"]) == 0.5:
            score += 0.5
        if share_right([1, 2, 3, 4], [1, 2, 3, 4]) == 1:
            score += 0.5
        ### BEGIN HIDDEN TESTS
        if share_right([1], [2]) == 0:
            score += 1
        ### END HIDDEN TESTS
        score
        """,
        right={
            "plain": "def share_right(a, b): return sum(x == y for x, y in zip(a, b)) / len(a)",
            "numpy": "import numpy as np\ndef share_right(a, b): return (np.array(a) == np.array(b)).mean()",
            "sklearn": "from sklearn.metrics import accuracy_score as share_right",
            "fraction": """
                from fractions import Fraction
                def share_right(a, b):
                    return Fraction(sum(x == y for x, y in zip(a, b)), len(a))
            """,
            "decimal": """
                from decimal import Decimal
                share_right = lambda a, b: Decimal(sum(x == y for x, y in zip(a, b))) / Decimal(len(a))
            """,
        },
        wrong={
            "count": "def share_right(a, b): return sum(x == y for x, y in zip(a, b))",
            "per cent": "def share_right(a, b): return 100 * sum(x == y for x, y in zip(a, b)) / len(a)",
        },
        points=2,
    ),
    Exercise(
        "to_kelvin",
        """
        assert type(to_kelvin(0)) is float
        assert to_kelvin(1) == 274.15
        """,
        right={
            "plain": "def to_kelvin(celsius): return celsius + 273.15",
            "method": "class Scale:\n    def shift(self, degrees): return 273.15 + degrees\nto_kelvin = Scale().shift",
            "partial": "import functools, operator\nto_kelvin = functools.partial(operator.add, 273.15)",
            "numpy item": "import numpy as np\ndef to_kelvin(celsius): return (np.float64(celsius) + 273.15).item()",
        },
        wrong={
            "numpy float": "import numpy as np\ndef to_kelvin(celsius): return np.float64(celsius) + 273.15",
            "float subclass": "class Kelvin(float): pass\ndef to_kelvin(celsius): return Kelvin(celsius + 273.15)",
            "rounded": "def to_kelvin(celsius): return round(celsius + 273.15)",
        },
    ),
    Exercise(
        "best_index",
        """
        scores = [3, 9, 4]
        assert scores[best_index(scores)] == 9
        assert list(range(best_index([1, 2, 3]))) == [0, 1]
        ### BEGIN HIDDEN TESTS
        assert best_index([5, 1]) == 0 and isinstance(int(best_index([1, 2])), int)
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def best_index(values): return values.index(max(values))",
            "numpy integer": "import numpy as np\nbest_index = np.argmax",
            "key": "def best_index(values): return max(range(len(values)), key=values.__getitem__)",
            "integer enumeration": """
                from enum import IntEnum
                Place = IntEnum("Place", {"FIRST": 0, "SECOND": 1, "THIRD": 2})
                def best_index(values):
                    return Place(max(enumerate(values), key=lambda pair: pair[1])[0])
            """,
            "sympy integer": """
                import sympy
                def best_index(values):
                    return sympy.Integer(sorted(range(len(values)), key=lambda n: values[n])[-1])
            """,
        },
        wrong={
            "value": "best_index = max",
            "lowest": "import numpy as np\nbest_index = np.argmin",
        },
    ),
)
