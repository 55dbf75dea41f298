"""What to remember of a lesson, for the end of its page: rules, and questions whose answers open one by one."""

import re
from collections.abc import Mapping
from html import escape

from mlsd.lesson_recall import Question, Recall, Rule


def remember(recall: Recall, measured: Mapping[str, str]) -> str:
    """The rules and questions of a lesson in HTML; `measured`: what a run measured, in words, by a prediction's id.

    Nothing of it is open at first: a rule says what the reader may not have predicted yet.
    """
    rules = "".join(_rule(rule, measured) for rule in recall.rules)
    questions = "".join(_question(question) for question in recall.questions)
    return (
        "## To remember\n\n"
        f"<details><summary>The rules of this lesson, and what was measured</summary><ul>{rules}</ul></details>\n\n"
        "Before you open an answer, say which one is right and why the others are not.\n\n"
        f"<ol>{questions}</ol>"
    )


def linked_by(recall: Recall) -> set[str]:
    """The ids of the cells that the rules and questions lead to."""
    return {rule.cell for rule in recall.rules} | {question.cell for question in recall.questions}


def _rule(rule: Rule, measured: Mapping[str, str]) -> str:
    here = f"<br>Measured here: {escape(measured[rule.prediction])}." if rule.prediction in measured else ""
    return (
        f"<li><p><strong>{_html(rule.rule)}</strong><br>Holds: {_html(rule.when)}<br>Fails: {_html(rule.fails)}{here} "
        f"{_where(rule.cell)}</p></li>"
    )


def _question(question: Question) -> str:
    answers = "".join(
        f"<details><summary>{_html(answer.says)}</summary><p>{'Right' if answer.right else 'Not so'}. "
        f"{_html(answer.because)}</p></details>"
        for answer in sorted(question.answers, key=lambda answer: answer.says)
    )
    return f"<li><p>{_html(question.asks)}</p>{answers}<p>{_where(question.cell)}</p></li>"


def _where(cell: str) -> str:
    return f'<a href="#cell-id={escape(cell)}">See the cell</a>.'


def _html(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
