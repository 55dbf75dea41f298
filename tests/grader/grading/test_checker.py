"""The checker decides the tests of suites: its forks are isolated as student code is, and believed in nothing."""

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from grader import secret
from grader.grading.analysis.grading_plan import Plans, SuiteCall
from grader.grading.records import Outcome
from grader.grading.sealed.checker import Checker, CheckerDied, CheckerError, CheckerFork
from grader.sandbox import make_sandbox, protocol
from grader.suite_kit.codec import encode
from tests.grader.grading.patience_limits import PATIENCE_S, PATIENT
from tests.grader.suites.contract import bank_of
from tests.needs import skip_without

SUITE = "grader.suites.minimize_cost"
NAMES = ("break_even_hours", "spare_machines", "spot_share", "reserved_machines", "cache_gb")
CALL = SuiteCall(SUITE, "numbers", NAMES)
RIGHT = "\n".join(source for cell, source in bank_of("minimize_cost").cells if source.startswith("def "))
EACH = "def {}(*given): return {}\n"


def all_give(value: str) -> str:
    """The five functions, each of which returns the same."""
    return "".join(EACH.format(name, value) for name in NAMES)


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(limits=PATIENT) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def checker():
    with Checker(Plans({}, [SUITE])) as checker:
        yield checker


@pytest.fixture
def judged(sandbox, checker):
    """The outcome of the test for what a student wrote."""

    def judge(student: str) -> Outcome:
        with sandbox.open() as session, checker.open(session) as fork:
            ran = session.run_cell(student)
            assert ran.verdict == "ok", ran.error
            return fork.run(session, CALL, 5.0, PATIENCE_S)

    return judge


def test_the_right_answer_gets_its_points_and_a_table(judged):
    outcome = judged(f"import math\n{RIGHT}")
    assert (outcome.points, outcome.verdict) == (5, "pass")
    assert "reserved machines" in outcome.message
    assert "<table>" in outcome.html


AGREES = """
class Agrees(BASE):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __hash__(self): return 0
    def __float__(self): return 4.0
    def __index__(self): return 4
    def __sub__(self, other): return 0
    def __rsub__(self, other): return 0
    def __abs__(self): return 0
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __array_priority__ = 1e9
    def __array__(self, *a, **k):
        import numpy
        return numpy.array(4.0)
"""


def framed(header: str) -> bytes:
    """A frame of this header and no buffers."""
    return len(header).to_bytes(4, "little") + header.encode()


DEEP = '{"v":' + "[" * 90_000 + "]" * 90_000 + ',"n":[]}'
FRAMES = {
    "no frame": b"",
    "no reply": encode([1]),
    "no values": encode({"values": 5}),
    "too few values": encode({"values": []}),
    "an error that is none": encode({"error": {}}),
    "a handle below zero": framed('{"v":{"values":[{"$h":-1,"k":"x"}]},"n":[]}'),
    "an array without end": framed('{"v":{"values":[{"$a":"00","t":"<f8","s":[1099511627776]}]},"n":[]}'),
    "too deep": framed(DEEP),
    "an unknown kind": framed('{"v":{"values":[{"$x":7,"k":"os"}]},"n":[]}'),
}
WRITES = """
import os
def write():
    for number in range(3, 64):
        try: os.write(number, b"[]" * 9)
        except OSError: pass
"""
IN_ITS_PLACE = """
import sys, types
suite = sys.modules["grader.suites.minimize_cost"] = types.SimpleNamespace(numbers=lambda *_: 5.0)
"""
SHELL = """
import ast
class Full(ast.NodeTransformer):
    def visit_Module(self, node): return ast.parse("5.0")
shell, parse = get_ipython(), get_ipython().compile.ast_parse
async def run(*_, **__): return 5.0
shell.ast_transformers.append(Full())
shell.input_transformers_post.append(lambda lines: ["5.0"])
shell.compile.ast_parse = lambda *_, **__: parse("5.0")
shell.run_cell_async = shell.run_code = run
type(shell.displayhook).__call__ = lambda *_: 5.0
"""
PATCHES = "import builtins, math\nmath.isclose = lambda *_, **__: True\nbuiltins.abs = lambda x: 0\n"
FORGERS = {
    "the shell is replaced": SHELL + all_give("1"),
    "an object that agrees": AGREES.replace("BASE", "object") + all_give("Agrees()"),
    "a number that agrees": AGREES.replace("BASE", "float") + all_give("Agrees()"),
    "a list that agrees": AGREES.replace("BASE", "list") + all_give("Agrees()"),
    "what compares is replaced": PATCHES + all_give("1"),
    "the suite is replaced": IN_ITS_PLACE + all_give("1"),
    "an error that steers a loop": "def stop(): raise StopIteration\n" + all_give("stop()"),
    "an end": "import os\n" + all_give("os._exit(0)"),
    "bytes on every channel": WRITES + all_give("write()"),
}


@pytest.mark.parametrize("name", FORGERS)
def test_a_forger_gains_nothing_at_the_test_of_a_suite(judged, name):
    outcome = judged(FORGERS[name])
    assert outcome.points == 0
    assert outcome.verdict in ("fail", "error", "crashed", "tampered")


@pytest.mark.parametrize("name", FRAMES)
def test_a_reply_of_the_wrong_form_costs_the_test_and_is_called_by_its_name(judged, name):
    forges = "import grader.suite_kit.answer as theirs\ntheirs.Server.handle = lambda self, frame: FRAME\n"
    outcome = judged(forges.replace("FRAME", repr(FRAMES[name])) + all_give("1"))
    assert (outcome.points, outcome.verdict) == (0, "tampered")
    assert outcome.message == "The process of your code sent what is no answer."


