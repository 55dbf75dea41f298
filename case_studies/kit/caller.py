"""Who calls a service: the system in front of it, which proves itself by the run's key, or a stranger.

Whatever a body says about its sender is the sender's word. The system in front of a service, a shop's website, has
logged its customers in and knows who asks; it proves by the key that it is that system. The key is made with the run,
and everybody who may read the run's folder may use it. There is one such caller, so an id in a request is his, as an
idempotency key belongs to the account that sent it: a stranger can neither take one in advance nor learn what it got.
"""

import base64
import os
import re
import secrets
import shlex
from contextlib import suppress
from hmac import compare_digest
from pathlib import Path

import flask
from werkzeug.datastructures import Authorization

from case_studies.kit.runs import Run
from mlsd_lib.modeling.errors import ModelingError
from mlsd_lib.serving.batcher import Shed
from mlsd_lib.serving.body import BadRequest

KEY, WHOLE = "caller.key", re.compile("[0-9a-f]{64}")
USER = "caller"


def key_in(folder: Path) -> str:
    """The key of the run in `folder`; made where there is none, readable by its owner alone.

    Raises `ModelingError` for a file that was cut or damaged: an empty key would be that of everybody.
    """
    path = folder / KEY
    if not path.exists():
        own = folder / f".{KEY}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):  # made by another process at the same moment
            os.link(own, path)
        own.unlink()
    key = path.read_text(errors="replace")
    if not WHOLE.fullmatch(key):
        raise ModelingError(f"{path} holds no whole key. Remove it: a new one is made, which callers read again.")
    return key


def key_header(run: Run) -> dict[str, str]:
    """The header with the key of a run: HTTP's basic authentication, as of `curl --user caller:KEY`."""
    pair = f"{USER}:{key_in(run.path)}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def key_for_curl(run: Run) -> str:
    """The option of curl that shows the key of a run, which the shell reads from its file: no terminal shows it."""
    key_in(run.path)
    return f'--user "{USER}:$(cat {shlex.quote(str((run.path / KEY).resolve()))})"'


def is_caller(folder: Path) -> bool:
    """Whether the HTTP request that is being answered has the key of the run in `folder`; outside of one, True."""
    return not flask.has_request_context() or has_key(flask.request.headers.get("Authorization"), folder)


def has_key(header: str | None, folder: Path) -> bool:
    """Whether a request with this header `Authorization` has the key of the run in `folder`.

    Raises `Shed` where that cannot be read now.
    """
    try:
        shown = Authorization.from_header(header)
    except ValueError:  # it is no base64 at all
        shown = None
    password = shown.password if shown and shown.type == "basic" else None
    try:
        return password is not None and compare_digest(password.encode(), key_in(folder).encode())
    except (ModelingError, OSError) as error:
        raise Shed(f"The run's key cannot be read: {error}") from error


def require_caller(folder: Path) -> None:
    """Raises `BadRequest` with 401 for a request without the key."""
    if not is_caller(folder):
        rule, fix = (
            "only a caller with the run's key may do this",
            f"Send user {USER} and, as password, the run's {KEY}.",
        )
        raise BadRequest(401, "Authorization", None, rule, fix)
