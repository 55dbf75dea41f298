"""One request to a service, for tests, notebooks and replays; load tests have a client of their own."""

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any


def post(url: str, body: Any, timeout_s: float = 30.0, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """Status and parsed answer of one POST; a body that is not bytes is sent as JSON.

    Raises `OSError` or `http.client.HTTPException` where no answer comes.
    """
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=timeout_s)
    try:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", where.path, raw, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def status_of(url: str, body: bytes, timeout_s: float = 60.0) -> int:
    """The status of a POST of `body` as JSON, whatever the answer's content; 0 where the server hung up instead."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return int(refusal.code)
    except (OSError, http.client.HTTPException):
        return 0
