"""The instructor's secret, from which hidden seeds, magnitudes and choices are derived.

It is made at the first release, lies beside the course (mode 600, ignored by git) and is in no edition. Without it
`derive` returns None and a suite uses its public seeds: that is what students have.
"""

import hashlib
import hmac
import os
import secrets
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from grader.errors import GraderError

SECRET_NAME = ".mlsd-secret"
VARIABLE = "MLSD_SECRET_FILE"
SHORTEST = 32
_KEYS: dict[str, str] = {}  # of a process that has no secret file; never empty once it was set


def secret_file() -> Path:
    """Where the secret is looked for: `MLSD_SECRET_FILE`, else the root of this installation."""
    return Path(os.environ.get(VARIABLE) or Path(__file__).resolve().parents[1] / SECRET_NAME)


def create(path: Path) -> bool:
    """True if a new secret was written to `path` (mode 600), False if there was one. Never replaces a secret."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        read(path)
        return False
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(SHORTEST) + "\n")
    except BaseException:  # a full disk: an empty secret would be one that may not be replaced
        path.unlink()
        raise
    return True


def read(path: Path) -> str:
    """The secret in `path`. Raises `GraderError` if it is missing, too short, or readable by others."""
    try:
        text = path.read_text().strip()
    except OSError as error:
        another = f"Give yourself the right to read it, or name your copy in {VARIABLE}"  # a new one gives other tests
        fix = another if path.exists() else "Make one: mlsd release"
        raise GraderError(f"the secret {path} cannot be read ({error.strerror}). {fix}") from error
    if len(text) < SHORTEST:
        raise GraderError(
            f"the secret {path} has {len(text)} characters; at least {SHORTEST} are needed. Restore it from your copy, "
            "or remove it and run mlsd release for a new one: hidden seeds change with it, so grade everyone again."
        )
    if sys.platform != "win32" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise GraderError(f"the secret {path} can be read by other users of this machine. Fix it: chmod 600 {path}")
    return text


def exercise_key(exercise: str, round_number: int = 1) -> str:
    """What a process must know that draws the hidden tests of one exercise: it tells nothing about the secret.

    Empty without a secret. HMAC-SHA256 (RFC 2104) of the exercise's name under the secret, with the number of the round
    of hand-ins from the second on: what feedback told of one round's hidden cases is of no use in the next.
    """
    path = secret_file()
    if not path.is_file():
        return ""
    about = exercise if round_number == 1 else f"{exercise} {round_number}"
    return hmac.new(path.read_text().strip().encode(), about.encode(), hashlib.sha256).hexdigest()


def use_keys(keys: Mapping[str, str]) -> None:
    """From now on this process knows these keys by exercise, and looks for no secret file."""
    _KEYS.clear()
    _KEYS.update(keys)
    _KEYS.setdefault("", "")


def derive(exercise: str, what: str) -> int | None:
    """A number below 2**63 for one use (`what`) in one exercise, the same for the whole class; None without a secret.

    HMAC-SHA256 of the use under the exercise's key, so no number tells anything about another.
    """
    key = _KEYS.get(exercise, "") if _KEYS else exercise_key(exercise)
    if not key:
        return None
    digest = hmac.new(key.encode(), what.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> 1
