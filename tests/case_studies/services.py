"""Requests to a running service, with the headers of their answers; and a disk that is full to that service alone."""

import contextlib
import json
import resource
import urllib.error
import urllib.request

import pytest

from case_studies.kit import key_header
from tests.waiting import PATIENCE_S

on_linux = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="the limits of another process are Linux's")


def with_key(app, run):
    """A client of an app in this process that sends the key of its run with each request."""
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = key_header(run)["Authorization"]
    return client


def asked(url, body=None, **headers):
    """Status, text and headers of the answer to a GET, or to a POST of a body."""
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, sent, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode(), refusal.headers


@contextlib.contextmanager
def without_room(process):
    """No file of the process can grow or be written, which is what a full disk is to it."""
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
