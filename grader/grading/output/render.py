"""A result as files: executed notebooks with a table in every test cell, `results.json` in Gradescope's form.

Runs in the worker, so that the one writer only writes. Student outputs are made harmless here.
"""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, ClassVar

from grader.grading.intake.instructor_notebook import cell_dict
from grader.grading.intake.submission import Submission
from grader.grading.output.html_cleaner import clean, without_live_text
from grader.grading.output.sanitize import Allowance, as_line, as_markdown, as_text, clean_markdown, clean_outputs
from grader.grading.records import LIMITS, Flag, Job, Notebook, Result, Verdict
from grader.suite_kit.points import Points

VERDICT = "mlsd_verdict"  # keys of a cell's metadata
NOTICE = "grader-note"
LISTED = 20  # flags of one notebook, and of one kind, that are listed one by one
PASSED = "pass"
MESSAGE = 4_000
PADDED = "padding:.4em .8em"  # inline: feedback pages carry no style sheet of ours


@dataclass
class Graded:
    """One graded submission, ready to be recorded. `files` belong into the autograded folder, by relative name."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"val_json_bytes": "base64"}

    student: str
    digest: str
    stamp: str
    verdicts: list[Verdict]
    flags: list[Flag]
    answered: dict[str, set[str]]
    files: dict[str, bytes] = field(default_factory=dict)
    results: str = ""


def finish(submission: Submission, result: Result, digest: str, decided: Mapping[str, str] | None = None) -> Graded:
    """The submission's record; `digest` is that of its job, `decided` what else decided (`mark_digests`)."""
    flags = [
        replace(flag, text=as_line(flag.text), detail=as_line(flag.detail))
        for flag in few_of_a_kind([*submission.flags, *result.flags])
    ]
    notebooks = result.notebooks | submission.unread
    verdicts = result.verdicts + [
        verdict for name, notebook in submission.unread.items() for verdict in _missing(name, notebook)
    ]
    result = replace(result, verdicts=sorted(verdicts, key=lambda verdict: verdict.notebook))
    files = dict(submission.own)
    for name, notebook in notebooks.items():
        mine = [verdict for verdict in result.verdicts if verdict.notebook == name]
        reported = [flag for flag in flags if flag.look and flag.notebook in ("", name)]
        files[f"{name}.ipynb"] = _in_lines(dressed(notebook, mine, reported), "cells").encode()
    graded = Graded(submission.student, digest, submission.stamp, result.verdicts, flags, submission.answered, files)
    results = gradescope(submission.job, result, flags, digest)
    results["extra_data"]["notebooks"] = {
        path: sha256(content).hexdigest() for path, content in files.items() if path.endswith(".ipynb")
    }
    results["extra_data"]["decided"] = dict(decided or {}) if submission.job.notebooks else {}  # no test was run
    graded.results = _in_lines(results, "tests")
    return graded


def few_of_a_kind(flags: Sequence[Flag]) -> list[Flag]:
    """The flags in their order, equal ones once and of a kind at most `LISTED`, with how many more there were: what a
    student can have thousands of hides nothing else."""
    kinds: dict[tuple[str, str, bool], list[Flag]] = {}
    for flag in dict.fromkeys(flags):
        kinds.setdefault((flag.kind, flag.notebook, flag.look), []).append(flag)
    more = [
        Flag(kind, f"{len(listed) - LISTED} more flags of the kind {kind!r}", notebook, look=look)
        for (kind, notebook, look), listed in kinds.items()
        if len(listed) > LISTED
    ]
    kept = {flag for listed in kinds.values() for flag in listed[:LISTED]}
    return [flag for flag in dict.fromkeys(flags) if flag in kept] + more


def _in_lines(document: dict[str, Any], key: str) -> str:
    """JSON with a line for each entry under `key`: the encoder that indents takes ten times as long."""
    entries = ",\n".join(json.dumps(entry, sort_keys=True) for entry in document[key])
    rest = json.dumps({name: value for name, value in document.items() if name != key}, sort_keys=True)
    return f'{{"{key}": [\n{entries}\n],\n{rest[1:]}\n'


def gradescope(job: Job, result: Result, flags: list[Flag], digest: str) -> dict[str, Any]:
    """The content of `results.json` (Gradescope's autograder documentation, "Output format").

    What is ours alone stands in `extra_data`.
    """
    tests = [_test(number, verdict) for number, verdict in enumerate(result.verdicts, 1)]
    return {
        "score": sum(verdict.points for verdict in result.verdicts),
        "max_score": sum(verdict.maximum for verdict in result.verdicts),
        "execution_time": round(result.wall_s, 3),
        "visibility": "after_published",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {
            "assignment": job.assignment,
            "student": job.student,
            "digest": digest,
            "seed": job.seed,
            "round": job.round_number,
            "limits": {name: getattr(job, name) for name in LIMITS},
            "flags": [asdict(flag) for flag in flags],
            "cpu_s": round(result.cpu_s, 3),
            "peak_mb": round(result.peak_mb),
        },
    }


