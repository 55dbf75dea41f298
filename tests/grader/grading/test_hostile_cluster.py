"""What a Dask cluster could do to the machine that records marks: run code there, forge marks, listen."""

import os
import pickle
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import GraderError
from grader.grading import cluster_wire as wire
from mlsd_lib.modeling.dask_cluster import DaskCluster
from tests import toy_course as toy
from tests.grader.grading.engine_course import run
from tests.grader.grading.test_cluster import changeable, wait_for, worker_of
from tests.grader.grading.test_worker import DONE

ROOT = Path(__file__).parents[3]
EVIL = """

class Evil(Exception):
    def __init__(self, *_): pass
    def __reduce__(self):
        import os
        return os.system, ("echo $PPID >> {mark}",)

"""
WAYS = {
    "its answer is code": "def about(nonce, suites): return Evil()",
    "a value in its answer is code": "def about(nonce, suites): return {{'version': Evil()}}",
    "its error is code": "def about(nonce, suites): raise Evil()",
    "it warns with code": """
def about(nonce, suites):
    import pickle
    from distributed import get_worker
    get_worker().log_event("warn", {{"message": pickle.dumps(Evil()), "category": pickle.dumps(Evil())}})
    return {{}}
""",
    "it never answers": "async def about(*_):\n    import asyncio\n    await asyncio.sleep(10**6)",
    "its answer is no answer": "def about(nonce, suites): return 7",
    "its answer lacks what is asked": "def about(nonce, suites): return {{}}",
    "its level is no level": "own = about\ndef about(nonce, suites): return own(nonce, suites) | {{'level': 'x'}}",
    "it says what a terminal obeys": "def about(nonce, suites): raise ValueError('\\x1b[2J' * 10_000)",
}


@pytest.fixture(autouse=True)
def found_by_workers(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture(scope="module")
def scheduler():
    """A scheduler without a worker."""
    with DaskCluster(1) as cluster:
        wait_for(cluster.address, 1)
        cluster.kill(0)
        wait_for(cluster.address, 0)
        yield cluster


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The course's code, to be changed."""
    return changeable(tmp_path_factory.mktemp("copy"))


@pytest.fixture
def rogue(scheduler, copy, tmp_path, request):
    """A worker that answers in a way of its own, and the file in which its code notes by which process it was run."""
    node = copy / "grader/grading/cluster_node.py"
    own, mark = node.read_text(), tmp_path / "ran"
    node.write_text(own + EVIL.format(mark=mark) + WAYS[request.param].format())
    with worker_of(copy, scheduler.address, tmp_path):
        wait_for(scheduler.address, 1)
        yield mark
    wait_for(scheduler.address, 0)
    node.write_text(own)


@pytest.mark.parametrize("rogue", WAYS, indirect=True)
def test_a_worker_that_is_refused_runs_no_code_here(scheduler, course, rogue, monkeypatch):
    monkeypatch.setattr("grader.grading.cluster.ANSWER_S", 20.0)
    toy.submit(course, "right", toy.answered(course, **toy.RIGHT))
    said = []
    with pytest.raises(GraderError, match=r"no worker of .* can grade"):
        run(course, say=said.append, jobs=0, scheduler=scheduler.address)
    (refused,) = [line for line in said if "is refused" in line]
    assert refused.isprintable()
    assert len(refused) < 500
    ran_in = rogue.read_text().split() if rogue.exists() else []  # Dask tries pickles of errors where they are made
    assert str(os.getpid()) not in ran_in


def test_an_answer_comes_as_it_was_sent():
    assert wire.opened(wire.sealed(DONE, "batch", []), "batch", [], "ann") == DONE


@given(at=st.integers(0, 400), bit=st.integers(0, 7))
def test_an_answer_with_one_bit_changed_is_refused(at, bit):
    sent = bytearray(wire.sealed(DONE, "batch", []))
    sent[at % len(sent)] ^= 1 << bit
    with pytest.raises(GraderError, match="not signed"):
        wire.opened(bytes(sent), "batch", [], "ann")


def test_no_answer_counts_for_another_student_or_batch_or_by_another_secret(tmp_path, monkeypatch):
    sent = wire.sealed(DONE, "batch", ["some_exercise"])
    with pytest.raises(GraderError, match="is about 'ann'"):
        wire.opened(sent, "batch", ["some_exercise"], "bob")
    with pytest.raises(GraderError, match="not signed"):
        wire.opened(sent, "another", ["some_exercise"], "ann")
    secret = tmp_path / "secret"
    secret.write_text("x" * 40)
    secret.chmod(0o600)
    monkeypatch.setenv("MLSD_SECRET_FILE", str(secret))
    with pytest.raises(GraderError, match="not signed"):
        wire.opened(sent, "batch", ["some_exercise"], "ann")


@pytest.mark.parametrize("sent", [b"", b"x" * 31, b"x" * 64, None, "text", {"student": "ann"}, pickle.dumps(DONE)])
def test_what_is_no_answer_is_refused(sent):
    with pytest.raises(GraderError):
        wire.opened(sent, "batch", [], "ann")


ELSEWHERE = ["tcp://10.0.0.5:1", "tcp://grader.example.org:1", "tcp://[2001:db8::1]:1", "10.0.0.5:1", "ws://10.0.0.5:1"]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_cluster_of_other_machines_needs_tls(tmp_path, address):
    with pytest.raises(GraderError, match="without TLS"):
        wire.security(address, tmp_path)
    with pytest.raises(GraderError, match="mlsd certificate"):
        wire.security("tls://10.0.0.5:8786", tmp_path)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes certificates")
def test_with_the_courses_certificate_the_class_is_graded_and_a_stranger_submits_nothing(course):
    from distributed import Client, Security

    toy.submit(course, "right", toy.answered(course, **toy.RIGHT))
    folder = wire.make_certificate(course.root)
    assert (folder.stat().st_mode & 0o777, (folder / wire.KEY).stat().st_mode & 0o777) == (0o700, 0o600)
    assert wire.make_certificate(course.root) == folder
    with DaskCluster(1, tls=folder) as cluster:
        outcomes = run(course, jobs=0, scheduler=cluster.address)
        assert {outcome.failure for outcome in outcomes.values()} == {""}
        other = wire.make_certificate(course.root / "classroom")
        pair = {"tls_client_cert": str(other / wire.CERTIFICATE), "tls_client_key": str(other / wire.KEY)}
        theirs = Security(tls_ca_file=str(folder / wire.CERTIFICATE), require_encryption=True, **pair)
        for address, security in ((cluster.address, theirs), (cluster.address.replace("tls", "tcp"), None)):
            with pytest.raises(OSError, match=r"t(ls|cp)://"):
                Client(address, security=security, timeout=2, set_as_default=False)
