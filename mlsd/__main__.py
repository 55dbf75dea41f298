"""What the command `mlsd` starts, and `python -m mlsd`."""

from mlsd.interrupted import stop


def main() -> None:
    """Entry point of `mlsd`: load the verbs, then run one."""
    try:
        from mlsd.cli import main as run
    except KeyboardInterrupt:
        stop()
    run()


if __name__ == "__main__":
    main()
