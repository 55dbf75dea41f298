"""Problem set 1: six answers with asserts, hidden tests, partial credit, a data file, a helper module, a clock."""

from tests.attacks.course import TOKENS, Assignment, Task

SETUP = """\
import math
import time

import numpy as np

from checks import share
"""

DATA = "city,degrees\nOslo,4.5\nLima,19.0\nCairo,21.0\nKyiv,8.25\n"

CHECKS = '''\
"""Helpers for the tests of this course."""


def share(function, cases, points):
    """The part of `points` that is the part of `cases` which `function` gets right."""
    right = 0
    for argument, expected in cases.items():
        try:
            right += function(argument) == expected
        except Exception:
            pass
    return points * right / len(cases)
'''

MEAN = Task(
    "mean",
    2,
    '''
def mean(values):
    """The arithmetic mean of a list of numbers."""
    return sum(values) / len(values)
''',
    f"""
assert mean([1, 2, 3]) == 2
assert mean([10]) == 10
### BEGIN HIDDEN TESTS
# {TOKENS["test"]}
assert mean([2, 4, 9]) == 5, "the mean of 2, 4 and 9"
assert mean([0.5, 0]) == 0.25
### END HIDDEN TESTS
""",
    {
        "zero": "def mean(values):\n    return 0",
        "integer": "def mean(values):\n    return sum(values) // len(values)",
        "known": "def mean(values):\n    return {(1, 2, 3): 2, (10,): 10}[tuple(values)]",
    },
)

SCALE = Task(
    "scale",
    2,
    '''
def scale(values):
    """The array shifted to mean 0 and stretched to standard deviation 1."""
    return (values - values.mean()) / values.std()
''',
    """
scaled = scale(np.array([1.0, 2.0, 3.0]))
assert isinstance(scaled, np.ndarray)
np.testing.assert_allclose(scaled, [-1.224745, 0.0, 1.224745], atol=1e-5)
### BEGIN HIDDEN TESTS
many = scale(np.arange(50.0) ** 2)
np.testing.assert_allclose([many.mean(), many.std()], [0.0, 1.0], atol=1e-9)
### END HIDDEN TESTS
""",
    {
        "shifted": "def scale(values):\n    return values - values.mean()",
        "list": "def scale(values):\n    return list((values - values.mean()) / values.std())",
    },
)

WORDS = Task(
    "words",
    3,
    '''
def count_words(text):
    """How often each word occurs, words in lower case."""
    counts = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts
''',
    """
points = 0
if count_words("a b a") == {"a": 2, "b": 1}:
    points += 1
if count_words("") == {}:
    points += 1
### BEGIN HIDDEN TESTS
if count_words("To be or not to be") == {"to": 2, "be": 2, "or": 1, "not": 1}:
    points += 1
### END HIDDEN TESTS
points
""",
    {
        "cases": "from collections import Counter\ndef count_words(text):\n    return dict(Counter(text.split()))",
        "empty": "def count_words(text):\n    return {}",
        "none": "def count_words(text):\n    pass",
    },
)

ROWS = Task(
    "rows",
    2,
    '''
def read_rows(path):
    """The rows of a CSV file with the columns city and degrees, degrees as numbers."""
    import csv
    with open(path) as file:
        return [{"city": row["city"], "degrees": float(row["degrees"])} for row in csv.DictReader(file)]
''',
    """
rows = read_rows("data.csv")
assert len(rows) == 4
assert rows[0] == {"city": "Oslo", "degrees": 4.5}
### BEGIN HIDDEN TESTS
assert max(row["degrees"] for row in rows) == 21.0
### END HIDDEN TESTS
""",
    {
        "text": "import csv\ndef read_rows(path):\n    return list(csv.DictReader(open(path)))",
    },
)

PRIMES = Task(
    "primes",
    3,
    '''
def primes_below(limit):
    """The primes below `limit` as a list."""
    return [n for n in range(2, limit) if all(n % k for k in range(2, int(n**0.5) + 1))]
''',
    """
earned = share(primes_below, {10: [2, 3, 5, 7], 4: [2, 3]}, points=1)
### BEGIN HIDDEN TESTS
earned += share(primes_below, {20: [2, 3, 5, 7, 11, 13, 17, 19], 2: []}, points=2)
### END HIDDEN TESTS
earned
""",
    {
        "odd": "def primes_below(limit):\n    return [2] + list(range(3, limit, 2))",
        "none": "def primes_below(limit):\n    return []",
    },
)

FIB = Task(
    "fib",
    2,
    '''
def fibonacci(n):
    """The n-th Fibonacci number, fast."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
''',
    """
assert fibonacci(10) == 55
start = time.perf_counter()
found = fibonacci(32)
assert time.perf_counter() - start < 0.1, "too slow"
assert found == 2178309
""",
    {
        "slow": "def fibonacci(n):\n    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)",
        "off": "def fibonacci(n):\n    return n",
    },
)

PS1 = Assignment(
    "ps1",
    SETUP,
    (MEAN, SCALE, WORDS, ROWS, PRIMES, FIB),
    {"data.csv": DATA, "checks.py": CHECKS},
    manual="Least squares weighs large residuals most, so one wrong reading can tilt the whole line.",
)
