"""How long `mlsd test` takes: cold, with nothing changed, after a change of one lesson, and of one exercise's suite.

    python benchmarks/proof.py                        all four, on a fresh clone of the last commit: an hour
    python benchmarks/proof.py --store ~/proofs       keeps the results there; no cold run if it has some

The clone gets an environment of its own, as at a reader's, which is not timed. The environments of tools that this
checkout has (`make tools`) are used, and then no test may be skipped for want of one. The ratio is the cold run by the
slowest of the three others; without a cold run there is none. A run that is not green ends the benchmark.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
LESSON = Path("chapters/01_introduction/02_compute_requirements.ipynb")
SUITE = Path("grader/suites/reduce_latency/suite.py")
TARGETS_S = {"cold": 1800, "unchanged": 120, "lesson": 240, "suite": 480}


def change_lesson(checkout: Path) -> None:
    """Add a comment to the first code cell of a lesson."""
    path = checkout / LESSON
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["source"] = [*cell["source"][:-1], cell["source"][-1] + "  # changed"]
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def change_suite(checkout: Path) -> None:
    """Add a comment to the suite of an exercise."""
    with (checkout / SUITE).open("a", encoding="utf-8") as file:
        file.write("# changed\n")


def seconds(checkout: Path, store: Path, *options: str) -> float:
    """Wall seconds of one `mlsd test`; raises SystemExit where it is not green."""
    log = checkout.parent / "proof.log"
    programs = checkout / ".venv" / "bin"
    variables = {"MLSD_STORE": str(store), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    began_s = time.monotonic()
    with log.open("w") as words:
        ended = subprocess.run(
            [programs / "mlsd", "test", *options], cwd=checkout, stdout=words, stderr=subprocess.STDOUT,
            env=os.environ | variables,
        )  # fmt: skip
    took_s = time.monotonic() - began_s
    if ended.returncode:
        raise SystemExit(f"mlsd test {' '.join(options)} is not green:\n{log.read_text()[-4000:]}")
    return took_s


def make_environments(checkout: Path) -> list[str]:
    """Make the clone's environment, and let it use this checkout's of tools; the option to use these, if there are any.

    A course that is found by `PYTHONPATH` alone is found by every tool's interpreter too, which hides faults.
    """
    subprocess.run([sys.executable, "bootstrap.py", "--this-python"], cwd=checkout, check=True, stdout=sys.stderr)
    for folder in filter(Path.is_dir, ROOT.glob(".venv-*")):
        (checkout / folder.name).symlink_to(folder)
    return ["--tools"] if (checkout / ".venv-tools").is_dir() else []


def measured(store: Path, quiet: bool) -> dict[str, float]:
    """The seconds of each kind of run, on a clone of the last commit; each change is taken back before the next."""
    found: dict[str, float] = {}
    changes: dict[str, Callable[[Path], None]] = {"lesson": change_lesson, "suite": change_suite}
    with tempfile.TemporaryDirectory(prefix="proof-", ignore_cleanup_errors=True) as folder:
        checkout = Path(folder) / "checkout"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        tools = make_environments(checkout)
        for name in [] if any(store.glob("*/tests")) else ["cold"]:
            found[name] = seconds(checkout, store, *tools, "--cold")
            tell(name, found[name], quiet)
        for name in ("unchanged", *changes):
            if name in changes:
                changes[name](checkout)
            found[name] = seconds(checkout, store, *tools)
            subprocess.run(["git", "checkout", "--quiet", "."], cwd=checkout, check=True)
            tell(name, found[name], quiet)
    return found


def tell(name: str, took_s: float, quiet: bool) -> None:
    if not quiet:
        print(f"{name:10s} {took_s / 60:5.1f} minutes, aim {TARGETS_S[name] / 60:.0f}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, help="a folder for results; default: one that is deleted afterwards")
    parser.add_argument("--json", action="store_true", help="only the last line")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="proof-store-") as own:
        found = measured((options.store or Path(own)).absolute(), options.json)
    warm_s = max(took_s for name, took_s in found.items() if name != "cold")
    line: dict[str, object] = {"name": "proof", "n": len(found), "ours": round(warm_s, 1)}
    if "cold" in found:
        line |= {"theirs": round(found["cold"], 1), "ratio": round(found["cold"] / warm_s, 1)}
    print(json.dumps(line | {key: round(took_s, 1) for key, took_s in found.items()}))


if __name__ == "__main__":
    main()
