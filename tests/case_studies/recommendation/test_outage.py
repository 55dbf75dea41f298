"""A process is killed once the service has done so much, and not before."""

import signal
import subprocess
import sys
import threading

import flask
import pytest
from werkzeug.serving import make_server

from case_studies.recommendation.outage import kill_after, metric


@pytest.fixture
def counting():
    count, app = [0], flask.Flask("counting")

    @app.get("/metrics")
    def metrics():
        return f'made_total{{release="v1"}} {count[0]}\nmade_total{{release="v2"}} 3.0\nmade_total_more 9.0\n'

    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}", count
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_metric_is_summed_over_its_labels(counting):
    url, _ = counting
    assert metric(url, "made_total") == 3
    assert metric(url, "made_total_more") == 9
    assert metric(url, "lost_total") == 0


def test_the_kill_waits_until_so_much_is_done(counting):
    url, count = counting
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        killer = kill_after(process, url, "made_total", 2)
        count[0] = 1
        assert metric(url, "made_total") == 4
        assert process.poll() is None
        count[0] = 2
        killer.join(30)
        assert process.wait(30) == -signal.SIGKILL
