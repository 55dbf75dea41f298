"""Cities in which the slow service runs: their tables have other sizes, so the time goes elsewhere in each.

A city is {"trees": how many its model has, "reference": rows of that table}. Nothing that judges an
answer may enter here.
"""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

City = dict[str, int]

# The range of each size. Reading takes about 20, 33 and 48 % of a request in these; so no figure is right for all.
KINDS = {
    "new city": {"trees": (20, 60), "reference": (200, 600)},
    "city of many trees": {"trees": (1_000, 1_600), "reference": (200, 600)},
    "city of a long reference": {"trees": (20, 60), "reference": (30_000, 45_000)},
}


def draw_cities(seed: int) -> dict[str, City]:
    """A city of each kind, by its name."""
    rng = np.random.default_rng(seed)
    return {kind: {name: int(rng.integers(*ends)) for name, ends in sizes.items()} for kind, sizes in KINDS.items()}


def fetch(source: Path, city: City) -> Path:
    """A new folder with the files of `source` and the tables of `city`: those of `source`, cut or repeated."""
    folder = Path(tempfile.mkdtemp(prefix="city-"))
    for name in ("model.json", "restaurants.csv"):
        shutil.copy(source / name, folder)
    trees, reference = pd.read_csv(source / "trees.csv"), pd.read_csv(source / "reference.csv")
    known = int(trees["tree"].max()) + 1
    repeated = [trees.assign(tree=trees["tree"] + first) for first in range(0, city["trees"], known)]
    pd.concat(repeated).query("tree < @city['trees']").to_csv(folder / "trees.csv", index=False)
    rows = np.resize(np.arange(len(reference)), city["reference"])
    reference.iloc[rows].to_csv(folder / "reference.csv", index=False)
    return folder
