"""A batch is never lost: dead and stuck workers, power cuts, a second grader, a full disk."""

import itertools
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from types import SimpleNamespace

import psutil
import pytest

from grader.grading.batch import FAULT, log_file
from grader.grading.output.lock import one_grader
from grader.write_errors import DiskFull
from tests import toy_course as toy
from tests.grader.full_disk import no_file_beyond
from tests.grader.grading.engine_course import copied, disagreements, dump, outputs, run
from tests.waiting import ended, until

GRADE = "from mlsd.cli import main; main()"
POINTS = ("stage", "staged", "commit", "committed", "published", "results", "aside")
RANDOM_MOMENTS = int(os.environ.get("MLSD_KILLS", "6"))
BEFORE, AFTER = "2026-11-20 10:00:00 UTC", "2026-11-21 10:00:00 UTC"


def test_a_dead_worker_costs_nothing_but_time_and_who_always_kills_it_is_named(course, tmp_path):
    toy.hand_in_five(course)
    outcomes = run(course, settings={"deadly": {"right": str(tmp_path / "once"), "wrong": "always"}})
    assert (tmp_path / "once").exists()
    assert "not graded in 2 attempts" in outcomes.pop("wrong").failure
    assert {outcome.failure for outcome in outcomes.values()} == {""}
    assert (outcomes["right"].points, outcomes["no-test"].points) == (6, 6)


def test_a_worker_that_does_not_come_to_an_end_is_replaced(course, monkeypatch, tmp_path):
    toy.hand_in_five(course)
    days, stuck = itertools.count(), tmp_path / "stuck"
    stuck.touch()

    def now_s():
        """A day passes at each look at a worker that never goes on, and no time meanwhile."""
        is_stuck = not ended(map(int, stuck.read_text().split()))
        return 86_400.0 * (next(days) if is_stuck else 0)

    monkeypatch.setattr("grader.grading.worker_pool.time", SimpleNamespace(monotonic=now_s))
    outcomes = run(course, jobs=1, settings={"stuck": {"right": str(stuck)}})
    assert "it did not come to an end" in outcomes["right"].failure
    assert outcomes["no-test"].points == 6


