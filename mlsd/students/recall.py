"""`mlsd recall`: the questions of lessons that one has begun, asked again when they are about to be forgotten.

When that is, the FSRS algorithm says (Ye, Su and Cao 2022, "A stochastic shortest path algorithm for optimizing spaced
repetition scheduling"), by its package: a right answer moves a question further away, a wrong one brings it back.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fsrs import Card, Rating, Scheduler

from mlsd.lesson_recall import Answer, Question, Recall, read_recalls
from mlsd.students.files import StudentError
from mlsd_lib.lesson.reader import record
from mlsd_lib.lesson.standing import place_of, read_record
from mlsd_lib.lesson.start_page import read_course

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


def begun(root: Path) -> list[Recall]:
    """What is kept of the lessons of the course at `root` that the reader has begun, in the order of study."""
    kept = read_record()
    notebooks = [one for one in read_course(root).notebooks if place_of(one, kept).seen_s]
    return read_recalls(root, notebooks)


def of_lesson(root: Path, name: str) -> Recall:
    """What is kept of the lesson `name`: a path in the course, a file's name, or that without its number."""
    recalls = read_recalls(root, read_course(root).notebooks)
    for one in recalls:
        stem = one.notebook.path.stem
        if name in (one.notebook.name, stem, f"{stem}.ipynb", stem.partition("_")[2]):
            return one
    known = ", ".join(one.notebook.path.stem for one in recalls) or "none"
    raise StudentError(f"{name!r} is no lesson with questions. Those with some: {known}.")


def due(recalls: Iterable[Recall], now: datetime) -> list[Due]:
    """The questions to ask at `now`: those asked before first, the longest overdue in front, then new ones in order."""
    every = _all(recalls)
    again = [one for one in every if one.card is not None and one.card.due <= now]
    return [
        *sorted(again, key=lambda one: one.card.due if one.card else now),
        *(one for one in every if one.card is None),
    ]


def nothing_due(recalls: Sequence[Recall]) -> str:
    """Why there is nothing to ask now, and what to do."""
    if not recalls:
        return "You have begun no lesson with questions. Run one, or name it: mlsd recall performance_requirements"
    first = min(one.card.due for one in _all(recalls) if one.card is not None)
    return f"Nothing is due now. The next question comes on {first.astimezone():%d %B}."


def _all(recalls: Iterable[Recall]) -> list[Due]:
    with record() as connection:
        cards = {row["id"]: Card.from_json(row["card"]) for row in connection.execute("SELECT id, card FROM recalls")}
    every = [Due(recall, question, None) for recall in recalls for question in recall.questions]
    return [Due(one.recall, one.question, cards.get(one.key)) for one in every]


def answered(one: Due, right: bool, now: datetime) -> datetime:
    """Keep how a question was answered at `now`, and return when it is to be asked again."""
    card, _ = SCHEDULER.review_card(one.card or Card(card_id=0, due=now), Rating.Good if right else Rating.Again, now)
    with record() as connection:
        connection.execute("INSERT OR REPLACE INTO recalls (id, card) VALUES (?, ?)", (one.key, card.to_json()))
    return card.due


def ask_all(
    asked: Sequence[Due], read: Callable[[str], str], tell: Callable[[str], None], now: Callable[[], datetime]
) -> int:
    """Ask each question, say at once whether the answer was right and why, and return how many were.

    `read` is given a prompt and returns what was typed. Each answer is kept before the next question, so that a reader
    who leaves loses none.
    """
    right = 0
    for number, one in enumerate(asked, start=1):
        tell(f"\n{number} of {len(asked)}, {one.recall.notebook.title}\n\n{one.question.asks}\n")
        chosen = _choose(_shuffled(one), read, tell)
        is_right = chosen is not None and chosen.right
        again = answered(one, is_right, now())
        tell(f"\n{_said(one.question, chosen)}\n{_place(one)} Asked again on {again.astimezone():%d %B}.")
        right += is_right
    return right


def _shuffled(one: Due) -> list[Answer]:
    """The answers in an order that changes from one day of asking to another, and not when the same is asked again."""
    last = "" if one.card is None else str(one.card.due)
    return random.Random(f"{one.key} {last}").sample(one.question.answers, len(one.question.answers))


def _choose(answers: Sequence[Answer], read: Callable[[str], str], tell: Callable[[str], None]) -> Answer | None:
    tell("\n".join(f"  {number}  {one.says}" for number, one in enumerate(answers, start=1)))
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


def _place(one: Due) -> str:
    return f"Measured in {one.recall.notebook.name}, cell {one.question.cell}."


def summary(recall: Recall) -> str:
    """The rules of a lesson, with what this reader measured where the rule names a prediction."""
    with record() as connection:
        rows = connection.execute("SELECT id, measured, unit FROM predictions WHERE measured IS NOT NULL").fetchall()
    measured = {row["id"]: f"{row['measured']:,.4g} {row['unit']}" for row in rows}
    lines = [recall.notebook.title]
    for one in recall.rules:
        lines += ["", one.rule, f"  holds: {one.when}", f"  fails: {one.fails}"]
        if one.prediction in measured:
            lines.append(f"  measured on this machine: {measured[one.prediction]}")
    return "\n".join(lines)
