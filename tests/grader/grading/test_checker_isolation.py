"""What a test's process could reach if student data ran code in it: it is isolated as student code is."""

import json
import os
import socket
import stat

import pytest

from grader.grading.analysis.grading_plan import Plan, Plans
from grader.grading.analysis.name_analysis import Names
from grader.grading.sealed.checker import Checker, CheckerDied
from grader.sandbox import make_sandbox
from grader.sandbox.isolation.enter import copy_files
from tests.grader.grading.patience_limits import PATIENCE_S, PATIENT, SERVER
from tests.needs import skip_without

FORK = """
import sys
def fork():
    frame = sys._getframe()
    while "outcome" not in frame.f_locals or "order" not in frame.f_locals:
        frame = frame.f_back
        if "self" in frame.f_locals and type(frame.f_locals["self"]).__name__ == "Fork":
            return frame.f_locals["self"]
"""
TELLS = """
from grader.sandbox import protocol
one = fork()
one.worker.tell(protocol.TestDone({told}, one.session.number, 0.0, True, ["planted"]))
"""
HONEST = {
    "points": 0.0, "verdict": "fail", "message": "", "html": "", "printed": "", "line": 0, "suite": False,
    "wall_s": 0.0, "shown": "", "operations_used": [], "changed": False, "kind": "", "text": "", "theirs": False,
    "own_line": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def processes():
    plans = Plans({"nb": Plan("nb", names=Names())}, ["json"])
    with make_sandbox(limits=PATIENT, server=SERVER) as sandbox, Checker(plans, {"data.txt": b"given"}) as checker:
        yield sandbox, checker


@pytest.fixture
def run(processes):
    """Runs cells in one fork, as code of a student's would run that a test was made to run; the last outcome."""
    sandbox, checker = processes

    def run_cells(*cells, points=2.0):
        with sandbox.open() as session, checker.open("nb", session) as fork:
            for number, cell in enumerate(cells):
                outcome = fork.run(session, f"cell-{number}", cell, points, PATIENCE_S)
        return outcome

    return run_cells


def test_files_laid_into_a_folder_leave_its_rights_as_they_are(tmp_path):
    for name, rights in {"files": 0o700, "place": 0o711}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(rights)
    (tmp_path / "files/data.csv").write_text("1")
    copy_files(str(tmp_path / "files"), str(tmp_path / "place"))
    assert (tmp_path / "place/data.csv").read_text() == "1"
    assert stat.S_IMODE((tmp_path / "place").stat().st_mode) == 0o711  # else no user of a session enters below it


@pytest.fixture
def apart():
    skip_without("namespaces")  # below, files of the grading user can be read


def test_no_file_of_the_graders_can_be_read(run, apart, tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("marks")
    secret.chmod(0o644)
    for path in (
        secret,
        "/etc/shadow",
        os.path.expanduser("~/.bashrc"),
        os.getcwd() + "/solutions",
        os.getcwd() + "/.git",
    ):
        assert run(f"import os\nassert not os.path.exists({str(path)!r})").verdict == "pass", path


def test_it_is_another_user_without_rights_and_sees_no_other_process(run, apart):
    cell = "import os\nassert os.getuid() != 0 and len([n for n in os.listdir('/proc') if n.isdigit()]) == 1"
    assert run(cell).verdict == "pass"
    assert run("import os\nassert not os.access(os.__file__, os.W_OK)").verdict == "pass"
    assert run("import ctypes\nassert ctypes.CDLL(None).unshare(0x20000) == -1").verdict == "pass"


def test_no_network_is_there(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        cell = f"import socket\ntry:\n    socket.create_connection(('127.0.0.1', {port}), 2)\n    open_ = True\n"
        assert run(cell + "except OSError: open_ = False\nassert not open_").verdict == "pass"


def test_nothing_is_planted_for_the_next_fork(run):
    plant = "import sys, os\nopen('planted.py', 'w').write('x = 1')\nsys.modules['planted'] = os\nimport builtins\n"
    assert run(plant + "builtins.planted = 1").verdict == "pass"
    look = "import builtins, sys, os\nassert not hasattr(builtins, 'planted') and 'planted' not in sys.modules\n"
    assert run(look + "assert os.listdir('.') == ['data.txt'] or sorted(os.listdir('.')) == ['data.txt', 'tmp']")


def test_neither_secret_nor_gradebook_are_in_its_environment(run):
    cell = "import os\nassert not [n for n in os.environ if 'SECRET' in n or 'PASSWORD' in n]"
    assert run(cell).verdict == "pass"


@pytest.mark.parametrize(
    ("told", "points"),
    [({"points": 1e9, "verdict": "pass"}, 2.0), ({"points": float("nan")}, 0.0), ({"points": -5.0}, 0.0)],
)
def test_points_that_a_fork_tells_are_held_to_the_cells_range(run, told, points):
    assert run(FORK + TELLS.format(told=repr(HONEST | told).replace("nan", "float('nan')"))).points == points


@pytest.mark.parametrize(
    "told",
    [
        {"verdict": "best"},
        {"points": "2"},
        {"message": ["x"]},
        {"operations_used": [1]},
        {"line": None},
        {"suite": 1},
        {},
    ],
    ids=str,
)
def test_an_outcome_that_is_none_ends_in_a_verdict(run, told):
    whole = HONEST | told if told else {}
    with pytest.raises(CheckerDied) as caught:
        run(FORK + TELLS.format(told=repr(whole)))
    assert caught.value.verdict == "crashed"


@pytest.mark.parametrize(
    ("kind", "payload"), [(ord("Z"), b"{}"), (ord("D"), b"[1]"), (ord("R"), b"{}"), (ord("l"), b"")]
)
def test_a_message_that_does_not_exist_ends_in_a_verdict(run, kind, payload):
    raw = f"from grader.sandbox import protocol\none = fork()\nprotocol.send(one.worker.channel, {kind}, {payload!r}, "
    with pytest.raises(CheckerDied):
        run(FORK + raw + "one.worker.number)\nimport time\ntime.sleep(5)")


def test_what_a_fork_says_it_imported_is_remembered_by_nobody(processes, run):
    run(FORK + TELLS.format(told=repr(HONEST)))
    assert "planted" not in processes[1].modules


def test_texts_of_a_fork_are_bounded(run):
    outcome = run(FORK + TELLS.format(told=repr(HONEST | {"message": "@"})).replace("'@'", "'x' * 300_000"))
    assert len(outcome.message) <= 200_000
    assert json.dumps(outcome.message)
