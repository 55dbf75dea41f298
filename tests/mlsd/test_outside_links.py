"""Addresses outside: a wrong form is named without a network, and a host that does not answer is named with one."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from mlsd.site.build import python_of
from mlsd.site.outside_links import addresses, faults, unreached
from notebook_runner import course_root

ROOT = course_root()


def course(folder, text):
    """A course of one notebook with one text."""
    (folder / "chapters").mkdir()
    cell = new_markdown_cell(text, id="links")
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "mlsd": MLSD}
    nbformat.write(new_notebook(cells=[cell], metadata=metadata), folder / "chapters" / "queues.ipynb")
    return folder


MLSD = {
    "kind": "lesson", "title": "Queues", "section": "1", "objectives": ["Wait"], "minutes": 5, "requires": [],
    "budget": {"cpu_s": 1, "peak_mb": 100}, "tools": [],
}  # fmt: skip


def test_every_address_of_the_course_has_the_form_of_its_host():
    assert faults(ROOT) == []
    assert len(addresses(ROOT)) >= 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("See http://onnx.ai/onnx.", "http://onnx.ai/onnx must be https://HOST/PATH"),
        ("See https:/onnx.ai.", "https:/onnx.ai must be https://HOST/PATH"),
        ("See https://onnx/a.", "https://onnx/a must be https://HOST/PATH"),
        ("doi:10.1145/3318464.1", "10.1145/3318464.1 must be a link, https://doi.org/10.1145/3318464.1"),
        ("https://dx.doi.org/10.1145/1", "https://dx.doi.org/10.1145/1 must be https://doi.org/ and the whole DOI"),
        ("https://arxiv.org/pdf/2010.09931", "https://arxiv.org/pdf/2010.09931 must be https://arxiv.org/abs/ and"),
        ("arXiv:201.09931.", "https://arxiv.org/abs/201.09931 must be https://arxiv.org/abs/ and a number"),
        ("[a](https://a.org) [b](https://a.org)", "https://a.org is 'b' here and 'a' elsewhere; choose one"),
    ],
)
def test_a_wrong_form_is_named_with_its_place(tmp_path, text, said):
    (fault,) = faults(course(tmp_path, text))
    assert fault.startswith(f"chapters/queues.ipynb/links: {said}")


def test_what_is_right_or_not_outside_is_left_alone(tmp_path):
    text = """[one](https://a.org/b_(c)), [one](https://a.org/b_(c)). <https://doi.org/10.1145/3318464.1>,
    arXiv 2010.09931. arXiv:1504.00941, 2015
    http://127.0.0.1:8000 http://localhost/x http://models.example/y f"http://{host}/predict" 10.5 of 10.25/3"""
    made = course(tmp_path, text)
    assert faults(made) == []
    papers = [
        "https://doi.org/10.1145/3318464.1",
        "https://arxiv.org/abs/2010.09931",
        "https://arxiv.org/abs/1504.00941",
    ]
    assert set(addresses(made)) == {"https://a.org/b_(c)", *papers}


class Answers(BaseHTTPRequestHandler):
    """Answers by the path: a status, or nothing until the test ends."""

    def do_GET(self):
        if self.path == "/stalled":
            self.server.ended.wait()
            return
        self.send_response(int(self.path.strip("/")))
        if self.path != "/200":
            self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *words):
        pass


@pytest.fixture
def host():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.ended = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.ended.set()
    server.shutdown()
    server.server_close()


@pytest.mark.tools
def test_of_all_addresses_those_that_are_gone_moved_or_silent_are_listed(host):
    if not (ROOT / ".venv-site" / "made-from").exists():
        pytest.skip("there is no .venv-site")
    asked = {f"{host}/{path}": f"lesson/{path}" for path in ("200", "404", "301", "302", "stalled")}
    lines = unreached(python_of(ROOT), asked, timeout_s=1)
    assert [line.partition(": ")[0] for line in lines] == ["lesson/301", "lesson/404", "lesson/stalled"]
    assert f"{host}/301 redirected: {host}/200" in lines[0]
    assert "404" in lines[1]
    assert "timeout" in lines[2]
