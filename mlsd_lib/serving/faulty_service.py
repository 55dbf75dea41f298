"""One version of a small service, good or with a stated fault: what a rollout is tried on.

    python -m mlsd_lib.serving.faulty_service PORT --version v2 --fault errors --amount .05

Faults: `errors` (a share of answers is 500), `slow` (each waits so many seconds more), `renamed` (an answer's field has
another name), `crash` (the process ends after so many requests).
"""

import argparse
import hashlib
import os
import time
from itertools import count

import pydantic

from mlsd_lib.serving.app import create_app
from mlsd_lib.serving.serve import serve

FAULTS = ("none", "errors", "slow", "renamed", "crash")


class Row(pydantic.BaseModel):
    """A request: its number."""

    number: int


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--version", default="v1")
    parser.add_argument("--fault", choices=FAULTS, default="none")
    parser.add_argument("--amount", type=float, default=0.0, help="share, seconds or requests, as the fault says")
    given = parser.parse_args()
    served = count(1)

    def predict(rows: list[Row]) -> list[dict[str, object]]:
        if given.fault == "crash" and next(served) > given.amount:
            os._exit(1)  # as a process that runs out of memory: nothing is finished, nobody is answered
        if given.fault == "slow":
            time.sleep(given.amount)
        answers: list[dict[str, object]] = []
        for row in rows:
            drawn = hashlib.blake2b(f"{given.version} {row.number}".encode(), digest_size=4).digest()
            if given.fault == "errors" and int.from_bytes(drawn, "big") / 2**32 < given.amount:
                raise RuntimeError(f"{given.version} fails on request {row.number}")
            name = "probability" if given.fault == "renamed" else "score"
            answers.append({"number": row.number, name: drawn[0] / 255})
        return answers

    app = create_app(Row, predict, name="one-version", version=given.version)
    serve(
        app,
        given.port,
        bound=lambda: print(f"Serving on http://127.0.0.1:{given.port}, until interrupted.", flush=True),
    )


if __name__ == "__main__":
    main()