def test_a_name_that_is_not_defined_is_named(judged):
    outcome = judged(all_give("1") + "del spot_share")
    assert (outcome.points, outcome.verdict) == (0, "error")
    assert outcome.message == "NameError: name 'spot_share' is not defined"


def test_the_checker_of_a_round_has_the_key_of_that_round(tmp_path, monkeypatch):
    monkeypatch.setenv(secret.VARIABLE, str(tmp_path / "secret"))
    secret.create(tmp_path / "secret")
    first, second = (Checker(Plans({}, [SUITE]), round_number=number)._sandbox.more["keys"] for number in (1, 2))
    assert first == {"minimize_cost": secret.exercise_key("minimize_cost")}
    assert first != second


def about(process: int) -> dict[str, str]:
    """What the kernel says of a process's rights, and in which namespaces it stands."""
    lines = (line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    status = {name: value.strip() for name, value in lines}
    spaces = {name: os.readlink(f"/proc/{process}/ns/{name}") for name in ("net", "pid", "mnt", "ipc")}
    return {name: status[name] for name in ("CapEff", "CapPrm", "NoNewPrivs", "Seccomp")} | spaces


def test_a_fork_is_isolated_as_student_code_is_and_from_it(sandbox, checker):
    skip_without("namespaces")
    with sandbox.open() as session, checker.open(session) as fork:
        student, own, here = map(about, (session.process, fork.process.process, os.getpid()))
    rights = ("CapEff", "CapPrm", "NoNewPrivs", "Seccomp")
    assert [own[name] for name in rights] == [student[name] for name in rights] == ["0" * 16, "0" * 16, "1", "2"]
    assert all(len({student[name], own[name], here[name]}) == 3 for name in ("net", "pid", "mnt", "ipc"))


def test_a_fork_sees_no_file_of_the_graders_and_no_secret_in_its_environment(sandbox, checker, tmp_path):
    skip_without("namespaces")
    with sandbox.open() as session, checker.open(session) as fork:
        root = f"/proc/{fork.process.process}/root"
        assert os.path.isdir(f"{root}/usr")
        for place in (tmp_path, os.getcwd() + "/solutions", os.getcwd() + "/.git", os.path.expanduser("~/.bashrc")):
            assert not os.path.exists(f"{root}{place}"), place
        environment = Path(f"/proc/{fork.process.process}/environ").read_text()
    assert not any(word in environment for word in ("SECRET", "PASSWORD", str(tmp_path)))


HONEST = {"points": 0.0, "verdict": "fail", "message": "", "html": "", "wall_s": 0.0}


@pytest.mark.parametrize(
    ("told", "points"),
    [({"points": 1e9, "verdict": "pass"}, 2.0), ({"points": float("nan")}, 0.0), ({"points": -5.0}, 0.0)],
)
def test_points_that_a_fork_tells_are_held_to_the_tests_range(told, points):
    assert Outcome.untrusted(HONEST | told, 2.0).points == points


@pytest.mark.parametrize("told", [{"verdict": "best"}, {"points": "2"}, {"message": ["x"]}, {"html": None}], ids=str)
def test_an_outcome_that_is_none_is_refused(told):
    with pytest.raises(ValueError, match="outcome"):
        Outcome.untrusted(HONEST | told, 2.0)


def test_texts_of_a_fork_are_bounded():
    assert len(Outcome.untrusted(HONEST | {"message": "x" * 300_000}, 2.0).message) <= 200_000


class Taken:
    """A fork that student code has taken over: it tells what it likes."""

    def __init__(self, kind: int, payload: bytes) -> None:
        self.told, self.closed = (kind, payload), False

    def command(self, *_: object) -> None:
        """Hears and does nothing."""

    def hear(self, _: object) -> tuple[int, bytes]:
        return self.told

    def close(self) -> None:
        self.closed = True


DONE = json.dumps({"outcome": HONEST | {"verdict": "best"}, "number": 0, "asked_s": 0.0, "settled": True}).encode()


@pytest.mark.parametrize(
    ("kind", "payload"),
    [(ord("Z"), b"{}"), (ord("D"), b"[1]"), (ord("R"), b"{}"), (ord("l"), b""), (protocol.TestDone.KIND, DONE)],
)
def test_a_message_that_does_not_exist_ends_in_a_verdict(sandbox, kind, payload):
    fork = Taken(kind, payload)
    with sandbox.open() as session, pytest.raises(CheckerDied) as caught:
        CheckerFork(fork).run(session, CALL, 5.0, PATIENCE_S)
    assert (caught.value.verdict, fork.closed) == ("crashed", True)


def test_a_fork_that_dies_costs_its_test_and_the_next_one_is_there(sandbox, checker, judged):
    with sandbox.open() as session, checker.open(session) as fork:
        os.kill(fork.process.process, signal.SIGKILL)
        with pytest.raises(CheckerDied) as caught:
            fork.run(session, CALL, 5.0, PATIENCE_S)
    assert caught.value.verdict == "crashed"
    assert judged(f"import math\n{RIGHT}").points == 5


def test_a_warmed_process_that_died_is_started_again(checker, judged):
    warmed = psutil.Process(checker._sandbox.pid)
    warmed.kill()
    psutil.wait_procs([warmed], timeout=120)
    assert judged(f"import math\n{RIGHT}").points == 5


def test_at_the_end_no_process_is_left(sandbox):
    with Checker(Plans({})) as checker, sandbox.open() as session:
        processes = [psutil.Process(pid) for pid in (checker._sandbox.pid, checker.open(session).process.process)]
    assert psutil.wait_procs(processes, timeout=120)[1] == []


def test_a_checker_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(CheckerError, match="could not be started"):
        Checker(Plans({})).start()
