"""A store in a process of its own: its answer, or an error soon enough to go on without it."""

import socket
import threading

import pytest
from werkzeug.serving import make_server

from case_studies.kit import Run, key_header
from case_studies.recommendation.lookup import look_up, lookup_app
from mlsd_lib.serving import ServingError


@pytest.fixture
def key(tmp_path):
    """Of the run in this folder."""
    return key_header(Run(tmp_path))


@pytest.fixture
def url(tmp_path):
    app = lookup_app("squares", lambda asked: {"square": asked["n"] ** 2}, tmp_path)
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_found_comes_back_to_a_caller_with_the_key(url, key):
    assert look_up(url, 5.0, key, n=12) == {"square": 144}
    with pytest.raises(ServingError, match="answered 401"):
        look_up(url, 5.0, {}, n=12)


def test_a_query_that_it_cannot_answer_is_an_error(url, key):
    with pytest.raises(ServingError, match="answered 400"):
        look_up(url, 5.0, key, m=12)


def test_silence_and_absence_are_errors_within_the_patience():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        absent = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServingError, match="gave no answer"):
            look_up(absent, 0.2, {}, n=1)
        silent.listen()
        with pytest.raises(ServingError, match=r"within 0.2 s"):
            look_up(absent, 0.2, {}, n=1)
