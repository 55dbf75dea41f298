"""A worker decides the tests of suites apart from student code; it is isolated itself, and its answers are data."""

import os
import pickle
import sys
from pathlib import Path
from socket import socketpair
from tempfile import TemporaryFile, gettempdir
from threading import Thread

import psutil
import pytest

from grader import secret
from grader.errors import GraderError
from grader.grading.analysis.grading_plan import Plans, SuiteCall
from grader.grading.intake.submission import Assignment
from grader.grading.output.render import Graded
from grader.grading.records import Flag, Job, Outcome, Verdict
from grader.grading.remote_answer import RemoteAnswer
from grader.grading.suite_test import evaluate
from grader.grading.worker import DONE as DONE_KIND
from grader.grading.worker import Done, Spec, Task, WorkerProcess
from grader.grading.worker_pool import STARTS, Pool
from grader.sandbox import SandboxError, make_sandbox, protocol
from grader.suite_kit.codec import encode
from grader.suites import minimize_cost
from grader.write_errors import DiskFull
from tests.grader.full_disk import no_file_beyond
from tests.grader.grading.patience_limits import PATIENT
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


@pytest.fixture
def judged(sandbox):
    """The outcome of the test for what a student wrote."""

    def judge(student: str) -> Outcome:
        with sandbox.open() as session:
            ran = session.run_cell(student)
            assert ran.verdict == "ok", ran.error
            return evaluate(CALL, RemoteAnswer(session), 5.0)

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


FRAMES = {
    "no frame": b"",
    "no reply": encode([1]),
    "no values": encode({"values": 5}),
    "too few values": encode({"values": []}),
    "an error that is none": encode({"error": {}}),
    "a handle below zero": b'{"values":[{"$h":-1,"k":"x"}]}',
    "a handle that is no number": b'{"values":[{"$h":true,"k":"x"}]}',
    "an array without end": b'{"values":[{"$a":"","t":"<f8","s":[1099511627776]}]}',
    "too deep": b"[" * 90_000 + b"]" * 90_000,
    "an unknown kind": b'{"values":[{"$x":7,"k":"os"}]}',
}
FORGES_REPLIES = """
from grader.suite_kit.answer import Server
own = Server.respond
Server.respond = lambda self, asked: {}
"""
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
    forged = repr(FRAMES[name])
    for reply, sender in (
        (forged, "your code"),
        (f'own(self, asked) if asked["do"] == "begin" else {forged}', "the answer"),
    ):
        outcome = judged(FORGES_REPLIES.format(reply) + all_give("1"))
        assert (outcome.points, outcome.verdict) == (0, "tampered")
        assert f"The process of {sender} sent what is no answer" in " ".join(outcome.message.split())


def test_a_name_that_is_not_defined_is_named(judged):
    outcome = judged(all_give("1") + "del spot_share")
    assert (outcome.points, outcome.verdict) == (0, "error")
    assert outcome.message == "NameError: name 'spot_share' is not defined"


def spec(**more) -> Spec:
    """What a worker receives for an exercise without a notebook, whose tests are those of `SUITE`."""
    return Spec(Assignment("made", [], {}, Job("made", "", {}, **more)), Plans({}, [SUITE]))


def test_a_worker_has_the_keys_of_each_round_and_no_others(tmp_path, monkeypatch):
    monkeypatch.setenv(secret.VARIABLE, str(tmp_path / "secret"))
    secret.create(tmp_path / "secret")
    first, second = spec(round_number=2).keys()
    assert first == {"minimize_cost": secret.exercise_key("minimize_cost")}
    assert second == {"minimize_cost": secret.exercise_key("minimize_cost", 2)}


@pytest.fixture(scope="module")
def worker():
    """The process of one that is ready, and the one from which its sessions are forked."""
    started = WorkerProcess(spec())
    started.send(Task("ann", Path("/nobody/handed/this/in")))
    assert "cannot be read" in started.recv().failure
    server = psutil.Process(started.pid)
    while children := server.children():
        server = min(children, key=lambda child: child.pid)  # the worker's forks come after its first child
    yield server.parent(), server
    started.end(at_once=True)


