"""Which wrong answers are alike: by what tests said of them, and by what the bank's wrong answers are known to get."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from grader.answer_bank.model import Bank, bank_folder, load_bank, read_settings
from grader.workflow.class_report.results import ClassResults, Item, Reported, Submission

DECIMAL = re.compile(r"\d+\.\d+")
NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class Group:
    """Students of whom a test said the same; `id` stays as long as what it said does. `test` is one of theirs."""

    id: str
    item: Item
    test: Reported
    students: list[str]


@dataclass(frozen=True)
class Named:
    """A wrong answer of the bank and the students whose points and messages are like its."""

    name: str
    about: str
    tests: list[str]
    students: list[str]


def bank_of(root: Path, name: str) -> Bank | None:
    """The exercise's bank, None if it has none."""
    return load_bank(root, name) if (bank_folder(root, name) / "bank.toml").is_file() else None


def groups(results: ClassResults, bank: Bank | None) -> list[Group]:
    """Like wrong answers to each test, the largest group first.

    Numbers that a clock gave may differ within a group: those with a decimal point, and all in a test that the bank
    calls measured.
    """
    measured = {f"{results.name}/{test}" for test in bank.measured} if bank else set()
    found: dict[tuple[str, str, float, str], Group] = {}
    for item in results.items:
        number = NUMBER if item.key in measured else DECIMAL
        for submission in results.submissions:
            test = submission.tests.get(item.key)
            if test is None or test.points >= test.maximum:
                continue
            key = (item.key, test.verdict, test.points, number.sub("#", _words(test.message)))
            name = sha256(repr(key).encode("utf-8", "replace")).hexdigest()[:8]
            found.setdefault(key, Group(name, item, test, [])).students.append(submission.student)
    return sorted(found.values(), key=lambda group: (-len(group.students), group.item.key, group.id))


def named(root: Path, results: ClassResults, bank: Bank) -> list[Named]:
    """The bank's wrong answers that somebody's is like, the most frequent first.

    Like means: in each test in which the bank's answer loses points it has the same points, and its tests said the
    words that the bank states. Other mistakes may be beside it, and one submission may be like several.
    """
    about = dict(_about(root, results.name))
    reported = {
        submission.student: _words("\n".join(test.message for test in submission.tests.values()))
        for submission in results.submissions
    }
    found = []
    for answer in (candidate for candidate in bank.answers if candidate.kind == "wrong"):
        lost = {test: points for test, points in answer.points.items() if points < bank.maxima[test]}
        students = [
            submission.student
            for submission in results.submissions
            if lost
            and _same_points(submission, results.name, lost)
            and all(_words(words) in reported[submission.student] for words in answer.says)
        ]
        if students:
            found.append(Named(answer.name, about.get(answer.name, ""), sorted(lost), students))
    return sorted(found, key=lambda entry: (-len(entry.students), entry.name))


def _same_points(submission: Submission, notebook: str, lost: dict[str, float]) -> bool:
    tests = {test: submission.tests.get(f"{notebook}/{test}") for test in lost}
    return all(test is not None and abs(test.points - lost[name]) < 1e-9 for name, test in tests.items())


def _about(root: Path, name: str) -> Iterator[tuple[str, str]]:
    """What the bank says of each wrong answer, in its TOML or in the first paragraph of a file."""
    folder = bank_folder(root, name)
    for wrong, rules in read_settings(folder / "bank.toml").get("wrong", {}).items():
        yield wrong, rules["about"]
    for path in folder.glob("*.py"):
        yield path.stem, path.read_text(encoding="utf-8").lstrip("\"'").partition("\n\n")[0]


def _words(text: str) -> str:
    """Every run of blanks and line ends as one space: tables wrap their sentences."""
    return " ".join(text.split())
