"""What depends on a changed decision runs again and shows what a fresh run would; nothing else runs."""

import ast
import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from case_studies.kit.cell_dependencies import SERVER, dependents, flow_of, leaves_a_server
from notebook_runner import course_root
from notebook_runner.course import read_json
from tests.kernels import ReadersKernel

FORMS = [
    "{x} = {y} + 1",
    "{x} += {y}",
    "{x} = d + {y}",
    "if {y} > 1:\n    {x} = {z}\n{x}",
    "for {x} in range({y} % 3):\n    {z} = {x}\n{x}, {z}",
    "{x} = sum({y} for {y} in [{y}, {z}])",
    "def f({y}=1):\n    return {y} + {z}",
    "f = lambda: {y} + {z}",
    "{x} = f() + {z}",
    "box[0] = {y}",
    "box.append({y})",
    "{x} = len(box) + box[0]",
]
VARIABLES = st.sampled_from(["a", "b", "c"])
CELLS = st.lists(st.builds(lambda form, x, y, z: form.format(x=x, y=y, z=z), st.sampled_from(FORMS), *[VARIABLES] * 3))
BEGIN = "a = b = c = 0\nbox = [0]\nf = lambda: 0"


def seen(scope):
    """What the variables of a program hold."""
    return scope["a"], scope["b"], scope["c"], list(scope["box"])


def run(cells, scope):
    """Run `cells` (by name) in `scope`: what each one leaves in the variables that it assigns."""
    left = {}
    for name, source in cells.items():
        exec(source, scope)
        left[name] = {key: str(scope[key]) for key in ("a", "b", "c", "box") if key in flow_of(source).writes}
    return left


@given(CELLS, st.lists(st.integers(0, 3), min_size=2, max_size=4))
@example(["b = d + a", "b += c", "a = b + 1"], [0, 1])
@example(["def f(b=1):\n    return b + a", "a = d + c", "c = f() + b"], [0, 1])
@settings(deadline=None)
def test_after_each_change_every_cell_has_left_what_a_fresh_run_leaves(sources, decisions):
    cells = {"begin": BEGIN} | {f"cell-{number}": source for number, source in enumerate(sources)}
    scope = {"d": decisions[0]}
    left = run(cells, scope)
    for decision in decisions[1:]:
        scope["d"] = decision
        left |= run({name: cells[name] for name in dependents(cells, {"d"})}, scope)
        assert left == run(cells, {"d": decision})


NOTEBOOK = {
    "load": "rows = [3, 1, 2]\ntitle = 'all rows'",
    "rank": "def ranked(rows):\n    return sorted(rows)[:kept]\nkept = your_count or 2",
    "plot": "title = 'best rows'\nshown = title",
    "table": "for number, row in enumerate(ranked(rows)):\n    title = f'{number}: {row}'",
    "money": "prices = {row: 2 * row for row in rows}",
    "claim": "holds = max(prices.values()) > 3",
}


def test_only_what_depends_on_a_decision_runs_again():
    assert dependents(NOTEBOOK, {"your_count"}) == ["rank", "table"]
    assert dependents(NOTEBOOK, {"your_price"}) == []
    changed = NOTEBOOK | {"money": "prices = {}\nfor row in rows[:your_count]:\n    prices[row] = 2 * row"}
    assert dependents(changed, {"your_count"}) == ["rank", "table", "money", "claim"]


def test_a_method_called_for_its_effect_changes_its_object_and_no_module():
    cells = {
        "fill": "bank.open(your_count)",
        "plot": "plot.bars(your_count);",
        "read": "bank.money",
        "draw": "plot.x()",
    }
    assert dependents(cells, {"your_count"}, {"plot"}) == ["fill", "plot", "read"]


def start(command):
    return ServerProcess(command)  # noqa: F821


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("server = ServerProcess('serve')", True),
        ("server = start('serve')", True),
        ("server = start('serve')\nserver.stop()", False),
        ("answer = ask(server)", False),
    ],
)
def test_a_cell_that_leaves_a_server_running_is_told_from_one_that_stops_it(source, left):
    assert leaves_a_server(source, {"start": start, "server": 1}) == left