def about(process: int) -> dict[str, str]:
    """What the kernel says of a process's rights, and in which namespaces it stands."""
    lines = (line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    status = {name: value.strip() for name, value in lines}
    spaces = {name: os.readlink(f"/proc/{process}/ns/{name}") for name in ("net", "pid", "mnt", "ipc")}
    return {name: status[name] for name in ("CapEff", "CapPrm", "NoNewPrivs", "Seccomp")} | spaces


def test_a_worker_has_no_rights_no_network_and_no_file_of_the_graders(worker, tmp_path):
    skip_without("namespaces")
    own, here = about(worker[0].pid), about(os.getpid())
    assert [own[name] for name in ("CapEff", "CapPrm", "NoNewPrivs", "Seccomp")] == ["0" * 16, "0" * 16, "1", "2"]
    assert all(own[name] != here[name] for name in ("net", "pid", "mnt", "ipc"))
    root = f"/proc/{worker[0].pid}/root"
    assert os.path.isdir(f"{root}/usr")
    for place in (tmp_path, os.getcwd() + "/solutions", os.getcwd() + "/.git", os.path.expanduser("~/.bashrc")):
        assert not os.path.exists(f"{root}{place}"), place
    environment = Path(f"/proc/{worker[0].pid}/environ").read_text()
    assert not any(word in environment for word in ("SECRET", "PASSWORD", str(tmp_path)))


def test_what_sessions_are_forked_from_sees_no_hidden_test_and_was_made_before_the_worker_had_one(worker):
    skip_without("namespaces")
    own, server = worker
    assert server.parent() == own
    hidden = f"{Path(minimize_cost.__file__).parent}/hidden"
    assert os.listdir(f"/proc/{own.pid}/root{hidden}")
    assert os.listdir(f"/proc/{server.pid}/root{hidden}") == []
    assert "minimize_cost/hidden" not in Path(f"/proc/{server.pid}/maps").read_text()


def test_of_a_submission_no_process_is_left_for_the_next_one(worker):
    assert worker[0].children() == [worker[1]]


def test_at_the_end_no_process_of_a_worker_is_left():
    started = WorkerProcess(spec())
    started.send(Task("ann", Path("/nobody/handed/this/in")))
    started.recv()
    family = psutil.Process(started.pid).children(recursive=True)
    assert len(family) >= 2
    started.end(at_once=True)
    assert psutil.wait_procs(family, timeout=120)[1] == []


@pytest.mark.parametrize(("failing", "is_graded"), [(STARTS - 1, True), (STARTS, False)])
def test_a_worker_that_does_not_start_is_started_again_but_not_for_ever(failing, is_graded, tmp_path, monkeypatch):
    executables = iter(["/bin/false"] * failing + [sys.executable] * STARTS)

    def start(core):
        monkeypatch.setattr("sys.executable", next(executables))
        return WorkerProcess(spec(), core=core)

    with Pool(start, 1, 60.0) as pool:
        graded = pool.run([Task("ann", tmp_path)])
        if is_graded:
            ((done,),) = graded
            assert (done.student, done.failure) == ("ann", "")
        else:
            with pytest.raises(SandboxError, match="could not be started"):
                next(graded)


def test_the_names_of_a_thousand_files_are_sent_to_a_worker_while_it_answers(tmp_path):
    long = tmp_path / "many" / ("x" * 200)
    long.mkdir(parents=True)
    for number in range(1_000):
        (long / f"{'y' * 200}{number}").touch()
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "photo").write_bytes(b"0" * 1_000_000)
    started, tasks = WorkerProcess(spec()), [Task(name, tmp_path / name) for name in ("large", "many")]
    sending = Thread(target=lambda: [started.send(task) for task in tasks], daemon=True)
    try:
        sending.start()
        sending.join(60)
        assert not sending.is_alive(), "the batch waits for the worker, and the worker for the batch"
        answers = [started.recv() for _ in tasks]
        assert [len(answer.graded.files) for answer in answers] == [1, 1_000]
    finally:
        started.end(at_once=True)


def test_an_answer_that_begins_and_stops_is_the_end_of_a_worker(monkeypatch):
    monkeypatch.setattr("grader.grading.worker.READ_S", 0.1)
    started = WorkerProcess(spec())
    try:
        started.send(Task("ann", Path("/nobody/handed/this/in")))
        assert started.recv().failure
        started._control, theirs = socketpair()
        theirs.sendall(protocol.HEAD.pack(1_000, DONE_KIND, 0) + b"{")
        with pytest.raises(EOFError):
            started.recv()
    finally:
        started.end(at_once=True)


def test_a_full_temporary_folder_is_no_fault_of_a_hand_in(tmp_path):
    (tmp_path / "photo").write_bytes(bytes(100_000))
    with no_file_beyond(50_000), TemporaryFile() as file, pytest.raises(DiskFull, match=gettempdir()):
        Task("ann", tmp_path).with_contents(file)


VERDICT = Verdict("halves", "half-test", 1.0, 2.0, "partial")
GRADED = Graded("ann", "d", "s", [VERDICT], [Flag("kind", "text")], {"halves": {"b", "a"}}, {"n.ipynb": b"\xff"})
DONE = Done("ann", GRADED)


def test_an_answer_is_read_as_it_was_sent():
    assert Done.of(DONE.as_bytes(), "ann") == DONE


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "another form"),
        (pickle.dumps(DONE), "another form"),
        (DONE.as_bytes()[:-1] + b',"more":[' + b"[]," * 2_000_000 + b"0]}", "parts"),
        (DONE.as_bytes().replace(b'"failure":""', b'"failure":7'), "another form"),
        (DONE.as_bytes().replace(b'"points":1.0', b'"points":"1.0"'), "another form"),
        (DONE.as_bytes().replace(b'"student":"ann"', b'"student":"bob"', 1), "is about 'ann' and 'bob'"),
        (DONE.as_bytes().replace(b"n.ipynb", b"../../gradebook.db"), "lies outside"),
        (DONE.as_bytes().replace(b"n.ipynb", b"/etc/passwd"), "lies outside"),
    ],
)
def test_what_is_no_answer_about_this_student_is_refused(sent, why):
    with pytest.raises(GraderError, match=why):
        Done.of(sent, "ann")
