"""Problem set 4: what the process around a test could change: files, streams, threads, questions, warnings, libraries.

A test runs here as in nbgrader, by IPython, but in a fork: with other files and streams, and with libraries that were
loaded before it began and have threads of their own.
"""

from tests.attacks.course import Assignment, Task

SETUP = """\
import io
import unittest
from unittest import mock

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import torch
"""

WRITE = Task(
    "write",
    1,
    '''
def write_lines(path, lines):
    """The lines are the whole file."""
    ### BEGIN SOLUTION
    with open(path, "w") as file:
        file.writelines(line + "\\n" for line in lines)
    ### END SOLUTION
''',
    """
write_lines("lines.txt", ["one", "two"])
with open("lines.txt") as file:
    assert file.read() == "one\\ntwo\\n"
### BEGIN HIDDEN TESTS
write_lines("lines.txt", ["three"])
assert open("lines.txt").read().splitlines() == ["three"], "the file is written again"
### END HIDDEN TESTS
""",
    {
        "moved": (
            "import os\ndef write_lines(path, lines):\n    with open(path + '.new', 'wb') as file:\n"
            "        file.writelines(line.encode() + b'\\n' for line in lines)\n    os.replace(path + '.new', path)",
            1,
        ),
        "appends": (
            "def write_lines(path, lines):\n    with open(path, 'a') as file:\n"
            "        file.writelines(line + '\\n' for line in lines)",
            0,
        ),
    },
)

REPORT = Task(
    "report",
    1,
    '''
def report(rows, out):
    """Write a line for each row; return how many."""
    ### BEGIN SOLUTION
    for name, value in rows:
        print(f"{name}: {value}", file=out)
    return len(rows)
    ### END SOLUTION
''',
    """
out = io.StringIO()
assert report([("a", 1), ("b", 22)], out) == 2
assert out.getvalue() == "a: 1\\nb: 22\\n"
""",
    {
        "redirected": (
            "import contextlib\ndef report(rows, out):\n    with contextlib.redirect_stdout(out):\n"
            "        for name, value in rows:\n            print(f'{name}: {value}')\n    return len(rows)",
            1,
        ),
        "printed": ("def report(rows, out):\n    for a, b in rows: print(f'{a}: {b}')\n    return len(rows)", 0),
    },
)