CASES = [path for path in sorted((course_root() / "case_studies").glob("*/*.ipynb")) if path.stem == path.parent.name]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_decision_of_a_case_runs_the_table_of_consequences_again_and_nothing_that_serves(path):
    code = [cell for cell in read_json(path)["cells"] if cell["cell_type"] == "code"]
    cells = {cell["id"]: "".join(cell["source"]) for cell in code}
    nodes = [node for source in cells.values() for node in ast.walk(ast.parse(source))]
    imports = [name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for name in node.names]
    modules = {name.asname or name.name for name in imports}
    decisions = [cell["id"] for cell in code if "decision" in cell["metadata"].get("tags", [])]
    assert decisions
    for decision in decisions:
        below = dict(list(cells.items())[list(cells).index(decision) + 1 :])
        names = re.findall(r"^(your_\w+) = ", cells[decision], re.MULTILINE)
        call = ast.parse(cells[decision].splitlines()[-1]).body[0].value
        assert (call.func.id, [argument.value for argument in call.args]) == ("rerun", names)
        for name in names:
            again = dependents(below, {name}, modules)
            assert "consequences" in again
            assert not any(SERVER in below[cell] or "served_copy" in below[cell] for cell in again)


@pytest.fixture(scope="module")
def kernel():
    kernel = ReadersKernel()
    yield kernel
    kernel.close()


def decided(count):
    return f"your_count = {count}\nrerun('your_count')"


CELLS_RUN = {
    "load": "rows = [3, 1, 2]\nprint('loaded')",
    "decision": decided(None),
    "best": "best = sorted(rows)[: your_count or 2]",
    "other": "print('other', len(rows))",
    "share": "share = 1 / (len(best) - 3)\nprint(len(best), 'shown')",
    "claim": "print('claim', share < 0)",
}


@pytest.fixture
def run_cell(kernel):
    """Runs a cell by its name, after a first run of all: what it showed. A kernel of its own a test would take long."""

    def run_cell(name, source, **how):
        return kernel.run(source, name, **how)[0]

    run_cell("begin", "%reset -f\nfrom case_studies.kit import reader_decisions")
    run_cell("no-cells", "reader_decisions._cells_of.cache_clear()")
    run_cell(
        "imports", "import os\nos.environ['JPY_SESSION_NAME'] = ''\nfrom case_studies.kit.reader_decisions import rerun"
    )
    first = [text for name, source in CELLS_RUN.items() for text in run_cell(name, source)]
    assert first == ["loaded", "other 3", "2 shown", "claim True"]
    return run_cell


AGAIN = ["Again, 1 of 3: best", "Again, 2 of 3: share", "1 shown", "Again, 3 of 3: claim", "claim True"]


def test_a_changed_decision_shows_what_depends_on_it_once_in_order_and_an_unchanged_one_nothing(run_cell):
    assert run_cell("decision", decided(None)) == []
    assert run_cell("decision", decided(1)) == AGAIN
    assert run_cell("decision", decided(1)) == []
    assert run_cell("look", "len(best)") == ["1"]


def test_a_cell_that_fails_is_named_with_those_left_out_and_another_decision_runs_all_of_them(run_cell):
    shown = run_cell("decision", decided(3))
    assert shown[:3] == ["Again, 1 of 3: best", "Again, 2 of 3: share", "ZeroDivisionError: division by zero"]
    assert shown[3].startswith("LessonError: The cell share failed, as shown above. Not run: claim.")
    assert run_cell("decision", decided(None))[2] == "2 shown"


def test_an_edited_cell_runs_as_it_ran_last_and_a_deleted_one_not_at_all(run_cell):
    run_cell("share", "share = -1\nprint('edited', len(best))")
    assert "SyntaxError" in run_cell("share", "share = (")[0]
    shown = run_cell("decision", decided(1), deleted=["claim"])
    assert shown == ["Again, 1 of 2: best", "Again, 2 of 2: share", "edited 1"]


def test_where_the_notebook_is_saved_its_order_counts_and_what_lies_above_stays(run_cell, tmp_path):
    order = ["load", "share", "decision", "claim", "best", "other"]
    saved = {"cells": [{"id": name, "cell_type": "code"} for name in ("begin", "imports", "look", "set", *order)]}
    (tmp_path / "case.ipynb").write_text(json.dumps(saved))
    run_cell("set", f"os.environ['JPY_SESSION_NAME'] = {str(tmp_path / 'case.ipynb')!r}")
    assert [text for text in run_cell("decision", decided(1)) if "Again" in text] == ["Again, 1 of 1: best"]


def test_a_cell_that_leaves_a_server_running_stops_the_rerun_before_it(run_cell):
    run_cell("share", "class ServerProcess:\n    made = len(best)\nshare = -1")
    shown = run_cell("decision", decided(1))
    assert shown[0] == "Again, 1 of 3: best"
    assert shown[1].startswith("LessonError: The cell share starts a server that another cell stops.")
    assert len(shown) == 2


def test_a_run_that_nobody_watches_runs_nothing_again(run_cell):
    assert run_cell("decision", decided(1), allow_stdin=False) == []
