"""What is worth keeping of a lesson: its rules, and questions that ask for them again later.

They stand in a TOML file a lesson or case study, below `chapters/recall` as the notebook stands in the course. No run
reads anything there, so that a new question makes no notebook run again.
"""

import tomllib
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlsd_lib.lesson.reader import LessonError
from notebook_runner import Notebook

FOLDER = "chapters/recall"
RULE = {"rule", "when", "fails", "cell"}
QUESTION = {"id", "asks", "answers", "cell"}
ANSWER = {"says", "because"}


@dataclass(frozen=True)
class Rule:
    """A rule in a sentence, when it holds, when it fails, and the code cell of the lesson that measured it.

    `prediction`: the id of the prediction whose measured value belongs to the rule; empty where none does.
    """

    rule: str
    when: str
    fails: str
    cell: str
    prediction: str = ""


@dataclass(frozen=True)
class Answer:
    """One of the answers to choose from, and why it is right or wrong."""

    says: str
    because: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question with answers to choose from, one of them right; `cell` is the code cell that shows it.

    `id` is the same as long as the question asks the same: what a reader remembers of it is kept under this name.
    """

    id: str
    asks: str
    answers: tuple[Answer, ...]
    cell: str

    @property
    def right(self) -> Answer:
        """The right answer."""
        return next(answer for answer in self.answers if answer.right)


@dataclass(frozen=True)
class Recall:
    """What is kept of one lesson."""

    notebook: Notebook
    rules: tuple[Rule, ...]
    questions: tuple[Question, ...]


def recall_file(root: Path, notebook: Notebook) -> Path:
    """Where the rules and questions of a notebook of the course at `root` stand, or would stand."""
    return (root / FOLDER / notebook.name.removeprefix("chapters/")).with_suffix(".toml")


def read_recall(root: Path, notebook: Notebook) -> Recall | None:
    """What is kept of a lesson of the course at `root`; None where there is no file for it.

    Raises `LessonError` for a file that cannot be read, an entry with a wrong key, an id that is there twice, and a
    question that has not one right answer among three or more different ones.
    """
    file = recall_file(root, notebook)
    try:
        stated = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LessonError(f"{file} cannot be read ({error}). Correct it, or delete it to do without.") from error
    rules = [
        Rule(**_entry(file, "rule", *numbered, RULE, {"prediction"}))
        for numbered in enumerate(stated.get("rule", []), 1)
    ]
    questions = [_question(file, *numbered) for numbered in enumerate(stated.get("question", []), 1)]
    ids = [question.id for question in questions]
    if twice := sorted({identity for identity in ids if ids.count(identity) > 1}):
        raise LessonError(f"{file}: two questions have the id {twice[0]!r}. An answer is kept by it: name each once.")
    return Recall(notebook, tuple(rules), tuple(questions))


def read_recalls(root: Path, notebooks: Iterable[Notebook]) -> list[Recall]:
    """What is kept of each of `notebooks`, in their order; those without a file are passed over."""
    return [found for notebook in notebooks if (found := read_recall(root, notebook)) is not None]


def _question(file: Path, number: int, stated: Mapping[str, Any]) -> Question:
    entry = _entry(file, "question", number, stated, QUESTION)
    answers = [
        Answer(**_entry(file, f"question {number}, answer", *numbered, ANSWER, {"right"}))
        for numbered in enumerate(entry["answers"], 1)
    ]
    right, different = sum(answer.right for answer in answers), len({answer.says for answer in answers})
    if right != 1 or not 3 <= len(answers) == different:
        raise LessonError(
            f"{file}, question {number}: it has {right} right answers, {different} different ones of {len(answers)}. "
            "Give three or more, all different, one of them with right = true."
        )
    return Question(**{**entry, "answers": tuple(answers)})


def _entry(
    file: Path, kind: str, number: int, stated: Mapping[str, Any], needed: Set[str], allowed: Set[str] = frozenset()
) -> dict[str, Any]:
    if wrong := sorted((needed - set(stated)) | (set(stated) - needed - allowed)):
        raise LessonError(
            f"{file}, {kind} {number}: {wrong[0]!r} is missing or not known. It has {', '.join(sorted(needed))}"
            + (f", and may have {', '.join(sorted(allowed))}." if allowed else ".")
        )
    return dict(stated)
