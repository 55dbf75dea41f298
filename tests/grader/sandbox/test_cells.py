"""A cell's outputs are those of a kernel, so that the executed notebook serves formgrader as before."""

import itertools
import json
import re

import nbformat
import pytest
from nbclient import NotebookClient

from grader.sandbox import Limits, make_sandbox

LIKE_A_KERNEL = [
    "1 + 1",
    "print('a'); print('b', end='')",
    "import sys\nprint('out'); print('err', file=sys.stderr); print('out again')",
    "for i in range(3): print(i)\nfor i in range(3): print(i, file=sys.stderr)",
    "'no value'; None",
    "5;",
    "from IPython.display import HTML, JSON, clear_output, display\ndisplay(HTML('<b>h</b>'))\n3",
    "display({'a': 1}, 'two')\nJSON({'a': [1]})",
    "later = display('early', display_id='l')",
    "shown = display('one', display_id='k')\nprint('between')\nshown.update('two')",
    "later.update('late')",
    "print('gone'); clear_output(); print('stays')",
    "print('gone'); clear_output(wait=True); print('stays')",
    "import pandas as pd\npd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]); plt.title('a figure')",
    "%matplotlib inline\nfigure, axes = plt.subplots(figsize=(2, 2))\nplt.show()\nprint('after')",
    "figure",
    "def f(n):\n    return 1 / n\nf(0)",
    "raise ValueError('two\\nlines')",
    "undefined_name",
    "import nothing_of_that_name",
    "assert 1 == 2, 'no'",
    "In[1], Out[1], _1",
    "class A:\n    def _repr_html_(self): return '<i>a</i>'\n    def __repr__(self): return 'A!'\nA()",
    "sys.exit(3)",
    "raise KeyboardInterrupt",
    "missing = !ls /nothing/of/that/name\nlen(missing), _exit_code",
    "%%bash\necho from bash",
    "import asyncio\nasync def g():\n    await asyncio.sleep(0)\n    return 7\nawait g()",
    "%%capture caught\nprint('caught')",
    "caught.stdout",
    "import threading\nt = threading.Thread(target=lambda: print('thread')); t.start(); t.join()",
    "f?",
    "%nosuchmagic",
    "get_ipython().ast_node_interactivity = 'all'",
    "1\n2",
    "# a comment",
    "x = (5\n% 2)\ny = 7 \\\n% 4\nx, y",
    "folder = %pwd\nlen(folder) > 1",
    's = """\n%time no magic\n!no command\n"""\ns',
    "\n\nx = 3\nx",
    "    x = 4\n    x",
    ">>> x = 5\n>>> x",
]


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(
        ["numpy", "pandas", "matplotlib.pyplot"], limits=Limits(wall_s=300, output_bytes=100_000)
    ) as sandbox:
        yield sandbox


def plain(outputs):
    """Without addresses and colours; the pieces of a stream, which a kernel sends by the clock, put together."""
    text = re.sub(r"\\u001b\[[0-9;]*m", "", json.dumps([*together(outputs)], sort_keys=True))
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def together(outputs):
    for is_stream, some in itertools.groupby(outputs, lambda output: output["output_type"] == "stream"):
        if not is_stream:
            yield from some
            continue
        streams = sorted(some, key=lambda output: output["name"])
        for name, parts in itertools.groupby(streams, lambda output: output["name"]):
            yield {"output_type": "stream", "name": name, "text": "".join(part["text"] for part in parts)}


def test_outputs_are_those_that_nbclient_records(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in LIKE_A_KERNEL])
    NotebookClient(notebook, timeout=120, allow_errors=True, kernel_name="python3").execute()
    for cell, run in [(cell, session.run_cell(cell.source)) for cell in notebook.cells]:
        assert plain(run.outputs) == plain(cell.outputs), cell.source
        assert run.execution_count == cell.execution_count
        cell.outputs = [nbformat.from_dict(output) for output in run.outputs]
    nbformat.validate(notebook)


ROUND_PYTHON = """
import os, sys
os.system('echo from a child')
print('x', file=sys.__stdout__, flush=True)
os.write(2, b'from here')
"""


