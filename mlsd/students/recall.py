"""`mlsd recall`: the questions on what one has come to in lessons, asked again when they are about to be forgotten.

When that is, the FSRS algorithm says (Ye, Su and Cao 2022, "A stochastic shortest path algorithm for optimizing spaced
repetition scheduling"), by its package: a right answer moves a question further away, a wrong one brings it back.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from fsrs import Card, Rating, Scheduler

from mlsd.lesson_recall import Answer, Question, Recall, read_recalls
from mlsd.students.files import StudentError
from mlsd_lib.lesson.claims import claims_seen
from mlsd_lib.lesson.places import read_record
from mlsd_lib.lesson.reader import record
from mlsd_lib.lesson.reader_tasks import headings_in, reached_in
from mlsd_lib.lesson.start_page import read_course
from notebook_runner.errors import was_meant

UNKNOWN = "I do not know"
SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
"""In whole days, since nobody waits for the minutes of its learning steps; the same days for the same answers."""


@dataclass(frozen=True)
class Due:
    """A question of a lesson, and the moment from which it is to be asked; None where it never was."""

    recall: Recall
    question: Question
    card: Card | None

    @property
    def key(self) -> str:
        """The name under which the reader's record keeps it."""
        return f"{self.recall.notebook.path.stem}/{self.question.id}"


def reached(root: Path) -> list[Recall]:
    """The questions on what the reader has come to in each lesson of the course at `root`, in the order of study.

    What follows is not asked of: an answer would give a prediction away.
    """
    seen = {*read_record().seen_s, *(claim.notebook for claim in claims_seen())}
    recalls = []
    for recall in read_recalls(root, read_course(root).notebooks):
        cells = reached_in(recall.notebook.path, seen)
        questions = tuple(question for question in recall.questions if question.cell in cells)
        recalls += [replace(recall, questions=questions)] if questions else []
    return recalls


def of_lesson(root: Path, name: str) -> Recall:
    """What is kept of the lesson `name`: a path in the course, a file's name, or that without its number.

    Raises `StudentError` where no lesson is called so, with those that may be meant, and where two are.
    """
    recalls = read_recalls(root, read_course(root).notebooks)
    found = [recall for recall in recalls if name in _names(recall)]
    if len(found) == 1:
        return found[0]
    if found:
        both = " and ".join(recall.notebook.path.stem for recall in found)
        raise StudentError(f"{name!r} means {both}. Give one of these names.")
    known = {written: recall.notebook.path.stem for recall in recalls for written in _names(recall)}
    raise StudentError(
        f"{name!r} is no lesson with questions. {was_meant(name, known) or '`mlsd notebooks` lists the notebooks.'}"
    )


def _names(recall: Recall) -> set[str]:
    stem = recall.notebook.path.stem
    return {recall.notebook.name, stem, f"{stem}.ipynb", stem.partition("_")[2] or stem}


def due(recalls: Iterable[Recall], now: datetime) -> list[Due]:
    """The questions to ask at `now`: those asked before first, the longest overdue in front, then new ones in order."""
    every = _all(recalls)
    again = [entry for entry in every if entry.card is not None and entry.card.due <= now]
    return [
        *sorted(again, key=lambda card: card.card.due if card.card else now),
        *(entry for entry in every if entry.card is None),
    ]


def nothing_due(recalls: Sequence[Recall]) -> str:
    """Why there is nothing to ask now, and what to do."""
    if not recalls:
        return (
            "You have come to nothing yet that is asked again. Go on to the end of a lesson's part, "
            "or ask for all questions of one: mlsd recall performance_requirements"
        )
    first = min(entry.card.due for entry in _all(recalls) if entry.card is not None)
    return f"Nothing is due now. The next question comes on {first.astimezone():%d %B}."


