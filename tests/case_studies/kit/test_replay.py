"""What is replayed arrives in the order of its times, in batches that a report ends."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pandas as pd
import pytest

from case_studies.kit import bodies, replay
from mlsd_lib.simulation import SimulationError


@pytest.fixture
def service():
    """A server that notes what it is sent, answers requests, and refuses the report 'bad'."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.append((self.path, body))
            self.send_response(422 if body.get("id") == "bad" else 200)
            self.end_headers()
            rows = [{"id": row["id"], "score": 1} for row in body.get("rows", [])]
            self.wfile.write(json.dumps({"rows": rows} if rows else {"reported": True}).encode())

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


def events(*names):
    return [{"id": name, "time": f"2026-03-01T00:00:{second:02}"} for second, name in names]


def test_requests_and_reports_arrive_in_the_order_of_their_times(service):
    url, received = service
    requests, reports = events((1, "a"), (2, "b"), (3, "c"), (5, "d")), events((4, "r"))
    answers = replay(url, requests, reports, batch=2)
    sent = [(path, [row["id"] for row in body["rows"]] if "rows" in body else body["id"]) for path, body in received]
    assert sent == [("/predict", ["a", "b"]), ("/predict", ["c"]), ("/reports", "r"), ("/predict", ["d"])]
    assert answers["id"].tolist() == ["a", "b", "c", "d"]


def test_a_refusal_stops_the_replay_and_says_what_was_answered(service):
    url, received = service
    with pytest.raises(SimulationError, match="/reports answered 422"):
        replay(url, events((2, "late")), events((1, "bad")))
    assert len(received) == 1


def test_rows_become_bodies_that_json_can_carry():
    table = pd.DataFrame({"id": [7], "time": pd.to_datetime(["2026-03-01 00:00:01.5"])})
    assert json.loads(json.dumps(bodies(table))) == [{"id": 7, "time": "2026-03-01T00:00:01.500000"}]
