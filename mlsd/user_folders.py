"""Where programs keep what is a user's own, and another place for it where the home folder cannot be written.

Asked once, by `mlsd`, before it calls anything; what it starts inherits the answer. Standard library only.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

PLACES = {
    "IPYTHONDIR": ".ipython",
    "JUPYTER_CONFIG_DIR": ".jupyter",
    "JUPYTER_DATA_DIR": ".local/share/jupyter",
    "JUPYTER_RUNTIME_DIR": ".local/share/jupyter/runtime",
    "MLSD_HOME": ".local/share/mlsd",
    "MPLCONFIGDIR": ".config/matplotlib",
    "XDG_CACHE_HOME": ".cache",
}
"""The variable that names a folder of the user's, and where below the home folder it lies without one."""


def moved(before: Mapping[str, str], home: Path, root: Path | None) -> dict[str, str]:
    """The variables that move what cannot be written below `home` into the course at `root`, or a temporary folder.

    A folder that `before` names already is the user's choice and stays.
    """
    closed = [name for name, place in PLACES.items() if not before.get(name) and not can_be_made(home / place)]
    if not closed:
        return {}
    kept = root / ".mlsd" / "home" if root and can_be_made(root / ".mlsd" / "home") else None
    folder = kept or Path(tempfile.mkdtemp(prefix="mlsd-home-"))
    return {name: str(folder / name.lower()) for name in closed}


def can_be_made(folder: Path) -> bool:
    """True if `folder` can be written, or made in the nearest folder above it that there is."""
    if not folder.is_absolute():  # "~", where the system knows no home folder of this user
        return False
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def notice(variables: Mapping[str, str], home: Path) -> str:
    """One line about what `moved` moved."""
    folder = Path(next(iter(variables.values()))).parent
    lasting = "" if ".mlsd" in folder.parts else ", which may not last"
    what = ", ".join(
        text for name, text in {"MLSD_HOME": "your predictions", "JUPYTER_CONFIG_DIR": "Jupyter's settings"}.items()
        if name in variables
    )  # fmt: skip
    return f"{home} cannot be written: {what or 'what programs keep there'} and caches are kept in {folder}{lasting}"
