"""What passes between this machine and a Dask cluster: answers that are data, with proof of who gave them.

Dask unpickles whatever a scheduler or a worker sends, so that any of them could run code here. While `only_data` holds
nothing is unpickled here but plain values and Python's own exceptions. What is graded comes as JSON, under an HMAC of
the course's secret, which no stranger has. TLS keeps strangers away from the scheduler.
"""

import builtins
import hmac
import io
import ipaddress
import pickle
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from grader import secret
from grader.errors import GraderError
from grader.grading.worker import Done

FOLDER = ".mlsd-cluster"
CERTIFICATE, KEY = "certificate.pem", "key.pem"
VALID_DAYS = 365
DIGEST_BYTES = 32
PLAIN_WAYS = ("tcp", "ws", "wss", "ucx")
PLAIN = ("bytes", "bytearray", "set", "frozenset", "complex", "slice", "range")


class CodeRefused(GraderError, TypeError):
    """A pickle of the cluster's that would have run code here."""


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = getattr(builtins, name, None) if module == "builtins" else None
        if found is None or not (name in PLAIN or (isinstance(found, type) and issubclass(found, Exception))):
            raise CodeRefused(f"it sent code ({module}.{name}), where data is asked for. Install the course there anew")
        return found


def _plain(sent: bytes, *, buffers: Any = ()) -> Any:
    return _Plain(io.BytesIO(sent), buffers=buffers).load()


@contextmanager
def only_data() -> Iterator[None]:
    """While it holds, what Dask receives in this process is read as plain values; all else raises `CodeRefused`."""
    from distributed import client
    from distributed.protocol import pickle as wire

    before = wire.loads, client.loads, client.pickle
    wire.loads = client.loads = _plain
    reader: Any = SimpleNamespace(loads=_plain, dumps=pickle.dumps)
    client.pickle = reader
    try:
        yield
    finally:
        wire.loads, client.loads, client.pickle = before


def keyed_secret(nonce: str, suites: Sequence[str]) -> str:
    """A digest that tells whether two machines have the same secret, and nothing else of it."""
    keys = " ".join(secret.exercise_key(name) for name in suites)
    return hmac.new(nonce.encode(), keys.encode(), "sha256").hexdigest()


def _signature(text: bytes, batch: str, suites: Sequence[str]) -> bytes:
    """Of an answer in a batch; a course without suites of ours has no secret, and signs against accidents alone."""
    return hmac.new(keyed_secret(f"answers {batch}", suites).encode(), text, "sha256").digest()


def sealed(done: Done, batch: str, suites: Sequence[str]) -> bytes:
    """A worker's answer as it is sent."""
    text = done.as_bytes()
    return _signature(text, batch, suites) + text


def opened(sent: Any, batch: str, suites: Sequence[str], student: str) -> Done:
    """The answer about `student` in what was sent. Raises `GraderError` for what no holder of the secret sent."""
    if type(sent) is not bytes:
        raise GraderError(f"the answer is a {type(sent).__name__}; it must be bytes")
    text = sent[DIGEST_BYTES:]
    if not hmac.compare_digest(sent[:DIGEST_BYTES], _signature(text, batch, suites)):
        raise GraderError("the answer is not signed by this course's secret")
    return Done.of(text, student)


def make_certificate(root: Path) -> Path:
    """The folder with the cluster's certificate and its key, made where there is none; the key is its owner's alone."""
    folder = root / FOLDER
    if (folder / KEY).exists():
        return folder
    if not (program := shutil.which("openssl")):
        raise GraderError("openssl is not installed, which makes certificates. Install it, or set the TLS of Dask")
    folder.mkdir(mode=0o700, exist_ok=True)
    words = f"req -x509 -newkey rsa:3072 -nodes -days {VALID_DAYS} -subj /CN=mlsd-cluster".split()
    made = [folder / f"{name}.new" for name in (KEY, CERTIFICATE)]
    command = [program, *words, "-keyout", str(made[0]), "-out", str(made[1])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, umask=0o077)
    if done.returncode:
        raise GraderError(f"openssl made no certificate: {done.stderr.strip().splitlines()[-1]}")
    for path in reversed(made):  # the key last: where it is, both are
        path.rename(path.with_suffix(""))
    return folder


def security(address: str, root: Path) -> Any:
    """Dask's settings for the cluster at `address`. Raises `GraderError` for one off this machine without TLS."""
    from distributed import Security

    if address.startswith("tls://"):
        folder = root / FOLDER
        if not (folder / KEY).exists():
            raise GraderError(f"{folder} has no certificate. Make one: mlsd certificate, and start the cluster with it")
        pair = {"tls_client_cert": str(folder / CERTIFICATE), "tls_client_key": str(folder / KEY)}
        return Security(tls_ca_file=str(folder / CERTIFICATE), require_encryption=True, **pair)
    named = urlsplit(address if "://" in address else f"tcp://{address}")
    if named.scheme in PLAIN_WAYS and not _is_here(named.hostname or ""):
        raise GraderError(
            f"{address} is another machine without TLS, where whoever reaches the scheduler runs code as you. "
            "Make a certificate (mlsd certificate), start the cluster with it, and name tls://HOST:PORT"
        )
    return None


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