def _test(number: int, verdict: Verdict) -> dict[str, Any]:
    return {
        "name": f"{verdict.notebook}/{verdict.cell}",
        "number": str(number),
        "score": verdict.points,
        "max_score": verdict.maximum,
        "status": "passed" if verdict.verdict == PASSED else "failed",
        "output": as_text(verdict.message, MESSAGE),
        "output_format": "text",
        "visibility": verdict.visibility,
        "tags": [verdict.verdict],
        "extra_data": {
            "verdict": verdict.verdict,
            "wall_s": verdict.wall_s,
            "cpu_s": verdict.cpu_s,
            "peak_mb": verdict.peak_mb,
        },
    }


def _missing(name: str, notebook: Notebook) -> list[Verdict]:
    entries = [cell["metadata"].get("nbgrader", {}) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    tests = [entry for entry in entries if entry.get("grade") and not entry.get("solution")]
    reported = "Nothing readable was handed in."
    return [Verdict(name, test["grade_id"], 0.0, test["points"], "missing", reported) for test in tests]


def dressed(notebook: Notebook, verdicts: Sequence[Verdict], flags: Sequence[Flag]) -> Notebook:
    """The executed notebook as it is shown: everything cleaned, a table in each test cell, a notice if there are flags.

    What else a cell's metadata says, of outputs that are held back above all, stays.
    """
    by_cell, allowance = {verdict.cell: verdict for verdict in verdicts}, Allowance()
    cells = [_cell(cell, by_cell, allowance) for cell in notebook["cells"]]
    return notebook | {"cells": ([notice(flags)] if flags else []) + cells}


def notice(flags: Sequence[Flag]) -> dict[str, Any]:
    """A cell for the top of the executed notebook that tells the student what was repaired, word for word."""
    lines = [f"- {as_markdown(flag.text)}" for flag in flags[:LISTED]]
    lines += [f"- and {len(flags) - LISTED} more"] if len(flags) > LISTED else []
    return cell_dict("markdown", NOTICE, "**From the grader**\n\n" + "\n".join(lines), {})


def _cell(cell: dict[str, Any], verdicts: dict[str, Verdict], allowance: Allowance) -> dict[str, Any]:
    entry = cell["metadata"].get("nbgrader", {})
    verdict = verdicts.get(entry.get("grade_id", ""))
    if cell["cell_type"] == "code":
        outputs = [table(verdict)] if verdict else clean_outputs(cell["outputs"], allowance)
        reported = {VERDICT: {"verdict": verdict.verdict, "visibility": verdict.visibility}} if verdict else {}
        return cell | {"outputs": outputs, "metadata": cell["metadata"] | reported}
    if entry.get("locked") and not entry.get("solution"):
        return cell
    if cell["cell_type"] == "raw":  # nbconvert puts it into the page as it is
        return cell | {"source": html.escape(cell["source"])}
    return cell | {"source": _clean_source(cell, allowance)}


def _clean_source(cell: dict[str, Any], allowance: Allowance) -> str:
    """Markdown of the student's; a text that cannot be cleaned, or is one too much, is shown as a text."""
    try:
        if allowance.grants(cell["source"]):
            return clean_markdown(cell["source"], cell.get("attachments", {}))
    except Exception:  # whatever a student wrote costs this text alone
        pass
    return as_markdown(cell["source"][:MESSAGE])


def table(verdict: Verdict) -> dict[str, Any]:
    """The output of a test cell: the points as a bare number for nbgrader, the table behind it for a person.

    The table comes from a process that met student code: it is cleaned like an output.
    """
    try:
        own = clean(verdict.html)
    except Exception:
        own = ""
    points = repr(Points(verdict.points, verdict.maximum))
    return {
        "output_type": "execute_result",
        "execution_count": None,
        "metadata": {},
        "data": {"text/plain": points, "text/html": own or _plain_table(verdict)},
    }


def _plain_table(verdict: Verdict) -> str:
    title = f"<b>{html.escape(verdict.cell)}</b>: {html.escape(verdict.verdict)}"
    message = without_live_text(html.escape(as_text(verdict.message, MESSAGE)))
    said = f'<pre style="white-space:pre-wrap;{PADDED}">{message}</pre>' if message else ""
    points = f"{verdict.points:g} of {verdict.maximum:g} points"
    return f'<div class="mlsd-points" style="{PADDED}"><p>{title}, {points}</p>{said}</div>'
