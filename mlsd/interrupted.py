"""The answer to Ctrl-C, also while the verbs are still being loaded: so this loads nothing."""

import sys
from typing import NoReturn

INTERRUPTED = 130  # the exit status that typer, as shells do, gives Ctrl-C


def stop() -> NoReturn:
    """End with a line and that status."""
    print("\nmlsd: Stopped; nothing is half-written. To go on, run the same command again.", file=sys.stderr)
    sys.exit(INTERRUPTED)
