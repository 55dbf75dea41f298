"""A table of requests that must not hurt: each gets its 4xx, names its field, and the service lives on."""

import contextlib
import http.client
import json
import socket
import sys

import pytest

from mlsd_lib.serving import ServerProcess
from tests.mlsd_lib.serving.conftest import DEMO
from tests.waiting import until

JSON = {"Content-Type": "application/json"}
GOOD = {"amount": 12.5}


def send(service, body, *, method="POST", path="/predict", headers=JSON):
    """Status, parsed answer and headers of one request; an iterable body goes in chunks, without Content-Length."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw else None, dict(response.getheaders())
    finally:
        connection.close()


def healthy(service):
    return send(service, None, method="GET", path="/healthz", headers={})[:2] == (
        200,
        {"name": "payments", "version": "v7"},
    )


def payment(**changes):
    return json.dumps(GOOD | changes)


def nested(depth):
    return [nested(depth - 1)] if depth else []


HOSTILE = {
    # name: (body, status, field, extra arguments of `send`)
    "text for a number": (payment(amount="12"), 422, "amount"),
    "true for a number": (payment(amount=True), 422, "amount"),
    "a list for a number": (payment(amount=[1]), 422, "amount"),
    "null for a number": (payment(amount=None), 422, "amount"),
    "fraction for a count": (payment(items=1.5), 422, "items"),
    "out of range": (payment(amount=-1), 422, "amount"),
    "unknown category": (payment(channel="cheque"), 422, "channel"),
    "text too long": (payment(note="x" * 21), 422, "note"),
    "no date": (payment(made_at="yesterday"), 422, "made_at"),
    "missing field": ("{}", 422, "amount"),
    "unknown field": (payment(colour="red"), 422, "colour"),
    "unknown inner field": (payment(place={"latitude": 1, "planet": 3}), 422, "place.planet"),
    "inner range": (payment(place={"latitude": 91}), 422, "place.latitude"),
    "NaN": ('{"amount": NaN}', 422, "amount"),
    "infinity": ('{"amount": -Infinity}', 422, "amount"),
    "overflow to infinity": ('{"amount": 1e999}', 422, "amount"),
    "integer too large for a float": ('{"amount": 1%s}' % ("0" * 400), 422, "amount"),
    "inner NaN": ('{"amount": 1, "place": {"latitude": NaN}}', 422, "place.latitude"),
    "duplicate keys": ('{"amount": 1, "amount": 2}', 400, "amount"),
    "inner duplicate keys": ('{"amount": 1, "place": {"latitude": 1, "latitude": 2}}', 400, "latitude"),
    "not JSON": ("amount=12", 400, None),
    "cut off": ('{"amount": 12', 400, None),
    "trailing text": ('{"amount": 12} {}', 400, None),
    "empty": ("", 400, None),
    "not UTF-8": (b'{"amount": 1, "note": "\xff"}', 400, None),
    "UTF-16": ('{"amount": 1}'.encode("utf-16"), 400, None),
    "half a character": ('{"amount": 1, "note": "\\ud800"}', 422, "note"),
    "nested without end": ("[" * 7_900, 400, None),
    "nested 150 deep": (payment(extra=nested(150)), 422, "extra"),
    "nested 300 deep": (payment(extra=nested(300)), 400, None),
    "nested 3,000 deep": ('{"amount": 1, "extra": %s}' % ("[" * 3_000 + "]" * 3_000), 400, None),
    "5,000-digit integer": ('{"amount": 1, "items": 1%s}' % ("0" * 5_000), 422, "items"),
    "long unknown name": (payment(**{"x" * 3_000: 1}), 422, "x" * 77 + "..."),
    "a list": ("[1, 2]", 400, None),
    "a string": ('"amount"', 400, None),
    "row that is no object": ('{"rows": [1]}', 422, "rows[0]"),
    "bad row among good": (json.dumps({"rows": [GOOD, GOOD, {"amount": "1"}]}), 422, "rows[2].amount"),
    "no rows": ('{"rows": []}', 422, "rows"),
    "too many rows": (json.dumps({"rows": [GOOD] * 9}), 422, "rows"),
    "rows that is no list": ('{"rows": 3}', 422, "rows"),
    "rows and a field": ('{"rows": [{"amount": 1}], "amount": 1}', 422, "amount"),
    "huge": (payment(note="x" * 9_000), 413, "body"),
    "huge, in chunks": ([b"x" * 1_000] * 9, 413, "body"),
    "beyond what the server reads": ("", 413, "request", {"headers": JSON | {"Content-Length": "99999999999"}}),
    "broken length": ("", 400, "request", {"headers": JSON | {"Content-Length": "-5"}}),
    "form": ("amount=1", 415, "Content-Type", {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
    "no type": (payment(), 415, "Content-Type", {"headers": {}}),
    "compressed": (payment(), 415, "Content-Encoding", {"headers": JSON | {"Content-Encoding": "gzip"}}),
    "wrong method": (None, 405, "method", {"method": "GET"}),
    "delete": (None, 405, "method", {"method": "DELETE"}),
    "options": (None, 405, "method", {"method": "OPTIONS"}),
    "post to health": (payment(), 405, "method", {"path": "/healthz"}),
    "no such path": (payment(), 404, "path", {"path": "/admin/../../etc/passwd"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_request_gets_a_4xx_that_names_the_field(service, name):
    body, status, field, *more = HOSTILE[name]
    got, answer, headers = send(service, body, **(more[0] if more else {}))
    assert got == status
    assert headers["Content-Type"] == "application/json"
    error = answer["error"]
    assert set(error) == {"field", "value", "rule", "fix"}
    assert error["field"] == field
    assert error["rule"]
    assert error["fix"]
    assert len(json.dumps(error)) < 1_000  # a long value is not sent back
    assert healthy(service)


def test_a_refusal_names_every_faulty_field_at_once_and_twenty_at_most(service):
    error = send(service, '{"amount": NaN, "made_at": 3, "colour": 1, "items": "two"}')[1]["error"]
    assert {fault["field"] for fault in [error, *error["also"]]} == {"amount", "made_at", "colour", "items"}
    many = send(service, json.dumps({"rows": [{f"x{at}": at for at in range(9)}] * 8}))[1]["error"]
    assert len(many["also"]) == 19


def test_good_requests_are_answered_one_object_or_rows(service):
    assert send(service, payment(amount=500, made_at="2024-05-01T12:00:00"))[:2] == (200, {"score": 0.5})
    assert send(service, payment(), headers={"Content-Type": "application/json; charset=utf-8"})[0] == 200
    rows = {"rows": [{"amount": 100}, {"amount": 2000, "place": {"latitude": 3}}]}
    assert send(service, json.dumps(rows))[:2] == (200, {"rows": [{"score": 0.1}, {"score": 1.0}]})
    assert send(service, [payment().encode()])[0] == 200  # in chunks


def test_a_wrong_method_is_told_the_right_one(service):
    assert send(service, None, method="GET")[2]["Allow"] == "POST"


@pytest.mark.parametrize("note", ["fail", "nan", "lose"])
def test_a_failing_model_gives_500_without_its_traceback_and_the_log_has_it(service, note):
    status, answer, _ = send(service, payment(note=note))
    assert status == 500
    assert not any(word in json.dumps(answer) for word in ("secret", "Traceback", "ServingError", "NaN"))
    assert {"fail": "secret detail", "nan": "not JSON compliant", "lose": "0 answers for 1 rows"}[note] in service.log()
    assert healthy(service)


def test_bytes_that_are_no_http_are_refused_in_json(service):
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.0 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["field"] == "request"
    assert healthy(service)


def test_a_client_that_leaves_in_the_middle_of_its_body_does_no_harm(service):
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nContent-Length: 500\r\n\r\n{")
    assert healthy(service)


@pytest.mark.parametrize("sent", [b"POST /predict HTTP/1.1\r\nX-Slow: ", b"GET /metrics HTTP/1.1\r\n\r\n" * 1_000])
def test_a_client_that_sends_or_takes_a_byte_now_and_then_loses_its_place(sent):
    impatient = "import runpy; from mlsd_lib.serving import serve; serve.__globals__['REQUEST_S'] = 1"
    command = [sys.executable, "-c", f"{impatient}; runpy.run_path({DEMO[1]!r}, run_name='__main__')", "{port}"]
    with ServerProcess(command) as server, socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(sent)
        connection.setblocking(False)
        until(lambda: not takes(connection, b"x"), "the end of the connection", within_s=20)
        assert healthy(server)


def takes(connection, sent):
    """Whether what is sent to the other side of an open connection may arrive there."""
    with contextlib.suppress(BlockingIOError):  # it has answered nothing
        try:
            connection.send(sent)
            return connection.recv(1) != b""
        except ConnectionError:
            return False
    return True


def test_more_clients_than_files_may_be_opened_wait_and_fill_no_log():
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    crowded = ServerProcess(DEMO)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))  # which the service inherits
    try:
        crowded.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with contextlib.ExitStack() as clients:
        try:
            for _ in range(200):
                clients.enter_context(socket.create_connection(("127.0.0.1", crowded.port), timeout=10)).sendall(
                    b"POST"
                )
            full = ("connection limit", "Too many open files")
            until(lambda: any(word in crowded.log() for word in full), "the last client that is let in")
            assert full[1] not in crowded.log()
            clients.close()
            assert healthy(crowded)
        finally:
            crowded.stop()
