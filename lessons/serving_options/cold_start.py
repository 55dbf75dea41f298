"""How long a replica takes from nothing to its first answer, part by part.

The service prints the name of a part and `time.time()` once that part is done: see `PARTS`. What it cannot know, when
its process began and when its answers came, is noted from here.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mlsd_lib.serving.errors import ServingError
from mlsd_lib.serving.process import ServerProcess

STAMPED = ("interpreter", "imports", "model")
"""The parts that the service stamps, in this order."""
PARTS = (*STAMPED, "server", "first answer")
NOTE_AND_BECOME = "import os, sys, time; print('start', time.time(), flush=True); os.execv(sys.argv[1], sys.argv[1:])"


def cold_start(
    script: str, ask: Callable[[str], object], *, cwd: str | Path | None = None, env: Mapping[str, str] | None = None
) -> dict[str, float]:
    """Seconds of each of `PARTS` for one start of `script`, a Python file that serves at the port in its arguments.

    `ask(url)` sends a request and returns once it is answered. "server" lasts until GET /healthz answers, which is
    looked for every 30 ms. The extra part "second answer" is a request after the first. Raises `ServingError` where
    the script did not print its stamps, or does not start.
    """
    # The interpreter that notes the time turns into the one that serves: nothing lies between the two.
    command = [sys.executable, "-S", "-c", NOTE_AND_BECOME, sys.executable, script, "{port}"]
    with ServerProcess(command, cwd=cwd, env=env, start_s=180) as server:
        healthy = time.time()
        ask(server.url)
        first = time.time()
        ask(server.url)
        second = time.time()
        stamps = _stamps(server.log().splitlines(), script)
    marks = [*stamps, healthy, first]
    parts = {part: end - begin for part, begin, end in zip(PARTS, marks, marks[1:], strict=False)}
    return parts | {"second answer": second - first}


def _stamps(lines: Sequence[str], script: str) -> list[float]:
    """The moments of the start and of each stamped part, of the lines that a service printed."""
    pairs = [line.split() for line in lines]
    found = {pair[0]: float(pair[1]) for pair in pairs if len(pair) == 2 and pair[0] in ("start", *STAMPED)}
    if missing := [part for part in STAMPED if part not in found]:
        raise ServingError(
            f"{script} did not print when it had done: {', '.join(missing)}. Let it print the part's name and "
            "time.time() in one line, with flush=True."
        )
    return [found[part] for part in ("start", *STAMPED)]