def _all(recalls: Iterable[Recall]) -> list[Due]:
    with record() as connection:
        cards = {row["id"]: _card(row["card"]) for row in connection.execute("SELECT id, card FROM recalls")}
    every = [Due(recall, question, None) for recall in recalls for question in recall.questions]
    return [Due(entry.recall, entry.question, cards.get(entry.key)) for entry in every]


def _card(kept: str) -> Card | None:
    """A card as it was kept; None where it cannot be read, so that its question is asked as a new one."""
    with suppress(ValueError, KeyError, TypeError):
        return Card.from_json(kept)
    return None


def answered(due_card: Due, right: bool, now: datetime) -> datetime:
    """Keep how a question was answered at `now`, and return when it is to be asked again."""
    card, _ = SCHEDULER.review_card(
        due_card.card or Card(card_id=0, due=now), Rating.Good if right else Rating.Again, now
    )
    with record() as connection:
        connection.execute("INSERT OR REPLACE INTO recalls (id, card) VALUES (?, ?)", (due_card.key, card.to_json()))
    return card.due


def ask_all(
    asked: Sequence[Due], read: Callable[[str], str], tell: Callable[[str], None], now: Callable[[], datetime]
) -> int:
    """Ask each question, say at once whether the answer was right and why, and return how many were.

    `read` is given a prompt and returns what was typed. Each answer is kept before the next question, so that a reader
    who leaves loses none.
    """
    right = 0
    for number, entry in enumerate(asked, start=1):
        tell(f"\n{number} of {len(asked)}, {entry.recall.notebook.title}\n\n{entry.question.asks}\n")
        chosen = _choose(_shuffled(entry), read, tell)
        is_right = chosen is not None and chosen.right
        again = answered(entry, is_right, now())
        tell(f"\n{_said(entry.question, chosen)}\n{_place(entry)} Asked again on {again.astimezone():%d %B}.")
        right += is_right
    return right


def _shuffled(due_card: Due) -> list[Answer]:
    """The answers in an order that changes from one day of asking to another, and not when the same is asked again."""
    last = "" if due_card.card is None else str(due_card.card.due)
    return random.Random(f"{due_card.key} {last}").sample(due_card.question.answers, len(due_card.question.answers))


def _choose(answers: Sequence[Answer], read: Callable[[str], str], tell: Callable[[str], None]) -> Answer | None:
    tell("\n".join(f"  {number}  {answer.says}" for number, answer in enumerate(answers, start=1)))
    while True:
        typed = read(f"Your answer (1 to {len(answers)}, or Enter: {UNKNOWN})").strip()
        if not typed:
            return None
        if typed.isdecimal() and 1 <= int(typed) <= len(answers):
            return answers[int(typed) - 1]
        tell(f"{typed!r} is none of the answers. Type a number from 1 to {len(answers)}, or only Enter.")


def _said(question: Question, chosen: Answer | None) -> str:
    if chosen is not None and chosen.right:
        return f"Right. {chosen.because}"
    before = "" if chosen is None else f"Not so. {chosen.because}\n"
    return f"{before}Right is: {question.right.says}\n{question.right.because}"


def _place(due_card: Due) -> str:
    notebook = due_card.recall.notebook
    return f"Measured in {notebook.name}, under {headings_in(notebook.path)[due_card.question.cell]!r}."


def summary(recall: Recall) -> str:
    """The rules of a lesson, with what this reader measured where the rule names a prediction."""
    with record() as connection:
        rows = connection.execute("SELECT id, measured, unit FROM predictions WHERE measured IS NOT NULL").fetchall()
    measured = {row["id"]: f"{row['measured']:,.4g} {row['unit']}" for row in rows}
    lines = [recall.notebook.title]
    for rule in recall.rules:
        lines += ["", rule.rule, f"  holds: {rule.when}", f"  fails: {rule.fails}"]
        if rule.prediction in measured:
            lines.append(f"  measured on this machine: {measured[rule.prediction]}")
    return "\n".join(lines)
