"""The streaming server and its readers, as processes and over HTTP."""

import asyncio
import json
import sys
import time

import pytest

from lessons.decode_step.readers import Reader, look, sent, visit
from lessons.decode_step.stream_server import app
from mlsd_lib.serving import ServerProcess

ASK = {"prompt": [3, 1, 4, 1, 5], "tokens": 90}
STAYS = 10**6


@pytest.fixture(scope="module")
def server():
    with ServerProcess([sys.executable, "-m", "lessons.decode_step.stream_server", "{port}", "0", "2"]) as process:
        yield process


def records(server):
    return look(f"{server.url}/settled")


def test_an_answer_is_the_same_by_events_and_in_one_piece(server):
    by_events = Reader(f"{server.url}/answer", name="events", **ASK).read()
    whole = json.load(sent(f"{server.url}/answer", name="whole", stream=False, **ASK).getresponse())
    assert len(whole) == 90
    assert [token.token for token in by_events.tokens] == whole
    assert all(token.sent_s <= token.came_s for token in by_events.tokens)


@pytest.mark.parametrize("notify", [True, False])
def test_a_reader_who_leaves_ends_its_stream_only_where_the_loop_is_notified(server, notify):
    names = {f"leaves {notify}": 5, f"stays {notify}": STAYS, f"gone {notify}": 0}
    readers = visit(f"{server.url}/answer", names, notify=notify, **ASK)
    leaves, stays, gone = (records(server)[name]["decoded"] for name in readers)
    assert [len(reader.tokens) for reader in readers.values()] == [5, 90, 0]
    assert (stays, gone) == (90, 0 if notify else 90)
    assert leaves < 90 if notify else leaves == 90


@pytest.mark.parametrize("notify", [True, False])
def test_an_answer_in_one_piece_is_left_only_where_it_asks(server, notify):
    connection = sent(f"{server.url}/answer", name=f"one {notify}", stream=False, notify=notify, **ASK)
    look(f"{server.url}/begun", name=f"one {notify}")
    connection.close()
    decoded = records(server)[f"one {notify}"]["decoded"]
    assert decoded < 90 if notify else decoded == 90


def test_a_full_queue_and_an_impossible_answer_are_refused_before_the_first_byte(server):
    url = f"{server.url}/answer"
    asked = [Reader(url, name=f"full {k}", queue_limit=1, **ASK) for k in range(3)]
    late = Reader(url, name="late", queue_limit=1, **ASK)
    long = Reader(url, name="long", prompt=[1], tokens=10_000)
    for reader in (*asked, late, long):
        reader.leave()
    assert [reader.status for reader in (*asked, late, long)] == [200, 200, 200, 503, 422]


def test_comments_do_not_keep_a_dead_stream_alive_for_a_reader_who_times_tokens(server):
    dead = Reader(f"{server.url}/answer", name="dead", hangs_after=4, beat_s=0.02, **ASK).read(gap_s=1.0)
    assert len(dead.tokens) == 4
    assert len(dead.signs_s) > 4 + 3
    assert dead.ended_s >= dead.tokens[-1].came_s + 1.0


def test_without_comments_a_dead_stream_is_given_up_too(server):
    dead = Reader(f"{server.url}/answer", name="silent", hangs_after=4, **ASK).read(gap_s=0.5)
    assert len(dead.tokens) == len(dead.signs_s) == 4


def test_a_reader_who_leaves_before_the_first_byte_is_not_decoded_for():
    """By the interface between server and framework: the message that the reader has left is there at once."""
    service, ends = app(seed=0, slots=1), asyncio.Event
    body = json.dumps({"name": "early", **ASK}).encode()
    messages = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "POST",
        "path": "/answer", "raw_path": b"/answer", "query_string": b"", "root_path": "", "scheme": "http",
        "headers": [(b"content-type", b"application/json")], "server": ("127.0.0.1", 1), "client": ("127.0.0.1", 2),
    }  # fmt: skip
    settled = scope | {"method": "GET", "path": "/settled", "raw_path": b"/settled"}
    answers = []

    async def both():
        async def gone():
            return messages.pop(0)

        async def stays():
            await ends().wait()

        async def nowhere(message):
            pass

        async def kept(message):
            answers.append(message)

        async with service.router.lifespan_context(service):
            await service(scope, gone, nowhere)
            await service(settled, stays, kept)

    asyncio.run(asyncio.wait_for(both(), 60))
    assert json.loads(answers[1]["body"])["early"]["decoded"] < 90


def test_the_clock_of_server_and_reader_is_one(server):
    before_s = time.monotonic()
    reader = Reader(f"{server.url}/answer", name="clock", **ASK | {"tokens": 3}).read()
    assert before_s <= reader.tokens[0].sent_s <= reader.ended_s <= time.monotonic()


def test_a_stream_that_waits_for_its_reader_stops_when_the_buffers_are_full(server):
    ask = ASK | {"tokens": 300, "wide": True, "ahead": 4}
    still = Reader(f"{server.url}/answer", 16_384, name="still", **ask)
    before = records(server)["still"]
    still.read()
    assert (before["unsent"], before["held"]) == (4, before["decoded"] + 4)
    assert before["decoded"] < 150
    assert len(still.tokens) == 300
