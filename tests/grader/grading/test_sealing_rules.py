"""Which tests are sealed is read from the instructor's text: for each rule one that is not, and a near miss that is."""

import pytest

from grader.grading.analysis.grading_plan import plan
from grader.grading.analysis.sealing_rules import NO_SOURCE, RULES
from grader.grading.intake.instructor_notebook import InstructorNotebook
from tests.attacks import idioms, sealing
from tests.attacks.course import Assignment, ps2, ps3
from tests.attacks.course.ps1 import PS1
from tests.grader.grading.bench import Bench, answer, check, locked

SETUP = "import copy, io, math, os, sys, warnings\nimport numpy as np\nimport pandas as pd"
ANSWER = """
rate = 0.2
def f(*values): return list(values)
def path(): return "a.csv"
def price(x): return x * rate
class Box:
    def __init__(self, items): self.items = items
    def add(self, item): self.items.append(item)
    def query(self, text): return text
"""
# By rule: what is not sealed, and what looks like it and is.
PAIRS = {
    "shell": ("get_ipython().user_ns", "assert f(1) == [1]"),
    "magic": ("%run other.py", "%matplotlib inline\nassert f(1) == [1]"),
    "mock": ("from unittest import mock\nwith mock.patch('math.pow'): f(1)",
             "mocked = f(1)\nassert mocked == [1]"),
    "built-in bound again": ("sorted = None\nassert f(1) == [1]",
                             "def helper(sum): return sum\nassert helper(f(1)) == [1]"),
    "built-in function": ("def sum(*a): raise AssertionError\nassert f(1) == [1]",
                          "total = sum(f(1))\nassert total == 1"),
    "students name": ("rate = 0.5\nassert price(2) == 1", "rates = [rate]\nassert price(1) == rates[0]"),
    "module": ("np.sort = None\nassert f(1) == [1]", "np.random.seed(1)\nassert np.sort(f(1))[0] == 1"),
    "module by setattr": ("setattr(math, 'pi', 3)",
                          "box = Box([1])\nsetattr(box, 'size', 3)\nassert box.size == 3"),
    "builtins": ("import builtins\nbuiltins.sum = None", "assert sum(f(1)) == 1"),
    "modules": ("sys.modules['numpy'] = None\nf(1)", "sys.path.insert(0, '.')\nassert f(1) == [1]"),
    "file written": ("with open('a.csv', 'w') as file: file.write('1')\nassert f(1) == [1]",
                     "box = Box([1])\nassert open('given.csv').read() and box.items == [1]"),
    "table written": ("pd.DataFrame({'a': [1]}).to_csv('a.csv')\nassert f(1) == [1]",
                      "assert pd.DataFrame({'a': f(1)}).to_dict() == {'a': {0: 1}}"),
    "setting": ("pd.set_option('display.precision', 2)\nassert f(1) == [1]", "assert pd.get_option and f(1) == [1]"),
    "figures": ("import matplotlib.pyplot as plt\nassert f(1) == [1]\nplt.close('all')",
                "import matplotlib.pyplot as plt\nassert len(plt.gca().lines) == 0 and f(1) == [1]"),
    "environment": ("os.environ['X'] = '1'\nf(1)", "assert os.environ.get('X') is None and f(1) == [1]"),
    "recursion": ("sys.setrecursionlimit(50)\nf(1)", "assert sys.maxsize > len(f(1))"),
    "warnings as errors": ("warnings.simplefilter('error')\nf(1)",
                           "warnings.simplefilter('ignore')\nassert f(1) == [1]"),
    "warnings looked at": ("import pytest\nwith pytest.warns(UserWarning): f(1)",
                           "import pytest\nwith pytest.raises(ValueError): f(1)"),
    "names written": ("globals()['x'] = 1\nf(1)", "assert 'f' in globals() and vars(Box([1]))['items'] == [1]"),
    "module asked": ("assert not hasattr(math, 'mean')", "assert hasattr(Box([1]), 'items')"),
    "source": ("import inspect\nassert 'for' not in inspect.getsource(f)",
               "import inspect\nassert list(inspect.signature(f).parameters) == ['values']"),
    "pickle": ("import pickle\npickle.loads(f(1))", "import json\nassert json.loads('[1]') == f(1)"),
    "array with objects": ("np.load('a.npy', allow_pickle=True)", "np.load('a.npy')"),
    "yaml": ("import yaml\nyaml.load(path())", "import yaml\nassert yaml.safe_load('1') == 1"),
    "eval": ("assert eval(path()) == 1", "import ast\nassert ast.literal_eval('[1]') == f(1)"),
    "compiled": ("compile(path(), '', 'exec')", "import re\nassert re.compile('a').match(path())"),
    "table query": ("boxes = Box([1])\nassert len(pd.DataFrame({'a': f(1)}).query(path())) == 1",
                    "box = Box([1])\nassert box.query('x') == 'x' and len(pd.DataFrame({'a': f(1)})) == 1"),
    "table eval": ("pd.DataFrame({'a': f(1)}).eval(path())", "model = Box([1])\nmodel.eval()"),
    "SQL": ("import sqlite3\nsqlite3.connect(':memory:').execute(path())", "executed = f(1)\nassert executed == [1]"),
    "symbols": ("import sympy\nassert sympy.sympify(path()) == 1", "import sympy\nassert sympy.Integer(1) == f(1)[0]"),
    "process": ("import subprocess\nsubprocess.run(path())", "assert f('subprocess') == ['subprocess']"),
    "format": ("assert path().format(1) == '1'", "assert '{}'.format(path()) == 'a.csv' and '%s' % path() == 'a.csv'"),
    "format by percent": ("text = path()\nassert text % (1, 2) == '12'", "assert f(7)[0] % 2 == 1"),
    "file": ("assert open(path()).read() == 'x'", "assert open('data.csv').read() == str(f(1))"),
    "identity": ("a = f(1)\nassert a is not f(1)", "assert f() is not None and (f(1) == [1]) is True"),
    "id": ("assert id(f(1)) != id(f(1))", "box = Box([1])\nassert box.id == 1\n"
           "assert pd.DataFrame({'id': f(1)}).id[0] == 1"),
    "unittest identity": ("import unittest\nunittest.TestCase().assertIs(f(1), f(1))",
                          "import unittest\nunittest.TestCase().assertIsNone(f(1))"),
    "base": ("v = np.arange(3)\nassert f(v)[0].base is v", "assert np.asarray(f(1)).base is None"),
    "memory": ("v = np.arange(3)\nassert not np.shares_memory(f(v)[0], v)", "assert np.array_equal(f(1), [1])"),
    "type is": ("assert type(f(1)) is list", "assert isinstance(f(1), list)"),
    "type ==": ("got = f(1)\nassert type(got) == list", "assert type(Box([1])).__name__ == 'Box'"),
    "type in": ("assert type(f(1)[0]) in (int, float)", "assert f(1)[0] in (1, 2)"),
    "types of all": ("assert set(map(type, f(1))) == {int}", "assert set(map(str, f(1))) == {'1'}"),
    "class": ("assert f(1).__class__ == list", "assert Box.__name__ == 'Box'"),
    "copy": ("box = copy.copy(Box([1]))\nassert box.items == [1]",
             "values = [1]\nbefore = copy.deepcopy(values)\nf(values)\nassert values == before"),
    "parallel": ("import threading\nthreading.Thread(target=f).start()", "assert f('threading') == ['threading']"),
    "coroutine": ("async def wait(): return await f(1)\nwait().send(None)", "assert callable(f)"),
    # Aliasing: a value that is changed, and another one that may show it.
    "argument changed": ("values = [1]\nbox = Box(values)\nvalues.append(2)\nassert box.items == [1]",
                         "values = [1]\nvalues.append(2)\nbox = Box(values)\nassert box.items == [1, 2]"),
    "result changed": ("values = [3]\ngot = f(values)\ngot[0] = 5\nassert values == [3]",
                       "got = f(3)\ngot[0] = 5\nassert got == [5]"),
    "in place": ("v = np.ones(2)\ngot = f(v)\ngot += 1\nassert v.sum() == 2",
                 "points = 0\npoints += f(1) == [1]\npoints"),
    "part of a part": ("rows = f([1], [1])\nrows[0].append(2)\nassert rows == [[1, 2], [1]]",
                       "rows = [[1], [1]]\nrows[0].append(2)\nassert f(rows) == [[[1, 2], [1]]]"),
    "part of an object": ("box = Box([1])\nbox.items.append(2)\nassert box.items == [1, 2]",
                          "box = Box([1])\nbox.add(2)\nbox.items = [2]\n"
                          "assert box.items == [2] and Box([3]).items == [3]"),
    "asked again": ("first = f(1)\nfirst.append(2)\nassert f(1) == [1]",
                    "first = f(1)\nfirst = sorted(first)\nfirst.append(2)\nassert f(1) == [1]"),
    "kept in a list": ("kept = []\nkept.append(f(1))\nkept[0].append(2)\nassert f(1) == [1]",
                       "kept = []\nfor n in range(3): kept.append(f(n))\nassert kept[0] == [0]"),
    "two names at once": ("got, other = f(1), []\ngot.append(2)\nassert f(1) == [1]",
                          "box, found = Box([1]), []\nfor n in (1, 2): found.append(box.items)\nassert found"),
    "another name": ("got = f(1)\nother = got\nother.append(2)\nassert got == [1]",
                     "got = f(1)\nother = list(got)\nother.append(2)\nassert got == [1]"),
    "deleted": ("values = [1]\nbox = Box(values)\ndel values[0]\nassert box.items == [1]",
                "values = [1]\nbox = Box(values)\ndel values\nassert box.items == [1]"),
    "changed by the student": ("row = [2]\nbox = Box(row)\nrow.sort()\nbox.add(1)\nassert row == [2]",
                               "row = [2, 1]\nf(row)\nassert row == [2, 1]"),
    "table": ("frame = pd.DataFrame({'a': [1]})\ngot = f(frame)[0]\ngot.loc[0, 'a'] = 5\nassert frame.loc[0, 'a'] == 1",
              "got = pd.DataFrame({'a': f(1)})\ngot.loc[0, 'a'] = 5\nassert got.a[0] == 5"),
}  # fmt: skip


