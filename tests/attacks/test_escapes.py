"""What a checker hands to student code must not lead back into the checker, and what comes back must be data."""

import pytest

from grader.grading.remote_answer import RemoteAnswer
from grader.sandbox import make_sandbox
from grader.suite_kit.answer import AnswerEnded, Exposed, InKernel, StudentError
from grader.suite_kit.codec import CodecError, decode
from tests.attacks.escapes import ALWAYS_EQUAL, CLIMBS, DRIP, FLOOD, FRAMES, SECRET, Store

REFUSED = (StudentError, CodecError, AnswerEnded)


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(imports=["numpy"]) as warmed:
        yield warmed


@pytest.fixture
def remote(sandbox):
    """Opens an answer in a sandboxed process from its source."""
    sessions = []

    def opened(source: str) -> RemoteAnswer:
        sessions.append(sandbox.open())
        assert sessions[-1].run_cell(source).verdict == "ok"
        return RemoteAnswer(sessions[-1])

    yield opened
    for session in sessions:
        session.close()


@pytest.fixture(params=["in the kernel", "remote"])
def opened(request, remote):
    """The same answer on either side of a border."""

    def local(source: str) -> InKernel:
        names: dict = {}
        exec(source, names)
        return InKernel(names)

    return local if request.param == "in the kernel" else remote


@pytest.mark.parametrize("name", CLIMBS)
def test_nothing_of_the_checkers_is_reached_from_an_exposed_object(name, remote):
    store = Store()
    try:
        found = repr(remote(CLIMBS[name]).call("attack", Exposed(store, ("get",))))
    except REFUSED as error:
        found = str(error)
    assert SECRET not in found
    assert store.rows == {"a": 1}


def test_what_is_exposed_works(opened):
    answer = opened("def attack(store): return store.get('a') + 1")
    assert answer.call("attack", Exposed(Store(), ("get",))) == 2


COMPARISONS = {
    "eq": lambda got: got == 5,
    "ne": lambda got: False if got != 5 else True,  # noqa: SIM211 - the operator is what is tested
    "ge": lambda got: got >= 5,
    "bool": bool,
    "float": lambda got: float(got) == 5,
    "in": lambda got: got in (5, 6),
    "contains": lambda got: 5 in got,
    "hash": lambda got: {5: True}.get(got),
    "len": lambda got: len(got) == 5,
    "iter": lambda got: list(got) == [5],
}


@pytest.mark.parametrize("base", ["object", "float", "list", "dict", "str"])
@pytest.mark.parametrize("how", COMPARISONS)
def test_an_answer_that_equals_everything_equals_nothing(base, how, opened):
    try:
        agreed = COMPARISONS[how](opened(ALWAYS_EQUAL.replace("BASE", base)).call("answer"))
    except (*REFUSED, TypeError, ValueError):
        agreed = False
    assert not agreed


@pytest.mark.parametrize("source", [FLOOD, DRIP], ids=["at once", "one by one"])
def test_a_flood_of_handles_ends(source, opened):
    answer = opened(source)
    with pytest.raises(REFUSED, match="10,000"):
        [answer.call("answer") for _ in range(20_000)]


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_that_breaks_a_rule_is_refused(name):
    with pytest.raises(CodecError):
        decode(FRAMES[name])


@pytest.mark.parametrize("name", FRAMES)
def test_a_student_process_that_answers_with_such_a_frame_ends_its_cell(name, remote):
    answer = remote(f"""
import grader.suite_kit.answer, grader.suite_kit.codec
def answer(): return 1
for module in (grader.suite_kit.answer, grader.suite_kit.codec):
    module.encode = lambda *a, **k: {FRAMES[name][:200_000]!r}
""")
    with pytest.raises(REFUSED):
        answer.call("answer")
