"""The status of one request, whatever the server answers or does not."""

import sys

import pytest

from mlsd_lib.serving import ServerProcess
from mlsd_lib.serving.requests import status_of

MOODY = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.do_POST()
    def do_POST(self):
        asked = self.path.strip("/")
        if asked == "hang-up":
            return self.connection.close()
        self.send_response(200 if asked == "healthz" else int(asked))
        self.end_headers()
        self.wfile.write(b"no JSON")
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def server():
    with ServerProcess([sys.executable, "-c", MOODY]) as server:
        yield server


@pytest.mark.parametrize("status", [200, 204, 404, 413, 500])
def test_status_comes_back_as_it_is(server, status):
    assert status_of(f"{server.url}/{status}", b"{}") == status


def test_a_server_that_hangs_up_or_is_not_there_gives_0(server):
    assert status_of(server.url + "/hang-up", b"{}") == 0
    assert status_of("http://127.0.0.1:9/", b"{}") == 0
