"""Grading on a Dask cluster of real processes: the same marks, whoever dies, and no worker of another version."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.errors import GraderError
from grader.grading.batch import grade as with_engine
from grader.grading.cluster import _refusal
from grader.grading.records import Options
from grader.grading.worker import WorkerProcess
from grader.sandbox import Level, best_level
from grader.workflow.marks import logged_marks
from mlsd_lib.modeling.dask_cluster import DaskCluster
from tests import toy_course as toy
from tests.grader.grading.engine_course import copied, disagreements, dump, mlsd, outputs, run
from tests.waiting import until

ROOT = Path(__file__).parents[3]
FIT = {"version": "1" * 64, "python": "3.11", "secret": "s", "level": "landlock"}


@pytest.fixture(scope="module", autouse=True)
def found_by_workers():
    """What these tests grade with can be imported at the workers, as the installed course can."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    yield
    os.environ.pop("PYTHONPATH")
    if before is not None:
        os.environ["PYTHONPATH"] = before


@pytest.fixture(scope="module")
def cluster():
    with DaskCluster(1) as started:
        yield started


def on(cluster, course, said=None):
    """The outcomes by student, graded on the cluster."""
    say = (lambda told: None) if said is None else said.append
    return run(course, say=say, jobs=0, scheduler=cluster.address)


def test_a_cluster_gives_the_marks_that_this_machine_gives(cluster, course, tmp_path):
    toy.hand_in_five(course)
    run(here := copied(course, tmp_path / "here"), jobs=1, start=WorkerProcess)
    said = []
    outcomes = on(cluster, course, said)
    assert {outcome.failure for outcome in outcomes.values()} == {""}
    assert (dump(course), outputs(course)) == (dump(here), outputs(here))
    assert sum("grades 1 at once" in line for line in said) == 1
    assert all(outcome.skipped for outcome in on(cluster, course).values())


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_is_killed_or_stops_loses_nothing_and_nothing_comes_twice(course, tmp_path, monkeypatch, sent):
    monkeypatch.setattr("grader.grading.intake.submission.Assignment.most_s", 0.0)  # it is minutes
    toy.hand_in_five(course)
    for number in range(6):
        toy.submit(course, f"more{number}", toy.answered(course, **(toy.RIGHT if number % 2 else toy.WRONG)))
    run(here := copied(course, tmp_path / "here"), jobs=1, start=WorkerProcess)
    said, seen = [], []
    with DaskCluster(2) as cluster:
        wait_for(cluster.address, 2)
        options = Options(scheduler=cluster.address)
        students = course.students(toy.NAME)
        for outcome in with_engine(course, toy.NAME, students, options, said.append):
            if not seen:
                os.kill(cluster.worker_pids[0], sent)
                monkeypatch.setattr("grader.grading.cluster.SPARE_S", 5.0)
            seen.append(outcome.student)
            assert not outcome.failure
    assert sorted(seen) == students
    assert sum("its submissions go to others" in line for line in said) == 1
    assert (dump(course), outputs(course)) == (dump(here), outputs(here))
    items = [(mark.student, mark.item) for mark in logged_marks(course, toy.NAME)]
    assert len(items) == len(set(items))
    assert disagreements(course) == []


