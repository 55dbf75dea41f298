"""`mlsd measure`: the batch cost of a running service, found again where it is known."""

import contextlib
import socketserver
import sys
import threading

import numpy as np
import pytest
from typer.testing import CliRunner

from mlsd.cli import app
from mlsd.simulate import measured_cost
from mlsd.simulate.document import ServiceDocument
from mlsd.simulate.measured_cost import fit
from mlsd_lib.serving import ServerProcess
from mlsd_lib.simulation import SimulationError
from mlsd_lib.simulation.scenario import BatchCost
from mlsd_lib.simulation.strict_yaml import read_yaml

ROWS = (1, 2, 4, 8, 16, 32)
FIXED_MS, ROW_MS = 200, 20  # of the real service: what a busy machine adds to an answer is small beside them


def drawn(cost, requests=400, seed=0, stray=0.0):
    """Latencies in ms as the engine draws them; a share `stray` of them takes a second more."""
    rng = np.random.default_rng(seed)
    found = {}
    for rows in ROWS:
        chance = rng.exponential(size=requests)
        found[rows] = 1e3 * float(cost.seconds(rows)) * (1 - cost.spread + cost.spread * chance)
        found[rows] += 1e3 * (rng.random(requests) < stray)
    return found


@pytest.mark.parametrize("stray", [0.0, 0.02])
@pytest.mark.parametrize("spread", [0.0, 0.2, 1.0])
def test_the_cost_that_drew_the_latencies_is_found_again(spread, stray):
    found = fit(drawn(BatchCost(0.02, 0.003, spread), 1_000, stray=stray))
    assert found.fixed_ms == pytest.approx(20, rel=0.12)
    assert found.row_ms == pytest.approx(3, rel=0.12)
    assert found.spread == pytest.approx(spread, abs=0.08)


def test_the_intervals_hold_the_cost_in_nine_of_ten_measurements():
    found = [fit(drawn(BatchCost(0.02, 0.003, 0.2), 40, seed)) for seed in range(60)]
    assert np.mean([cost.row_interval[0] <= 3 <= cost.row_interval[1] for cost in found]) > 0.75
    assert np.mean([cost.fixed_interval[0] <= 20 <= cost.fixed_interval[1] for cost in found]) > 0.75


def test_a_line_is_written_into_a_document_and_says_by_how_much_it_misses():
    line = fit(drawn(BatchCost(0.02, 0.003, 0.0)))
    assert ServiceDocument.of(read_yaml(line.document())).world.batch_cost.row_ms == pytest.approx(3, rel=0.01)
    bent = drawn(BatchCost(0.02, 0.0, 0.0)) | {ROWS[-1]: np.full(400, 200.0)}
    assert line.misses < 0.01 < 0.1 < fit(bent).misses
    assert f"it misses a size by at most {fit(bent).misses:.1%}" in fit(bent).document()


def measure(*words):
    return CliRunner().invoke(app, ["measure", *map(str, words)])


@pytest.fixture(scope="module")
def service():
    command = [sys.executable, "-m", "tests.mlsd_lib.simulation.costly_service", "{port}", str(FIXED_MS), str(ROW_MS)]
    with ServerProcess(command) as server:
        yield f"{server.url}/predict"


ROW = '{"number": 1}'


def test_the_cost_of_a_real_service_is_measured(service, tmp_path):
    out = tmp_path / "cost.yaml"
    result = measure(service, "--row", ROW, "--largest", 12, "--requests", 5, "--out", out)
    assert result.exit_code == 0, result.output
    assert "1, 2, 4, 8, 12 rows" in result.output
    assert out.read_text() == result.output
    cost = ServiceDocument.read(out).world.batch_cost.in_seconds()
    for rows in (1, 12):  # the way there and back is measured too
        true = (FIXED_MS + ROW_MS * rows) / 1e3
        assert true <= float(cost.seconds(rows)) * 1.02 < true * 1.5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--row", '{"count": 1}'], "answered 1 rows with 422: "),
        (["--row", ROW, "--largest", "20"], "answered 20 rows with 422: "),
        (["--row", "1"], "--row is '1'; it must be a JSON object"),
        (["--row", "{"], "--row is '{': "),
        (["--row", "@none.json"], "--row is '@none.json': "),
        (["--row", ROW, "--out", "."], "it must name a new file in a folder that is there"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(service, words, message):
    result = measure(service, *words, "--requests", "4")
    assert isinstance(result.exception, SimulationError)
    assert message in str(result.exception)
    assert len(str(result.exception).splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://127.0.0.1/predict", "no address of the form http://"),
        ("predict", "no address of the form http://"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://127.0.0.1:99999/predict", "gave no answer: "),
        ("http://127.0.0.1:9/predict", "gave no answer: "),
    ],
)
def test_a_service_that_is_not_there_is_named(url, message):
    result = measure(url, "--row", ROW)
    assert isinstance(result.exception, SimulationError)
    assert message in str(result.exception)


class Hostile(socketserver.StreamRequestHandler):
    """Answers each request with the server's `answer`, and hangs up or goes on with `more`, a little at a time."""

    def handle(self):
        head = iter(self.rfile.readline, b"\r\n")
        (length,) = [int(line[15:]) for line in head if line.lower().startswith(b"content-length:")]
        self.rfile.read(length)
        with contextlib.suppress(OSError):
            self.request.sendall(b"HTTP/1.1 200 OK\r\n" + self.server.answer)
            while self.server.more and not self.server.over.wait(0.02):
                self.request.sendall(self.server.more)


@pytest.mark.parametrize(
    ("answer", "more", "message"),
    [
        (b"Content-Length: 2\r\n\r\n{}", b"", None),  # and hangs up without a word
        (b"Content-Length: 0\r\n\r\n", b"", "answered 1 rows with 200: nothing"),
        (b"Content-Length: 999\r\n\r\n{}", b"", "it ends 997 bytes early"),
        (b"Content-Length: 1000000\r\n\r\n{", b" ", "it was not read within 1 s"),
        (b"\r\n{", b" ", "it was not read within 1 s"),
        (b"X: ", b"x", "it was not read within 1 s"),
        (b"\r\n{", b" " * 10_000, "it has more than 100,000 bytes"),
    ],
)
def test_a_service_that_hangs_up_is_asked_again_and_one_without_an_end_is_left(monkeypatch, answer, more, message):
    monkeypatch.setattr(measured_cost, "DEADLINE_S", 1.0)
    monkeypatch.setattr(measured_cost, "MOST_BYTES", 100_000)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hostile) as server:
        server.daemon_threads, server.answer, server.more, server.over = True, answer, more, threading.Event()
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/predict"
        done = measure(url, "--row", "{}", "--largest", 2, "--requests", 4)
        server.over.set()
        server.shutdown()
    assert (done.exit_code == 0) == (message is None)
    assert (message or "") in str(done.exception or "")
