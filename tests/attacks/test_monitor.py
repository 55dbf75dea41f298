"""What `mlsd monitor` does with whatever a service may send that is broken, slow or hostile: a line, and it rings."""

import re
import socketserver
import threading

import pytest
from typer.testing import CliRunner

from mlsd.cli import app
from mlsd_lib.operations import alert_rules, scraping

GOOD = (
    b'requests_total{route="/predict",status="200"} 5\nrequest_latency_seconds_bucket{route="/predict",le="+Inf"} 5\n'
)
MOST_WINDOWS = 2


def page(body: bytes, head: str = "HTTP/1.1 200 OK", length: int | None = None, more: str = "") -> bytes:
    return f"{head}\r\n{more}Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def moved(to: str) -> bytes:
    return page(b"", "HTTP/1.1 302 Found", more=f"Location: {to}\r\n")


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
DOWN = {
    "a body that ends early": page(GOOD, length=999),
    "a chunk that ends early": CHUNKED + b"99\r\n" + GOOD[:20],
    "a chunk without a length": CHUNKED + b"zz\r\n" + GOOD,
    "a status line that is none": b"nonsense \x1b[2J\r\n\r\n",
    "a status that is no number": page(GOOD, "HTTP/1.1 two OK"),
    "an end without a word": b"",
    "a head and no body": b"HTTP/1.1 200 OK\r\n\r\n",
    "a body that ends within a line": b"HTTP/1.1 200 OK\r\n\r\n" + GOOD[:-5],
    "a header without an end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    "more headers than anybody reads": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000 + b"\r\n",
    "an error": page(b"", "HTTP/1.1 500 no"),
    "text in another encoding": page(b"a 1\n\xff\xfe"),
    "a page for people": page(b"<html>{ hello"),
    "a value that is no number": page(b"a_total many\n"),
    "a count without an end": page(b"a_total +Inf\n"),
    "a bucket of a count without an end": page(b'a_bucket{le="1"} +Inf\n'),
    "a bucket without an edge": page(b"a_bucket 5\n"),
    "a bucket with a word for an edge": page(b'a_bucket{le="wide"} 5\n'),
    "a bucket with two points in its edge": page(b'request_latency_seconds_bucket{route="/predict",le="1.2.3"} 9\n'),
    "a bucket with an edge beyond any": page(b'a_bucket{le="1e308"} 5\n'),
    "a count whose rate is beyond any": page(b"a_total 1.7e308\n"),
    "a count of 4,000 digits": page(b"a_total 1" + b"0" * 4_000 + b"\n"),
    "more lines than are read": page(b"# HELP a b\n" * 100_000),
    "more labels than are read": page(b"a_total{" + b",".join(b'l%d="x"' % n for n in range(50_000)) + b"} 1\n"),
    "a megabyte that cannot be parsed": page(b"a{" + b"," * 1_000_000 + b"} 1\n"),
    "an alarm without a metric": page(b'monitor_alarm{runbook="x"} 1\n'),
    "an alarm without a runbook": page(b'monitor_alarm{metric="x"} 1\n'),
    "an index without a metric": page(b"monitor_index 1\n"),
    "requests without a status": page(b'requests_total{route="/predict"} 5\n'),
    "requests without a route": page(b'requests_total{status="200"} 5\n'),
    "a way to a file": moved("file:///etc/passwd"),
    "a way to another scheme": moved("ftp://127.0.0.1/metrics"),
    "a way to another service": moved("http://127.0.0.1:9/metrics"),
}
SLOW = {
    "its head, byte by byte": b"HTTP/1.1 200 OK\r\nX: ",
    "its body, byte by byte": page(b"#", length=10**6),
    "its body without a length, byte by byte": b"HTTP/1.1 200 OK\r\n\r\n#",
    "the body after which it hangs up, byte by byte": page(b"#", more="Connection: close\r\n", length=10**6),
}
ENDLESS = {
    "a body without an end": b"HTTP/1.1 200 OK\r\n\r\n",
    "a chunk of a length below zero": CHUNKED + b"-1\r\n",
}


