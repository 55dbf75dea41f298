"""Grades the whole corpus twice, by stock nbgrader's autograde and by `mlsd grade`, and lays the marks side by side.

It judges no answer: what each grader must give is said by the test.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacks.batch import results
from tests.attacks.course import Assignment
from tests.attacks.differential.model import Answer, Exercise, Place, places, submissions
from tests.attacks.foreign_course import answered, copied, release, submit, write
from tests.attacks.graders import MARKS_ALONE, Ended, autograde, mlsd_grade
from tests.attacks.host import environment

NAME = "differential"
LIMIT_S = 1200
CELL_S = 60  # of which a cell takes a hundredth; a busy machine must not decide a mark
MESSAGE = 160
SETUP = """\
import contextlib
import io
import itertools
import math
import random
import unittest

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
"""


@dataclass(frozen=True)
class Compared:
    """One answer and what both graders gave for it."""

    answer: Answer
    cell: str
    student: str
    stock: float
    ours: float
    maximum: float
    verdict: str
    message: str

    @property
    def row(self) -> tuple[str, ...]:
        """What the table on a failure shows."""
        kind = "right" if self.answer.right else "wrong"
        marks = f"{self.stock:g} of {self.maximum:g}", f"{self.ours:g}"
        return self.cell, f"{kind}: {self.answer.name}", self.student, *marks, self.verdict, self.message[:MESSAGE]


COLUMNS = ("test", "answer", "submission", "stock", "ours", "verdict", "message")


def table(rows: Iterable[Compared]) -> str:
    """The comparisons as text, a line each, below a line of headings; empty if there are none."""
    lines = [tuple(" ".join(text.split()) for text in compared.row) for compared in rows]
    if not lines:
        return ""
    lines = [COLUMNS, *lines]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def compare(root: Path, exercises: Sequence[Exercise]) -> list[Compared]:
    """Every answer of the corpus, graded by both. Raises `AssertionError` if a grader does not come to its end."""
    assignment = Assignment(NAME, SETUP, tuple(place.task() for place in places(exercises)))
    course = release(write(root / "course", assignment, timeout_s=CELL_S))
    handed_in = submissions(exercises)
    for student, answers in handed_in.items():
        notebook = answered(course, assignment, {place.name: answer.source for place, answer in answers})
        submit(course, student, NAME, {f"{NAME}.ipynb": json.dumps(notebook).encode()})
    our_course = copied(course, root / "ours" / "course")
    stock = autograde(course, NAME, environment(root), LIMIT_S, *MARKS_ALONE)
    ours = mlsd_grade(our_course, NAME, environment(root / "ours"), LIMIT_S)
    for ended in (stock, ours):
        assert ended.status == 0, ended.text[-3000:]
    return list(_side_by_side(handed_in, stock, ours, results(our_course, NAME)))


def _side_by_side(
    handed_in: dict[str, list[tuple[Place, Answer]]], stock: Ended, ours: Ended, told: dict[str, dict[str, Any]]
) -> Iterable[Compared]:
    for student, answers in handed_in.items():
        tests = {test["name"].rpartition("/")[2]: test for test in told[student]["tests"]}
        for place, answer in answers:
            cell = f"{place.name}-test"
            yield Compared(
                answer, cell, student, stock.marks[student][cell] or 0.0, ours.marks[student][cell] or 0.0,
                place.exercise.points, tests[cell]["extra_data"]["verdict"], tests[cell]["output"],
            )  # fmt: skip
