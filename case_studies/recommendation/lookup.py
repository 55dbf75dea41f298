"""A store of features in a process of its own: asked over HTTP, and done without while it does not answer in time."""

import http.client
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import flask

from case_studies.kit.caller import is_caller
from mlsd_lib.serving.errors import ServingError


def lookup_app(name: str, found: Callable[[Mapping[str, int]], Mapping[str, Any]], folder: Path) -> flask.Flask:
    """An app with GET /lookup, which answers with what `found` gives for the whole numbers of the query, and /healthz.

    `found` is called by several threads. A number that is none, or that it misses, is answered with a 400, a caller
    without the key of the run in `folder` with a 401.
    """
    app = flask.Flask(name, static_folder=None)

    @app.get("/lookup")
    def lookup() -> Mapping[str, Any]:
        if not is_caller(folder):
            flask.abort(401)
        try:
            return found({name: int(value) for name, value in flask.request.args.items()})
        except (KeyError, ValueError):
            flask.abort(400)

    @app.get("/healthz")
    def health() -> Mapping[str, Any]:
        return {"ready": True}

    return app


def look_up(url: str, patience_s: float, key: Mapping[str, str], **numbers: int) -> dict[str, Any]:
    """What the lookup at `url` has for these numbers, asked with a header of the run's `key`.

    Raises `ServingError` if it has not told within `patience_s`.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=patience_s)
    try:
        connection.request("GET", f"/lookup?{urlencode(numbers)}", headers=dict(key))
        reply = connection.getresponse()
        if reply.status != 200:
            raise ServingError(f"{url} answered {reply.status} to {numbers}. Ask for what it knows.")
        return json.loads(reply.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ServingError(f"{url} gave no answer within {patience_s} s: {error!r}. Go on without it.") from error
    finally:
        connection.close()