def test_output_that_goes_round_python_is_recorded(session):
    texts = {output["name"]: output["text"] for output in session.run_cell(ROUND_PYTHON).outputs[:2]}
    assert texts == {"stdout": "from a child\nx\n", "stderr": "from here"}


def test_a_shell_command_gives_its_output_without_carriage_returns(session):
    run = session.run_cell("!echo hello; echo problem 1>&2; false")
    assert run.outputs == [{"output_type": "stream", "name": "stdout", "text": "hello\nproblem\n"}]
    assert session.run_cell("_exit_code").outputs[0]["data"]["text/plain"] == "1"


def test_an_error_names_the_students_own_line(session):
    run = session.run_cell("import json\ndef parse(text):\n    return json.loads(text)  # mine\nparse('{')")
    assert run.verdict == "error"
    assert run.error[0] == "JSONDecodeError"
    assert run.error[2] == "return json.loads(text)  # mine"


def test_an_endless_recursion_is_told_by_its_two_ends(session):
    run = session.run_cell("def deep(n): return deep(n + 1)\ndeep(0)")
    assert run.error[0] == "RecursionError"
    assert len(run.outputs[0]["traceback"]) < 20


def test_input_is_refused_as_nbclient_refuses_it(session):
    for source in ("input('your name')", "import getpass; getpass.getpass()"):
        assert session.run_cell(source).error[0] == "StdinNotImplementedError"


def test_exit_ends_neither_session_nor_names(session):
    assert session.run_cell("kept = 5\nexit").verdict == "ok"
    assert session.run_cell("kept").outputs[0]["data"]["text/plain"] == "5"


def test_timing_magics_work(session):
    assert "Wall time" in session.run_cell("%%time\n1").outputs[0]["text"]
    assert "per loop" in session.run_cell("%timeit -n1 -r1 1").outputs[0]["text"]


def test_long_output_is_cut_and_says_so(session):
    for source in ("print('x' * 99); print('y' * 10**6)", "import os\nfor _ in range(30): os.write(1, b'z' * 10**4)"):
        run = session.run_cell(source)
        assert run.truncated
        assert "left out" in run.outputs[-1]["text"]
        assert len(plain(run.outputs)) < 250_000
    assert not session.run_cell("print('short')").truncated


def test_text_that_is_no_utf8_can_be_written_to_a_notebook(session):
    run = session.run_cell("print('\\ud800'); print(b'\\xff\\xfe', end=''); import os; os.write(1, b'\\xff\\n')")
    json.dumps(run.outputs, ensure_ascii=False).encode()


def test_a_test_cell_tells_values_and_errors_and_shows_nothing_else(sandbox):
    with sandbox.open() as session:
        rich = "class A:\n    def _repr_html_(self): raise SystemError\n    def __repr__(self): return '2.5'\nA()"
        assert [output["data"] for output in session.run_cell(rich, test=True).outputs] == [{"text/plain": "2.5"}]
        drawn = session.run_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()", test=True)
        assert not any("image/png" in output.get("data", {}) for output in drawn.outputs)
        for source, kind in (("1 / 0", "ZeroDivisionError"), ("def f(:", "SyntaxError"), ("%%nothing", "UsageError")):
            run = session.run_cell(source, test=True)
            assert (run.outputs, run.verdict, run.error and run.error[0]) == ([], "error", kind), source
        assert "ZeroDivisionError" in "".join(session.run_cell("1 / 0").outputs[0]["traceback"])


def test_syntax_of_ones_own_is_looked_for_in_plain_python_too():
    from grader.sandbox.ipython_shell import PlainFirst

    class Doubled:
        @classmethod
        def find(cls, tokens_by_line):
            return cls() if len(tokens_by_line) == 2 else None

        start_line, start_col, priority = 0, 0, 1

        def sortby(self):
            return 0

        def transform(self, lines):
            return [*lines, *lines]

    reader = PlainFirst()
    reader.token_transformers = [*reader.token_transformers, Doubled]
    assert reader.do_token_transforms(["x = 1\n"]) == ["x = 1\n", "x = 1\n"]