def changeable(place):
    """The course's code in `place`, to be changed."""
    for package in ("grader", "mlsd_lib", "notebook_runner"):
        shutil.copytree(ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    return place


@contextmanager
def worker_of(code, address, folder):
    """A worker of the cluster that runs other code."""
    command = [sys.executable, "-m", "dask", "worker", address, "--no-nanny", "--nthreads", "1"]
    command += ["--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(folder)]
    environment = os.environ | {"PYTHONPATH": f"{code}{os.pathsep}{ROOT}"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, cwd=folder) as process:
        try:
            yield
        finally:
            process.kill()


def test_a_worker_of_another_version_is_refused_and_gets_no_submission(course, tmp_path):
    toy.hand_in_five(course)
    with (changeable(tmp_path) / "grader" / "grading" / "verdict_rules.py").open("a") as file:
        file.write("# another version\n")
    with DaskCluster(1) as cluster, worker_of(tmp_path, cluster.address, tmp_path):
        wait_for(cluster.address, 2)
        said = []
        outcomes = on(cluster, course, said)
        assert {outcome.failure for outcome in outcomes.values()} == {""}
        (refused,) = [line for line in said if "is refused" in line]
        assert "its code is another version" in refused
        os.kill(cluster.worker_pids[0], 9)
        wait_for(cluster.address, 1)
        with pytest.raises(GraderError, match=r"no worker of .* can grade: its code is another version"):
            run(course, force=True, jobs=0, scheduler=cluster.address)


def wait_for(address, number):
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        until(lambda: len(client.nthreads()) == number, f"{number} workers of the cluster")


@pytest.mark.parametrize(
    ("there", "why"),
    [
        ({}, ""),
        ({"level": "namespaces"}, ""),
        ({"level": "limits"}, "isolated by limits there, by landlock here. Install bubblewrap"),
        ({"secret": "other"}, "Copy the file there (mode 600) and name it in MLSD_SECRET_FILE"),
        ({"python": "3.12"}, "its Python is 3.12; here it is 3.11"),
        ({"version": "2" * 64}, "another version (222222222222; here 111111111111)"),
        (ModuleNotFoundError("no grader"), "it cannot load this grader (ModuleNotFoundError"),
    ],
)
def test_why_a_worker_is_refused(there, why):
    text = _refusal(FIT, FIT | there if isinstance(there, dict) else there)
    assert why in text
    assert bool(text) == bool(why)


def says_nothing(server):
    server.listen()


def says_what_no_scheduler_says(server):
    server.listen()
    answer = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    threading.Thread(target=lambda: server.accept()[0].sendall(answer), daemon=True).start()


@pytest.mark.parametrize(
    ("does", "why"), [(lambda server: None, "refused"), (says_nothing, "."), (says_what_no_scheduler_says, ".")]
)
def test_an_address_without_a_scheduler_ends_in_one_line_at_one_deadline(does, why, course, monkeypatch):
    toy.hand_in_five(course)
    monkeypatch.setattr("grader.grading.cluster.CONNECT_S", 1.0)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        does(server)
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(
            GraderError, match=rf"no Dask scheduler answers at '{address}' within 1 s \(.*{why}.*\)\. St"
        ):
            run(course, jobs=0, scheduler=address)


def test_an_address_that_is_none_ends_with_one_line(course):
    toy.hand_in_five(course)
    for address, more in (("tcp://127.0.0.1", []), ("x", ["--jobs", "2"])):
        said = "leave out --jobs and --stock" if more else f"^no Dask scheduler answers at '{address}'"
        with pytest.raises(GraderError, match=said):
            mlsd(course, "grade", toy.NAME, "--scheduler", address, *more)


LOOKS = """import os

def spread(values):
    try:
        return 99 * len(os.listdir({folder!r}))
    except OSError:
        return 0
"""


def test_the_engine_grades_in_the_workers_sandbox(cluster, course):
    toy.submit(course, "right", toy.answered(course, **toy.RIGHT))
    looks = LOOKS.format(folder=str(ROOT / "tests"))
    toy.submit(course, "looks", toy.answered(course, half=toy.RIGHT["half"], spread=looks))
    result = mlsd(course, "grade", toy.NAME, "--scheduler", cluster.address)
    assert result.exit_code == 0, result.output
    points = {(who, item): earned for who, item, earned, _, _ in dump(course)[0]}
    assert [points["right", item] for item in ("half-test", "spread-test", "both-test")] == [2, 3, 1]
    assert points["looks", "half-test"] == 2
    hidden = best_level() >= Level.LANDLOCK
    assert points["looks", "spread-test"] == hidden  # one of three spreads is 0, and none is 99


@pytest.mark.needs("sandbox")
def test_without_a_scheduler_nothing_of_dask_is_loaded(course):
    toy.submit(course, "right", toy.answered(course, **toy.RIGHT))
    code = (
        "import sys\nfrom tests.grader.grading.engine_course import run\nfrom grader.course import Course\n"
        f"from pathlib import Path\nrun(Course.open(Path({str(course.root)!r})), jobs=1)\n"
        "print([one for one in ('dask', 'distributed') if one in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "[]"
