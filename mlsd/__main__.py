"""What the command `mlsd` starts, and `python -m mlsd`."""

import atexit
import gc

from mlsd.interrupted import stop


def main() -> None:
    """Entry point of `mlsd`: load the verbs, then run one."""
    atexit.register(gc.freeze)  # else Python searches all that was imported for unused cycles before it ends
    try:
        from mlsd.cli import main as run
    except KeyboardInterrupt:
        stop()
    run()


if __name__ == "__main__":
    main()
