"""One JSON request to a service, for lessons in which its answer counts and not its time."""

import json
import urllib.error
import urllib.request
from typing import Any


def post_json(url: str, document: Any) -> tuple[int, Any]:
    """Status and JSON body of the answer to `document`, good or bad; raises `URLError` where nobody answers."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(document).encode(), headers)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
