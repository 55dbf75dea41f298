"""The closing cell of a lesson: what it claims, held against what this run measured."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from mlsd_lib.lesson.reader import LessonError, keeps_record, record, someone_is_there
from mlsd_lib.lesson.show import show
from notebook_runner.environment import CLAIMS

WHY_NOT = (
    " Where one does not, the measurement is right. Look for the reason in this order. You changed the parameters cell:"
    " another seed draws another world, where what holds nearly always may fail by chance, and another size or price"
    " may turn a claim for good; with the lesson's own values it should hold. It is a claim about times: this machine,"
    " in this minute, was slower or busier; run the notebook again with nothing else open. Neither: another version of"
    " a library computes otherwise, or the lesson is wrong; please report it."
)


class Claim(NamedTuple):
    """A statement of the lesson, whether it holds in this run, and the measured figure behind it."""

    statement: str
    holds: bool
    measured: str = ""


class ClaimsFailed(LessonError):
    """A lesson's claim did not hold where nobody was there to read it."""


def claims(*statements: Claim) -> None:
    """Show every claim beside what was measured; raise `ClaimsFailed` when one fails and no reader is there.

    To a reader, whose seed, parameters, machine and versions may be other ones, a failed claim explains itself and the
    notebook goes on. Under `mlsd check --seeds` it goes on too, so that one failure hides no other: every claim is kept
    for the table.
    """
    if not statements:
        raise LessonError("claims() got no claim; a lesson must claim something. Pass at least one Claim.")
    failed = [statement for statement in statements if not statement.holds]
    rows = [
        ("holds" if statement.holds else "does not hold", statement.statement, statement.measured)
        for statement in statements
    ]
    text = f"{len(statements) - len(failed)} of {len(statements)} claims hold in this run."
    if failed:
        text += WHY_NOT
    show(text, "bad" if failed else "good", ("", "claim", "measured"), rows)
    if keeps_record():
        _save_for_reader(statements)
    if os.environ.get(CLAIMS):
        _append_for_seed_check(os.environ[CLAIMS], statements)
    elif failed and not someone_is_there():
        listed = "; ".join(f"{statement.statement} (measured: {statement.measured})" for statement in failed)
        raise ClaimsFailed(f"{len(failed)} of {len(statements)} claims do not hold: {listed}")


class ClaimSeen(NamedTuple):
    """A claim as the reader last saw it, and the notebook that made it, by its name without folder and ending."""

    notebook: str
    statement: str
    holds: bool
    measured: str


def claims_seen() -> list[ClaimSeen]:
    """Every claim that the reader's runs have come to, each as it was last, in the order in which they were seen."""
    with record() as connection:
        rows = connection.execute("SELECT notebook, statement, holds, measured FROM claims ORDER BY seen_at, rowid")
        return [ClaimSeen(row["notebook"], row["statement"], bool(row["holds"]), row["measured"]) for row in rows]


def _save_for_reader(statements: Sequence[Claim]) -> None:
    notebook = PurePath(os.environ.get("JPY_SESSION_NAME", "")).stem  # Jupyter's server gives it to each kernel
    with record() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?)",
            [(notebook, str(s), bool(holds), str(measured), time.time()) for s, holds, measured in statements],
        )


def _append_for_seed_check(file: str, statements: Sequence[Claim]) -> None:
    lines = [{"statement": str(s), "holds": bool(holds), "measured": str(m)} for s, holds, m in statements]
    with open(file, "a", encoding="utf-8") as kept:
        kept.writelines(json.dumps(line) + "\n" for line in lines)