class Service(socketserver.ThreadingTCPServer):
    """Answers the first request well, all others with `answer` and then, for as long as it is heard, `more`."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, answer: bytes, more: bytes, pause_s: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.more, self.pause_s = answer, more, pause_s
        self.asked, self.over = 0, threading.Event()


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        service = self.server
        assert isinstance(service, Service)
        while b"\r\n\r\n" not in self.request.recv(65536):
            pass
        service.asked += 1
        try:
            self.request.sendall(page(GOOD) if service.asked == 1 else service.answer)
            while service.more and service.asked > 1 and not service.over.wait(service.pause_s):
                self.request.sendall(service.more)
        except OSError:  # the reader has gone
            pass


def watched(tmp_path, answer, more=b"", pause_s=0.0, windows=MOST_WINDOWS):
    """What the command says about a service, and the page that it leaves."""
    with Service(answer, more, pause_s) as service:
        threading.Thread(target=service.serve_forever, args=(0.02,), daemon=True).start()
        out = tmp_path / "page.html"
        url = f"http://127.0.0.1:{service.server_address[1]}"
        words = ["monitor", url, "--every", "0.2", "--windows", str(windows), "--out", str(out)]
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        service.over.set()
        service.shutdown()
    assert done.exit_code == 0
    assert all(line.isprintable() for line in done.output.splitlines())
    return done, out.read_text()


def rings_with_a_line(done, windows=MOST_WINDOWS):
    lines = done.stderr.splitlines()
    assert len(lines) == windows
    assert all(re.match(r"\d\d:\d\d:\d\d http://127\.0\.0\.1:\d+/metrics ", line) for line in lines), lines
    assert max(map(len, lines)) < 500
    return "ServiceDown rings" in done.stdout


@pytest.mark.parametrize("what", DOWN)
def test_what_is_broken_is_a_line_and_rings(tmp_path, what):
    done, _ = watched(tmp_path, DOWN[what])
    assert rings_with_a_line(done)


@pytest.mark.parametrize("what", SLOW)
def test_one_deadline_holds_for_the_whole_reading(tmp_path, monkeypatch, what):
    monkeypatch.setattr(scraping, "DEADLINE_S", 0.3)
    done, _ = watched(tmp_path, SLOW[what], b"x", 0.05)
    assert rings_with_a_line(done)
    assert "within 0.3 s" in done.stderr


@pytest.mark.parametrize("what", ENDLESS)
def test_what_has_no_end_is_not_read_to_its_end(tmp_path, monkeypatch, what):
    monkeypatch.setattr(scraping, "MOST_BYTES", 100_000)
    monkeypatch.setattr(scraping, "DEADLINE_S", 0.5)  # before which no gigabyte comes
    done, _ = watched(tmp_path, ENDLESS[what], b"a_total 1\n" * 1_000)
    assert rings_with_a_line(done)
    assert re.search("100,?000 bytes", done.stderr)


def test_what_labels_say_reaches_the_terminal_without_its_escapes(tmp_path):
    evil = "\x1b]0;owned\x07\x1b[2Jfine\u202e"
    alarm = f'monitor_alarm{{metric="{evil}",runbook="{evil}"}} 1\nmonitor_index{{metric="{evil}"}} 9\n'
    alarm += "monitor_acts_beyond 2\n"
    done, text = watched(tmp_path, page(GOOD + alarm.encode()))
    assert "fine" in done.stdout
    assert " rings. " in done.stdout
    assert "\x1b" not in text + done.output


def test_a_gauge_that_is_no_number_hides_nothing_else(tmp_path):
    done, _ = watched(tmp_path, page(GOOD + b"a_gauge +Inf\nrequests_waiting NaN\n"))
    assert done.stderr == ""
    assert "ServiceDown" not in done.stdout


def test_of_ten_thousand_figures_and_alarms_a_page_shows_what_a_person_reads(tmp_path):
    body = b"".join(
        b'a%d_total 1\nmonitor_alarm{metric="m%d",runbook="x"} 1\nmonitor_index{metric="m%d"} %d\n' % (n, n, n, n)
        for n in range(6_000)
    )
    done, text = watched(tmp_path, page(GOOD + b"monitor_acts_beyond 0\n" + body), windows=1)
    assert "5,940 more are not drawn" in text
    assert text.count("<svg") < 100
    assert done.stdout.count(" rings. ") == alert_rules.MOST_METRICS
    assert "m5999 rings" in done.stdout


@pytest.mark.parametrize("value", ["1e99", "-1e99", "1e300", "5e-324"])
def test_a_number_of_any_size_is_drawn_or_not_seen(tmp_path, value):
    done, _ = watched(
        tmp_path, page(GOOD + f'requests_waiting {value}\nmonitor_index{{metric="m"}} {value}\n'.encode())
    )
    assert done.stderr == ""


def test_a_mean_beyond_every_number_is_not_drawn(tmp_path):
    done, text = watched(tmp_path, page(GOOD + b'x_bucket{le="+Inf"} 1\nx_count 1e-300\nx_sum 1e100\n'))
    assert done.stderr == ""
    assert "mean x <b>nothing seen" in text


def test_a_page_that_cannot_be_written_ends_no_alarm(tmp_path, monkeypatch):
    def lose(seconds):
        tmp_path.joinpath("gone").rename(tmp_path / "moved")
        monkeypatch.undo()

    (tmp_path / "gone").mkdir()
    monkeypatch.setattr("time.sleep", lose)
    with Service(b"", b"", 0.0) as service:
        threading.Thread(target=service.serve_forever, args=(0.02,), daemon=True).start()
        words = ["monitor", f"http://127.0.0.1:{service.server_address[1]}", "--every", "0.2", "--windows", "2"]
        done = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "gone/page.html")], catch_exceptions=False)
        service.shutdown()
    assert "ServiceDown rings" in done.stdout
    assert done.stderr.count("page.html cannot be written: No such file or directory") == 2


def test_a_clock_that_is_set_back_makes_no_window_shorter(monkeypatch):
    monkeypatch.setattr("time.time", iter(range(99, 0, -1)).__next__)
    with Service(page(GOOD), b"", 0.0) as service:
        threading.Thread(target=service.serve_forever, args=(0.02,), daemon=True).start()
        before, after = (scraping.scrape(f"http://127.0.0.1:{service.server_address[1]}") for _ in range(2))
        service.shutdown()
    assert 0 < scraping.Window(before, after).seconds < 60


def test_a_page_replaces_no_file_of_another_hand(tmp_path):
    notes = {name: f"<!doctype html>\n{name}" for name in ("page.html", "page.html.new")}
    for name, text in notes.items():
        (tmp_path / name).write_text(text)
    with (tmp_path / "disk.img").open("wb") as file:
        file.truncate(10**12)
    (tmp_path / "link.html").symlink_to("not there yet")
    refusals = dict.fromkeys(("page.html", "disk.img", "link.html"), "is no page about a service")
    for name, why in {**refusals, "x" * 300: "File name too long"}.items():
        words = ["monitor", "http://127.0.0.1:9", "--windows", "1", "--out", str(tmp_path / name)]
        assert why in str(CliRunner().invoke(app, words).exception)
    (tmp_path / "page.html").unlink()
    watched(tmp_path, page(GOOD), windows=1)
    watched(tmp_path, page(GOOD), windows=1)
    assert (tmp_path / "page.html.new").read_text() == notes["page.html.new"]


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1:9", "http://", "http://[::1", "http://127.0.0.1:99999"],
)
def test_an_address_that_is_none_of_a_service_is_a_line(tmp_path, address):
    done = CliRunner().invoke(app, ["monitor", address, "--windows", "1", "--out", str(tmp_path / "page.html")])
    assert done.exit_code != 0
    assert isinstance(done.exception, scraping.OperationsError)