PARALLEL = Task(
    "parallel",
    1,
    '''
def parallel_squares(values):
    """The squares as a list, in order."""
    ### BEGIN SOLUTION
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda n: n * n, values))
    ### END SOLUTION
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
            "        return pool.submit(lambda: asyncio.run(_all(values))).result()",
            1,
        ),
        "lazy": ("def parallel_squares(values): return map(lambda n: n * n, values)", 0),
    },
)

ASK = Task(
    "ask",
    1,
    '''
def asked_total():
    """The sum of the numbers that a user types, until an empty line."""
    ### BEGIN SOLUTION
    return sum(map(float, iter(input, "")))
    ### END SOLUTION
''',
    """
with mock.patch("builtins.input", side_effect=["3", "4.5", ""]):
    assert asked_total() == 7.5
""",
    {"one_number": ("def asked_total(): return float(input())", 0)},
)

LOG = Task(
    "log",
    1,
    '''
def order_stock(n):
    """Warn of how many are left."""
    ### BEGIN SOLUTION
    import logging
    logging.getLogger("shop.stock").warning("only %d left", n)
    ### END SOLUTION
''',
    """
with unittest.TestCase().assertLogs("shop", level="WARNING") as logs:
    order_stock(2)
assert len(logs.records) == 1 and "2" in logs.output[0]
""",
    {"quiet": ("import logging\ndef order_stock(n): logging.getLogger('shop').info('only %d left', n)", 0)},
)

WARN = Task(
    "warn",
    1,
    '''
def old_name(x):
    """Twice x; a DeprecationWarning says that the name is old."""
    ### BEGIN SOLUTION
    import warnings
    warnings.warn("use double", DeprecationWarning, stacklevel=2)
    return 2 * x
    ### END SOLUTION
''',
    """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert old_name(2) == 4
assert [warning.category for warning in caught] == [DeprecationWarning]
### BEGIN HIDDEN TESTS
with unittest.TestCase().assertWarns(DeprecationWarning):
    old_name(1)
### END HIDDEN TESTS
""",
    {
        "silent": ("def old_name(x): return 2 * x", 0),
        "printed": ("import sys\ndef old_name(x):\n    print('old', file=sys.stderr)\n    return 2 * x", 0),
    },
)

STORE = Task(
    "store",
    1,
    '''
def add_user(connection, name):
    """A row more in the table."""
    ### BEGIN SOLUTION
    with connection:
        connection.execute("insert into users values (?)", (name,))
    ### END SOLUTION
''',
    """
import sqlite3
connection = sqlite3.connect("users.db")
connection.execute("create table users (name text)")
add_user(connection, "o'Brien")
assert connection.execute("select name from users").fetchall() == [("o'Brien",)]
""",
    {"quoted": ("def add_user(c, name): c.execute(f\"insert into users values ('{name}')\")", 0)},
)

PLOT = Task(
    "plot",
    1,
    '''
def plot_line(x, y):
    """The axes with one line, titled Load."""
    ### BEGIN SOLUTION
    plt.plot(x, y)
    plt.title("Load")
    return plt.gca()
    ### END SOLUTION
''',
    """
try:
    ax = plot_line([0, 1, 2], [1, 3, 2])
    assert ax.get_title() == "Load" and len(ax.lines) == 1
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 3, 2])
finally:
    plt.close("all")
""",
    {
        "figure_alone": (
            "from matplotlib.figure import Figure\ndef plot_line(x, y):\n    ax = Figure().add_subplot(title='Load')\n"
            "    ax.plot(x, y)\n    return ax",
            1,
        ),
        "turned": ("def plot_line(x, y):\n    plt.plot(y, x)\n    plt.title('Load')\n    return plt.gca()", 0),
    },
)

FIT = Task(
    "fit",
    1,
    '''
def fit_model(x, y):
    """A fitted regression."""
    ### BEGIN SOLUTION
    from sklearn.linear_model import LinearRegression
    return LinearRegression().fit(x, y)
    ### END SOLUTION
''',
    """
x = np.arange(12.0).reshape(-1, 1)
model = fit_model(x, 3 * x[:, 0] + 1)
np.testing.assert_allclose(model.predict([[2.0], [20.0]]), [7, 61], rtol=1e-3)
""",
    {
        "search": (
            "from sklearn.linear_model import Ridge\nfrom sklearn.model_selection import GridSearchCV\n"
            "def fit_model(x, y): return GridSearchCV(Ridge(), {'alpha': [1e-6, 1e-3]}, cv=2, n_jobs=2).fit(x, y)",
            1,
        ),
        "mean": ("from sklearn.dummy import DummyRegressor\ndef fit_model(x, y): return DummyRegressor().fit(x, y)", 0),
    },
)

NET = Task(
    "net",
    1,
    '''
class Net(torch.nn.Module):
    """One linear layer."""
    ### BEGIN SOLUTION
    def __init__(self, n_in, n_out):
        super().__init__()
        self.layer = torch.nn.Linear(n_in, n_out)

    def forward(self, x):
        return self.layer(x)
    ### END SOLUTION
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
        "alias": ("Net = torch.nn.Linear", 1),
        "without_bias": ("def Net(n_in, n_out): return torch.nn.Linear(n_in, n_out, bias=False)", 0),
    },
)

PS4 = Assignment("ps4", SETUP, (WRITE, REPORT, PARALLEL, ASK, LOG, WARN, STORE, PLOT, FIT, NET))
