"""Runs the project's tests as often as it is asked, each time in a copy of one process that has loaded the libraries.

    python warm_tests.py

It says when it is ready by an empty line. It then reads pytest's arguments, a line of JSON for each run, and answers
with an empty line when the run has ended. Where processes cannot be copied, each run loads the libraries itself.
"""

import gc
import json
import os
import subprocess
import sys

import pandera.pandas
import pytest
import sklearn.ensemble

LOADED = pandera.pandas, sklearn.ensemble
ALONE = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"


def run(arguments: list[str]) -> None:
    """Runs pytest with `arguments` and returns when it has ended."""
    if not hasattr(os, "fork"):
        subprocess.run([sys.executable, "-c", ALONE, *arguments], check=False)
        return
    copy = os.fork()
    if not copy:
        os._exit(pytest.main(arguments))  # to clear up what it had loaded would take a fifth of its time
    os.waitpid(copy, 0)


def main() -> None:
    """Answers until its input ends; what pytest prints goes to standard error."""
    gc.disable()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print(file=answers, flush=True)
    for line in sys.stdin:
        run(json.loads(line))
        print(file=answers, flush=True)


if __name__ == "__main__":
    main()
