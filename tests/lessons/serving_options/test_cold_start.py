"""A cold start, part by part: the parts are those that the service stamped, and their sum is the whole."""

import time

import pytest

from lessons.serving_options.cold_start import PARTS, cold_start
from mlsd_lib.serving import ServingError, post

SERVICE = """
import time
print("interpreter", time.time(), flush=True)
import http.server, sys
time.sleep(0.2)
print("imports", time.time(), flush=True)
time.sleep(0.4)
{model}

class Handler(http.server.BaseHTTPRequestHandler):
    answered = 0
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def do_POST(self):
        time.sleep(0 if Handler.answered else 0.3)
        Handler.answered += 1
        self.send_response(200)
        self.end_headers()
    def log_message(self, *words):
        pass

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
STAMP = 'print("model", time.time(), flush=True)'


def test_each_part_lasts_as_long_as_the_service_made_it(tmp_path):
    (tmp_path / "slow.py").write_text(SERVICE.format(model=STAMP))
    begun = time.time()
    parts = cold_start("slow.py", lambda url: post(url + "/predict", {}), cwd=tmp_path)
    whole = time.time() - begun
    assert list(parts) == [*PARTS, "second answer"]
    assert parts["imports"] >= 0.2
    assert parts["model"] >= 0.4
    assert parts["first answer"] >= 0.3
    assert min(parts.values()) > 0
    assert sum(parts.values()) <= whole


def test_a_service_that_does_not_stamp_is_told_which_part_is_missing(tmp_path):
    (tmp_path / "mute.py").write_text(SERVICE.format(model=""))
    with pytest.raises(ServingError, match="did not print when it had done: model"):
        cold_start("mute.py", lambda url: None, cwd=tmp_path)
