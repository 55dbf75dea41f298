"""Problem set 2: where the process around a test could matter: streams, questions, threads, processes, libraries.

A test runs here as in nbgrader, by IPython, but in a fork: with other streams, and with libraries that were loaded
before it began and have threads of their own.
"""

from tests.attacks.course import Assignment, Task

SETUP = """\
import contextlib
import io
from unittest import mock

import numpy as np
import pandas as pd
import torch

trips = pd.read_csv("trips.csv")
"""

TRIPS = "city,day,minutes\nOslo,1,12\nLima,1,40\nOslo,2,\nLima,2,35\nKyiv,2,20\nKyiv,2,20\n"

TOTALS = Task(
    "totals",
    3,
    '''
def total_minutes(table):
    """Minutes by city, a series."""
    return table.groupby("city")["minutes"].sum()
''',
    """
found = total_minutes(trips)
earned = 0.0
earned += float(found["Lima"] == 75)
earned += float(found["Oslo"] == 12)
### BEGIN HIDDEN TESTS
more = total_minutes(pd.DataFrame({"city": ["A", "B", "A"], "minutes": [1, 2, 4]}))
earned += float(more.to_dict() == {"A": 5, "B": 2})
### END HIDDEN TESTS
earned
""",
    {
        "mean": 'def total_minutes(table):\n    return table.groupby("city")["minutes"].mean()',
        "fixed": 'def total_minutes(table):\n    return pd.Series({"Lima": 75, "Oslo": 12, "Kyiv": 40})',
    },
)

GREET = Task(
    "greet",
    2,
    '''
def greet(names):
    """Print a line "Hello, NAME" for each name."""
    for name in names:
        print(f"Hello, {name}")
''',
    """
with contextlib.redirect_stdout(io.StringIO()) as printed:
    result = greet(["Ada", "Bob"])
points = 0
points += printed.getvalue() == "Hello, Ada\\nHello, Bob\\n"
### BEGIN HIDDEN TESTS
points += result is None
### END HIDDEN TESTS
float(points)
""",
    {
        "returns": 'def greet(names):\n    return "\\n".join(f"Hello, {name}" for name in names)',
        "both": 'def greet(names):\n    for name in names:\n        print(f"Hello, {name}")\n    return names',
    },
)

PARALLEL = Task(
    "parallel",
    1,
    '''
def parallel_squares(values):
    """The squares as a list, in order."""
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda n: n * n, values))
''',
    """
assert parallel_squares([1, 2, 3]) == [1, 4, 9]
### BEGIN HIDDEN TESTS
assert parallel_squares(range(50)) == [n * n for n in range(50)]
### END HIDDEN TESTS
""",
    {
        "event_loop": (
            "import asyncio\nfrom concurrent.futures import ThreadPoolExecutor\nasync def _square(n): return n * n\n"
            "async def _all(values): return list(await asyncio.gather(*map(_square, values)))\n"
            "def parallel_squares(values):\n    with ThreadPoolExecutor(1) as pool:\n"
            "        return pool.submit(lambda: asyncio.run(_all(values))).result()"
        ),
        "lazy": "def parallel_squares(values): return map(lambda n: n * n, values)",
    },
)

ASK = Task(
    "ask",
    1,
    '''
def asked_total():
    """The sum of the numbers that a user types, until an empty line."""
    return sum(map(float, iter(input, "")))
''',
    """
with mock.patch("builtins.input", side_effect=["3", "4.5", ""]):
    assert asked_total() == 7.5
""",
    {"one_number": "def asked_total(): return float(input())"},
)

FIT = Task(
    "fit",
    1,
    '''
def fit_model(x, y):
    """A fitted regression."""
    from sklearn.linear_model import LinearRegression
    return LinearRegression().fit(x, y)
''',
    """
x = np.arange(12.0).reshape(-1, 1)
model = fit_model(x, 3 * x[:, 0] + 1)
np.testing.assert_allclose(model.predict([[2.0], [20.0]]), [7, 61], rtol=1e-3)
""",
    {
        "search": (
            "from sklearn.linear_model import Ridge\nfrom sklearn.model_selection import GridSearchCV\n"
            "def fit_model(x, y): return GridSearchCV(Ridge(), {'alpha': [1e-6, 1e-3]}, cv=2, n_jobs=2).fit(x, y)"
        ),
        "mean": "from sklearn.dummy import DummyRegressor\ndef fit_model(x, y): return DummyRegressor().fit(x, y)",
    },
)

NET = Task(
    "net",
    1,
    '''
class Net(torch.nn.Module):
    """One linear layer."""
    def __init__(self, n_in, n_out):
        super().__init__()
        self.layer = torch.nn.Linear(n_in, n_out)

    def forward(self, x):
        return self.layer(x)
''',
    """
model = Net(400, 300)
out = model(torch.zeros(200, 400))
assert out.shape == (200, 300)
### BEGIN HIDDEN TESTS
out.sum().backward()
assert sum(part.grad.numel() for part in model.parameters()) == 300 * 401
### END HIDDEN TESTS
""",
    {
        "alias": "Net = torch.nn.Linear",
        "without_bias": "def Net(n_in, n_out): return torch.nn.Linear(n_in, n_out, bias=False)",
    },
)

PS2 = Assignment("ps2", SETUP, (TOTALS, GREET, PARALLEL, ASK, FIT, NET), {"trips.csv": TRIPS})