def planned(test, right=ANSWER, setup=SETUP):
    """(reason, advice) of one test of an assignment, None if it is sealed."""
    cells = [locked("setup", setup), answer("it", right)[0], check("it-test", test)]
    made = plan(InstructorNotebook("made", tuple(cells)), {"setup": setup, "it": right, "it-test": test})
    assert set(made.unsealed) == set(made.advice)
    return (made.unsealed["it-test"], made.advice["it-test"]) if made.unsealed else None


@pytest.mark.parametrize("name", PAIRS)
def test_a_test_that_asks_what_a_copy_cannot_tell_is_not_sealed_and_its_near_miss_is(name):
    apart, near = PAIRS[name]
    found = planned(apart)
    assert found is not None
    assert all(sentence.strip() and "{}" not in sentence for sentence in found)
    assert planned(near) is None


def test_every_rule_has_a_test_that_it_alone_explains():
    reasons = [found[0] for apart, _ in PAIRS.values() if (found := planned(apart))]
    for rule in RULES:
        before, _, after = rule.reason.partition("{}")
        assert any(reason.startswith(before) and reason.endswith(after) for reason in reasons), rule.reason


def test_no_test_of_a_course_without_the_instructors_answers_is_sealed():
    cells = (answer("it", ANSWER)[0], check("it-test", "assert f(1) == [1]"))
    made = plan(InstructorNotebook("made", cells), {})
    assert (made.unsealed, made.advice) == ({"it-test": NO_SOURCE.reason}, {"it-test": NO_SOURCE.advice})


