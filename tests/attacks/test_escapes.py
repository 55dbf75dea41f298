"""What a checker hands to student code must not lead back into the checker, and what it may hold is bounded.

`attack(store)` holds a proxy of an object of a suite's whose one exposed method is `get`; whatever it does or
returns, the suite's secret must not cross. Each ends in an error of the student's or of the channel, worth 0.
"""

import pytest

from grader.grading.remote_answer import RemoteAnswer
from grader.sandbox import make_sandbox
from grader.suite_kit.answer import AnswerEnded, Exposed, StudentError
from grader.suite_kit.codec import CodecError

REFUSED = (StudentError, CodecError, AnswerEnded)
SECRET = "held-by-the-checker-77aa"


class Store:
    """The suite's object. Only `get` is exposed; the secret is an attribute and a global of its method's module."""

    secret = SECRET

    def __init__(self) -> None:
        self.rows = {"a": 1}

    def get(self, key: str) -> int:
        return self.rows[key]

    def put(self, key: str, value: int) -> None:
        self.rows[key] = value


# Sends a frame of its own making to the checker and gives the text of the reply.
RAW = """
from grader.suite_kit.codec import encode, decode
_ask = next(v for k, v in vars(store).items() if k.endswith("__ask"))
_number = next(v for k, v in vars(store).items() if k.endswith("__number"))
def raw(*call): return str(decode(_ask(encode(call))))
def bare(frame): return repr(_ask(frame))
"""


def attack(body: str) -> str:
    """Source of an answer that does `body` with a `store`."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def attack(store):\n{lines}\n"


def raw(call: str) -> str:
    return attack(f"{RAW}\nreturn {call}")


CLIMBS = {
    "attribute": attack("return store.secret"),
    "method_not_exposed": attack("return store.put('a', 2)"),
    "globals_of_a_method": attack("return store.get.__globals__"),
    "globals_by_raw_call": raw("raw(_number, '__globals__')"),
    "class_by_raw_call": raw("raw(_number, '__class__')"),
    "getattribute_by_raw_call": raw("raw(_number, '__getattribute__', ('secret',))"),
    "dotted_method": raw("raw(_number, 'get.__globals__', ())"),
    "empty_method": raw("raw(_number, '', ())"),
    "method_a_list": raw("raw(_number, ['get'], ())"),
    "reduce": raw("raw(_number, '__reduce_ex__', (2,))"),
    "init_subclass": raw("raw(_number, '__init_subclass__', ())"),
    "setattr": raw("raw(_number, '__setattr__', ('rows', {'a': 'mine'}))"),
    "negative_number": raw("raw(-1, 'get', ('a',))"),
    "number_out_of_range": raw("raw(2**40, 'get', ('a',))"),
    "number_a_text": raw("raw('0', '__class__', ())"),
    "number_missing": raw("raw('get', ('a',))"),
    "too_few_arguments": raw("raw(_number, 'get', ())"),
    "format_text": raw("raw(_number, 'get', ('{0.__class__.__init__.__globals__}',))"),
    "unhashable_argument": raw("raw(_number, 'get', ([],))"),
    "damaged_frame": raw("bare(b'')"),
    "noise_as_frame": raw("bare(bytes(range(256)))"),
    "pickle_as_frame": raw("bare(b'cbuiltins\\neval\\n(Vopen(\"x\")\\ntR.')"),
    "handle_as_argument": raw('bare(bytes([40, 0, 0, 0]) + b\'{"v":[0,"get",[{"$h":1,"k":"x"}]],"n":[]}\')'),
}


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


@pytest.mark.parametrize("name", CLIMBS)
def test_nothing_of_the_checkers_is_reached_from_an_exposed_object(name, remote):
    store = Store()
    try:
        found = repr(remote(CLIMBS[name]).call("attack", Exposed(store, ("get",))))
    except REFUSED as error:
        found = str(error)
    assert SECRET not in found
    assert store.rows == {"a": 1}


def test_what_is_exposed_works(remote):
    answer = remote("def attack(store): return store.get('a') + 1")
    assert answer.call("attack", Exposed(Store(), ("get",))) == 2


@pytest.mark.parametrize("given", ["[object() for _ in range(20_000)]", "object()"], ids=["at once", "one by one"])
def test_a_flood_of_handles_ends(given, remote):
    answer = remote(f"def answer(): return {given}")
    with pytest.raises(REFUSED, match="10,000"):
        [answer.call("answer") for _ in range(20_000)]