def killed(course, delay_s=None, fault="", act=None):
    """Grade, or `act`, in a process of its own, which is ended by SIGKILL; True if it was. Nothing of it is left."""
    started = os.fork()
    if not started:
        os.setsid()
        _no_fork_server_yet()
        os.environ[FAULT] = fault
        os.environ["MLSD_KILL_TEST"] = str(os.getpid())
        status = 1
        try:
            (act or partial(run, course, settings={"pause_s": 0.02}))()
            status = 0
        finally:
            os._exit(status)
    if delay_s is not None:
        time.sleep(delay_s)  # the moment of the power cut
        os.kill(started, signal.SIGKILL)
    _, status = os.waitpid(started, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    until(lambda: not any(_of(process, started) for process in psutil.process_iter()), "the end of all of it")
    return os.WIFSIGNALED(status)


def _no_fork_server_yet():
    from multiprocessing import forkserver

    server = forkserver._forkserver
    server._forkserver_address = server._forkserver_alive_fd = server._forkserver_pid = None


def _of(process, run):
    try:
        return process.environ().get("MLSD_KILL_TEST") == str(run) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@pytest.fixture(scope="module")
def undisturbed(released_once, tmp_path_factory):
    """A class handed in twice: graded, then some of it handed in anew. The folder before the second grading, and what
    an undisturbed second grading gives."""
    folder = tmp_path_factory.mktemp("kills")
    toy.hand_in_five(course := copied(released_once, folder / "before"))
    toy.submit(course, "right", toy.answered(course, **toy.WRONG))
    run(course)
    toy.hand_in_five(course)
    for number in range(6):
        toy.submit(course, f"new{number}", toy.answered(course, **(toy.RIGHT if number % 2 else toy.WRONG)))
    run(whole := copied(course, folder / "whole"))
    return course, (dump(whole), outputs(whole))


@pytest.fixture
def own(undisturbed, tmp_path):
    """The folder before, the test's own, and what an undisturbed second grading gives."""
    before, expected = undisturbed
    return copied(before, tmp_path / "course"), expected


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("number", [1, 3])
def test_killed_at_each_step_of_recording_and_run_again_gives_the_same(own, point, number):
    course, expected = own
    assert killed(course, fault=f"{point}:{number}") or number > 1
    for file in (course.home / "reports").rglob("results.json"):
        json.loads(file.read_text())  # each is whole
    assert disagreements(course) == []
    skipped = [outcome.student for outcome in run(course).values() if outcome.skipped]
    assert len(skipped) > 4 or point != "committed"  # the four unchanged, and those that were not yet put into place
    assert (dump(course), outputs(course), disagreements(course)) == (*expected, [])


def test_killed_at_random_moments_again_and_again_gives_the_same(own):
    course, expected = own
    rng = random.Random(7)
    for _ in range(RANDOM_MOMENTS):
        killed(course, delay_s=rng.uniform(0.05, 1.0))
    run(course)
    assert (dump(course), outputs(course)) == expected


def second(home, pipe):
    """A second grader, as a process of its own."""
    with one_grader(home, pipe.send):
        pipe.send("in")


def test_a_second_grader_says_so_and_waits(course):
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with one_grader(course.home, lambda told: None):
        other = context.Process(target=second, args=(course.home, theirs))
        other.start()
        assert f"another grader (process {os.getpid()}) is at work" in ours.recv()
        assert not ours.poll(0.1)
    assert ours.recv() == "in"
    other.join()


def test_a_full_disk_is_said_and_leaves_nothing_half_written(course):
    toy.hand_in_five(course)
    run(course, students=["empty"])
    before = dump(course), outputs(course)
    largest = max(path.stat().st_size for path in course.home.rglob("*") if path.is_file())
    big = toy.answered(course, **toy.RIGHT)
    source = "# " + "x" * (largest + 200_000)
    big["cells"].append({"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None})
    toy.submit(course, "right", big)
    told = f"no room to write below {course.folder('autograded')}"
    with no_file_beyond(largest + 100_000), pytest.raises(DiskFull, match=told):
        run(course, students=["right"])
    assert (dump(course), outputs(course)) == before
    assert not [path for path in course.home.rglob(".*") if "mlsd-staged" in path.name]
    assert run(course, students=["right"])["right"].points == 6


def test_a_fault_of_ours_is_kept_with_its_traceback(course):
    toy.hand_in_five(course)
    outcomes = run(course, settings={"faulty": ["right"]})
    path = log_file(course, toy.NAME)
    assert str(path) in outcomes["right"].failure
    assert "Traceback" in path.read_text()
    assert "a fault for tests" in path.read_text()
    assert not outcomes["wrong"].failure


def test_nothing_outlives_a_killed_grader_by_two_seconds(course):
    """Killed while both workers are in the middle of submissions that do not end and have children."""
    half = "import subprocess\nsubprocess.Popen(['sleep', '999'])\n" + toy.RIGHT["half"]
    for student in ("one", "two", "three"):
        toy.submit(course, student, toy.answered(course, half=half, spread=toy.SLOW))
    command = [sys.executable, "-c", GRADE, "grade", toy.NAME, "--jobs", "2", "--course", str(course.root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as grader:
        family: list[psutil.Process] = []
        while sum(map(_is_endless, family)) < 2:
            assert grader.poll() is None
            time.sleep(0.2)
            family = psutil.Process(grader.pid).children(recursive=True)
        grader.kill()
        grader.wait()
    _, left = psutil.wait_procs(family, timeout=2)
    assert [process for process in left if process.status() != psutil.STATUS_ZOMBIE] == []


def _is_endless(process: psutil.Process) -> bool:
    """Whether it has used more of a processor than all that comes before an answer does."""
    try:
        return process.cpu_times().user > 2
    except psutil.NoSuchProcess:
        return False