def test_most_tests_of_ordinary_courses_are_sealed():
    courses = [
        PS1,
        *(
            assignment
            for module in (ps2, ps3)
            for assignment in vars(module).values()
            if isinstance(assignment, Assignment)
        ),
    ]
    tests = [(task.test, task.answer, course.setup) for course in courses for task in course.tasks]
    tests += [(case.test, case.right, idioms.SETUP) for case in (*idioms.IDIOMS, *sealing.SEALING) if case.sealed]
    assert [planned(*test) for test in tests if planned(*test)] == []
    assert len(tests) >= 58


@pytest.fixture(scope="module")
def shared():
    cells = [locked("setup", idioms.SETUP)]
    for case in sealing.SHARED:
        cells += [answer(case.name, case.right), check(f"{case.name}-test", case.test)]
    with Bench(*cells) as bench:
        yield bench


def test_no_wrong_answer_to_a_test_of_identity_aliasing_or_type_gets_a_point(shared):
    right = shared.result().verdicts
    assert {verdict.cell: (verdict.verdict, verdict.unsealed) for verdict in right} == {
        f"{case.name}-test": ("pass", True) for case in sealing.SHARED
    }
    wrong = shared.result({case.name: case.wrong for case in sealing.SHARED}).verdicts
    assert {verdict.cell for verdict in wrong if verdict.points} == set()
    assert len(wrong) == 9
