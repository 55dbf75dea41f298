"""What a person names as a file, before it is read."""

from pathlib import Path


def require_bounded(path: Path, most_bytes: int) -> None:
    """Raises `OSError` for a pipe or a device, of which some never end, and for a file of more than `most_bytes`."""
    size = path.stat().st_size
    if not path.is_file():
        raise OSError("it is no file")
    if size > most_bytes:
        raise OSError(f"it has {size:,} bytes; at most {most_bytes:,} are read")
