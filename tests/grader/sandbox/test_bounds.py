"""Whatever a student's process sends: what is parsed is bounded before, and so is the grader's memory."""

import json
import tracemalloc

import pytest

from grader.sandbox import Limits, make_sandbox, protocol
from grader.sandbox.output_recorder import Recorder

MOST_MB = 60
OUTPUT_BYTES = Limits().output_bytes
ENTRIES = {
    "empty objects": lambda n: b"[" + b"{}," * (n // 3) + b"0]",
    "empty lists": lambda n: b"[" + b"[]," * (n // 3) + b"0]",
    "objects of one": lambda n: b"[" + b'{"":0},' * (n // 7) + b"0]",
    "keys": lambda n: b"{" + b",".join(b'"%x":0' % i for i in range(n // 9)) + b"}",
    "short texts": lambda n: b"[" + b'"ab",' * (n // 5) + b"0]",
    "large numbers": lambda n: b"[" + b"999," * (n // 4) + b"0]",
    "nesting": lambda n: b"[" * (n // 2) + b"]" * (n // 2),
    "an open text of escapes": lambda n: b'{"' + b'\\"' * (n // 2),
}
FLOOD = """
import gc, socket, struct
channel = next(o for o in gc.get_objects() if isinstance(o, socket.socket))
payload = b"[" + b"{}," * (25 * 10**6) + b"0]"
number = NUMBER
channel.sendall(struct.pack("<IBH", len(payload), ord("KIND"), number) + payload)
"""


def grown_mb(act):
    """The most memory that Python held on top while `act` ran, and what `act` gave."""
    tracemalloc.start()
    try:
        given = act()
        return tracemalloc.get_traced_memory()[1] / 2**20, given
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def sandbox():
    with make_sandbox(["json"], limits=Limits(wall_s=300, memory_mb=500)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("kind", ["D", "o", "!", "R", "x"])
def test_a_flood_of_75_mb_costs_the_worker_little(sandbox, kind):
    with sandbox.open() as session:
        session.run_cell("1")
        flood = FLOOD.replace("KIND", kind).replace("NUMBER", "2")
        peak_mb, run = grown_mb(lambda: session.run_cell(flood))
        assert peak_mb < MOST_MB
        assert (run.verdict, session.alive) == ("crashed", False)


@pytest.mark.parametrize("shape", ENTRIES)
@pytest.mark.parametrize("length", [protocol.most_output(OUTPUT_BYTES) - 200, 75 * 10**6])
def test_the_worst_output_record_takes_little_memory(shape, length):
    if length > 10**7 and shape == "keys":
        length //= 8
    data = ENTRIES[shape](length - 200)
    payload = b'{"output_type":"display_data","metadata":{},"data":{"application/json":' + data + b"}}"
    recorder = Recorder(OUTPUT_BYTES)
    peak_mb, _ = grown_mb(lambda: recorder.add(payload))
    assert peak_mb < MOST_MB


@pytest.mark.parametrize("shape", ENTRIES)
@pytest.mark.parametrize("kind", protocol.MESSAGES)
def test_the_worst_message_takes_little_memory(shape, kind):
    payload = ENTRIES[shape](8 * 2**20)

    def refused():
        with pytest.raises(protocol.BadMessage):
            protocol.unpacked(kind, payload)

    assert grown_mb(refused)[0] < MOST_MB


@pytest.mark.parametrize(
    ("kind", "payload", "why"),
    [
        (0, b"{}", "unknown"),
        (protocol.Forked.KIND, b'{"process": 1}', "other fields"),
        (protocol.Ended.KIND, b'{"status": 0, "more": 1}', "other fields"),
        (protocol.Ended.KIND, b'{"status": "0"}', "another type"),
        (protocol.Ended.KIND, b'{"status": true}', "another type"),
        (protocol.Import.KIND, b'{"modules": [1]}', "no texts"),
        (protocol.Ended.KIND, b"[0]", "other fields"),
        (protocol.Ended.KIND, b"{", "damaged"),
    ],
)
def test_a_message_that_is_none_is_refused(kind, payload, why):
    with pytest.raises(protocol.BadMessage, match=why):
        protocol.unpacked(kind, payload)


@pytest.mark.parametrize("message", [protocol.Open(None, "", 8, {"wall_s": 1.0}, {"seed": 0}), protocol.Entered("no")])
def test_a_message_arrives_as_it_was_sent(message):
    assert protocol.unpacked(message.KIND, protocol.packed(message)) == message
    with pytest.raises(protocol.BadMessage, match=f"{type(message).__name__} came, not Ended"):
        protocol.expected(message, protocol.Ended)


def test_a_large_honest_output_is_kept():
    figure = {"data": [{"x": list(range(50_000)), "y": [0.5] * 50_000}], "layout": {"title": "a line"}}
    bundle = {"text/plain": "figure", "application/vnd.plotly.v1+json": figure}
    recorder = Recorder(OUTPUT_BYTES)
    recorder.add(json.dumps({"output_type": "display_data", "metadata": {}, "data": bundle}).encode())
    assert recorder.outputs[0]["data"]["application/vnd.plotly.v1+json"] == figure
    text = "{[:" * 200_000 + '"'
    recorder.add(json.dumps({"output_type": "stream", "name": "stdout", "text": text}).encode())
    assert recorder.outputs[1]["text"] == text


def test_an_output_that_is_too_long_is_left_out_and_the_cell_goes_on(sandbox):
    with sandbox.open() as session:
        run = session.run_cell("print('before')\ndisplay({'application/json': ['x' * 10**7]}, raw=True)\n1 / 0")
        before, note, error = run.outputs
        assert (run.truncated, before["text"], error["ename"]) == (True, "before\n", "ZeroDivisionError")
        assert "left out" in note["text"]
        huge = session.run_cell("class E(Exception): pass\nE.__name__ = 'E' * 10**6\nraise E('\\x01' * 10**7)")
        assert (huge.verdict, huge.outputs[0]["output_type"]) == ("error", "error")
        assert session.run_cell("1").verdict == "ok"
