"""Hostile and broken submissions: what stock nbgrader and what `mlsd grade` make of them.

    python benchmarks/attacks.py                      both sides, a table, one JSON line
    python benchmarks/attacks.py --only stock --kind forging --list
    python benchmarks/attacks.py --quick              every tenth case

Stock nbgrader meets each case in a course of its own with a right submission behind it; ours grades all in one batch.
Everything stays below one temporary folder; the only addresses are listeners on this machine.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.attacks.batch import grade
from tests.attacks.browser import CHROMIUM, alive, open_page
from tests.attacks.case import Case, hand_in
from tests.attacks.corpus import KINDS, cases
from tests.attacks.course.ps1 import PS1
from tests.attacks.foreign_course import copied, release, write
from tests.attacks.graders import autograde, run
from tests.attacks.host import Host
from tests.attacks.judge import Judgement, honest_lost, judge

CELL_S = 5
BEHIND = "zz_honest"
STOCK_LIMIT_S = 90
QUICK_END = "--Execute.shutdown_kernel=immediate"
COUNTS: dict[str, Callable[[Judgement], float]] = {
    "undeserved points": lambda run: sum(run.undeserved.values()),
    "points lost": lambda run: sum(run.missing.values()),
    "batches aborted": lambda run: run.aborted,
    "files changed": lambda run: bool(run.changed),
    "secrets shown": lambda run: bool(run.leaked),
    "processes left": lambda run: run.left > 0,
    "scripts alive": lambda run: run.alive,
    "output unbounded": lambda run: run.size_mb > run.case.size_mb,
}


def with_stock(case: Case, template: Path) -> tuple[Judgement, str]:
    """What stock nbgrader makes of one case, in a copy of the released course, and its page of feedback."""
    with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        course = copied(template, root / "course")
        with Host(root) as host:
            hand_in(course, [case], host, [BEHIND])
            before = host.snapshot()
            ended = autograde(course, "ps1", host.environment, STOCK_LIMIT_S, QUICK_END)
            verdict = judge(case, ended.marks, course / "autograded", host.heard)
            verdict.aborted = honest_lost(ended.marks, BEHIND, PS1.maxima)
            verdict.changed, verdict.left = host.changed(before), len(host.left())
            if case.script:
                command = ["nbgrader", "generate_feedback", "ps1", f"--student={case.name}"]
                run(command, course, host.environment, STOCK_LIMIT_S)
            return verdict, _page(course, case)


def all_with_stock(chosen: list[Case], template: Path, workers: int) -> Iterator[tuple[Judgement, str]]:
    """Stock's judgements in the order of the cases."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda case: with_stock(case, template), chosen)


def all_with_ours(chosen: list[Case], template: Path, options: list[str]) -> Iterator[tuple[Judgement, str]]:
    """Ours' judgements, one batch a kind; what cannot be laid to one case is laid to the first of its kind."""
    for kind in KINDS:
        some = [case for case in chosen if case.kind == kind]
        if not some:
            continue
        with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as folder:
            feedback = ["mlsd", "feedback", "ps1", "--course", f"{folder}/course"] if kind == "shown" else []
            batch = grade(template, Path(folder), some, *options, then=feedback)
            first = batch.judgements[0]
            first.aborted = bool(batch.honest_lost) or batch.ended.status != 0
            first.changed, first.left = batch.changed, len(batch.left)
            if first.aborted:
                print(batch.ended.text[-2000:], file=sys.stderr)
            yield from [(judgement, _page(batch.course, judgement.case)) for judgement in batch.judgements]


def _page(course: Path, case: Case) -> str:
    path = course / "feedback" / case.name / "ps1" / "ps1.html"
    return path.read_text(errors="replace") if case.script and path.is_file() else ""


def looked_at(judged: Iterable[tuple[Judgement, str]], side: str, listed: bool) -> list[Judgement]:
    """The judgements, pages seen by a browser; each is printed as it comes."""
    verdicts, pages = [], []
    for verdict, page in judged:
        verdicts.append(verdict)
        pages.append(page)
        if listed:
            print(f"{side:6} {verdict.case.kind:10} {verdict.case.name:36} {'; '.join(verdict.faults)}", flush=True)
    if CHROMIUM and any(pages):
        with open_page() as browser:
            for verdict, page in zip(verdicts, pages, strict=True):
                verdict.alive = bool(page) and bool(alive(browser, page))
    return verdicts


def table(sides: dict[str, list[Judgement]]) -> str:
    """Counts by kind, a column a side."""
    lines = [f"{'':30}" + "".join(f"{side:>10}" for side in sides)]
    for what, count in COUNTS.items():
        totals = [sum(map(count, judged)) for judged in sides.values()]
        lines.append(f"{what:30}" + "".join(f"{total:>10g}" for total in totals))
    for kind in KINDS:
        for_kind = [[judgement for judgement in judged if judgement.case.kind == kind] for judged in sides.values()]
        if for_kind[0]:
            faulty = [sum(bool(judgement.faults) for judgement in judged) for judged in for_kind]
            name = f"faulty of {len(for_kind[0])} {kind}"
            lines.append(f"{name:30}" + "".join(f"{number:>10}" for number in faulty))
    return "\n".join(lines)


def summary(sides: dict[str, list[Judgement]]) -> dict[str, object]:
    """The JSON line: cases treated rightly on each side, and every count."""
    n = len(next(iter(sides.values())))
    rightly = {side: sum(not judgement.faults for judgement in judged) for side, judged in sides.items()}
    ours, theirs = rightly.get("ours"), rightly.get("stock")
    counts = {side: {what: sum(map(count, judged)) for what, count in COUNTS.items()} for side, judged in sides.items()}
    ratio = round(ours / theirs, 2) if ours is not None and theirs else None
    return {"name": "attacks", "n": n, "ours": ours, "theirs": theirs, "ratio": ratio, "counts": counts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["stock", "ours"])
    parser.add_argument("--kind", action="append", default=[], choices=KINDS)
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--quick", action="store_true", help="every tenth case")
    parser.add_argument("--list", action="store_true", help="one line a case")
    parser.add_argument("--json", action="store_true", help="the JSON line alone")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--option", action="append", default=[], help="passed on to mlsd grade, e.g. --option=--force")
    options = parser.parse_args()
    chosen = [case for case in cases(*options.kind) if not options.case or case.name in options.case]
    chosen = chosen[::10] if options.quick else chosen
    sides = {}
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        template = release(write(Path(folder) / "course", PS1, timeout_s=CELL_S))
        if options.only != "ours":
            judged = all_with_stock(chosen, template, options.workers)
            sides["stock"] = looked_at(judged, "stock", options.list)
        if options.only != "stock":
            sides["ours"] = looked_at(all_with_ours(chosen, template, options.option), "ours", options.list)
    if not options.json:
        print(table(sides))
    print(json.dumps(summary(sides)))


if __name__ == "__main__":
    main()
