"""A notebook's claims under other seeds than its own: which seeds, and the table of what held.

A claim is about the world, so it holds whatever the seed. Importing this pulls in no notebook library.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from notebook_runner.course import NotebookError
from notebook_runner.parameters import SEED, computed, own_seed
from notebook_runner.result import Result


def other_seeds(own: int, count: int) -> list[int]:
    """The first `count` whole numbers from 0 on that are not the notebook's `own` seed."""
    return [seed for seed in range(count + 1) if seed != own][:count]


def tasks(root: Path, paths: Iterable[Path], count: int) -> list[tuple[Path, int]]:
    """Each notebook with each of `count` other seeds.

    Raises `NotebookError` for less than one seed, naming those without a seed, and those that compute a parameter
    from it before it is set.
    """
    if count < 1:
        raise NotebookError(f"--seeds is {count}; it must be 1 or more, or nothing is tried. Write --seeds 10.")
    own = {path: own_seed(path) for path in paths}
    if lacking := sorted(path.relative_to(root).as_posix() for path, seed in own.items() if seed is None):
        raise NotebookError(
            f"{', '.join(lacking)}: no parameter `seed`, so no other seed can be set. Assign it a whole number in the "
            "cell tagged parameters (seed = 0), or leave that notebook out."
        )
    for path in own:
        if early := sorted(name for name, used in computed(path).items() if SEED in used):
            raise NotebookError(
                f"{path.relative_to(root).as_posix()}: its parameters cell computes {', '.join(early)} from `seed`, "
                "which is set from outside only after that cell. Compute it in the cell after."
            )
    return [(path, seed) for path, mine in own.items() if mine is not None for seed in other_seeds(mine, count)]


def table(results: Sequence[Result]) -> str:
    """A line a notebook with a column for each seed, and below it which claim failed under which seed, in its words."""
    by_name: dict[str, dict[int, Result]] = {}
    for result in results:
        if result.seed is not None:
            by_name.setdefault(result.notebook, {})[result.seed] = result
    columns = sorted({seed for found in by_name.values() for seed in found})
    lines = ["".join(f"{seed:>4d}" for seed in columns) + "  seed"]
    for name, found in sorted(by_name.items()):
        lines.append("".join(f"{_mark(found.get(seed)):>4s}" for seed in columns) + f"  {name}")
    lines += ["", ". every claim holds, 2 two claims do not, x it did not run to its end under all rules"]
    for name, found in sorted(by_name.items()):
        if reported := _told(found):
            lines += ["", f"{name}:", *(f"  {line}" for line in reported)]
    return "\n".join(lines)


def _mark(result: Result | None) -> str:
    if result is None:
        return ""
    if result.passed:
        return "."
    return str(len(result.failures)) if {failure.kind for failure in result.failures} == {"claim"} else "x"


def _told(found: Mapping[int, Result]) -> list[str]:
    """What failed, in words, each with the seeds under which it did."""
    under: dict[str, list[int]] = {}
    for seed, result in sorted(found.items()):
        for failure in result.failures:
            where = f" (cell {failure.cell_id})" if failure.cell_id else ""
            under.setdefault(f"{failure.message}{where}", []).append(seed)
    return [f"seed{'s' * (len(at) > 1)} {', '.join(map(str, at))}: {message}" for message, at in under.items()]
