"""The report as one HTML page that opens offline: no script, no request, every text of a student's as a text."""

import os
from pathlib import Path
from statistics import mean, median
from typing import Any
from urllib.parse import quote

from grader.course import Course
from grader.grading.output.html_cleaner import POLICY
from grader.grading.output.sanitize import as_text
from grader.whole_files import write_named
from grader.workflow.class_report import charts, shared_mistakes
from grader.workflow.class_report.items import FEWEST, item_statistics
from grader.workflow.class_report.results import ClassResults, Submission, read
from grader.workflow.class_report.similarity import ALIKE, COMMON, Cluster, clusters, is_cut
from notebook_runner.course import NotebookError, read_json

TEXT = 6_000  # characters of a message or of code in one column
SLOWEST = 10
SIDE_BY_SIDE = 20  # clusters whose code is shown
LINES = 400  # of an answer


def write(course: Course, name: str, to: Path | None = None) -> Path:
    """The path of the page written. Raises `GraderError` if nothing is graded or the file cannot be written."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    path = to or course.home / "reports" / name / "report.html"
    results = read(course, name)
    pages = Environment(
        loader=PackageLoader("grader.workflow.class_report", "."), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.filters["plain"] = plain
    page = pages.get_template("page.html.j2").render(_content(course, results, path.parent))
    write_named(path, page, page.partition("<title>")[0])
    return path


def plain(text: str) -> str:
    """A bounded text without control characters; the template escapes it."""
    return as_text(text.expandtabs(4), TEXT)


def _content(course: Course, results: ClassResults, folder: Path) -> dict[str, Any]:
    bank = shared_mistakes.bank_of(course.root, results.name)
    alike = shared_mistakes.groups(results, bank)
    statistics = item_statistics(results)
    notebooks = {item.notebook for item in results.items}
    people = {submission.student: submission for submission in results.submissions}
    totals = [person.total for person in people.values()]
    texts = {student: _code(course, results, student) for student in people}
    released = course.folder("release", name=results.name)
    given = [cell for path in sorted(released.glob("*.ipynb")) for cell in _cells(path)]
    similar = clusters(texts, given)
    slowest = sorted(people.values(), key=lambda person: -person.seconds)[:SLOWEST]
    return {
        "policy": POLICY, "results": results, "people": people, "statistics": statistics, "fewest": FEWEST,
        "marks": {"mean": mean(totals), "median": median(totals), "lowest": min(totals), "highest": max(totals)},
        "histogram": charts.histogram(totals, results.maximum), "item_chart": charts.items(statistics),
        "open": sum(None in person.marks.values() for person in people.values()),
        "recorded": any(person.tests for person in people.values()),
        "named": None if bank is None else shared_mistakes.named(course.root, results, bank),
        "groups": [group for group in alike if len(group.students) > 1],
        "single": sum(len(group.students) == 1 for group in alike),
        "keys": {item.key: item.cell if len(notebooks) == 1 else item.key for item in results.items},
        "looked_at": [person for person in people.values() if person.notes or person.flagged],
        "stopped": [person for person in people.values() if person.stopped], "slowest": slowest,
        "clusters": similar, "shown": [(cluster, _columns(cluster, texts)) for cluster in similar[:SIDE_BY_SIDE]],
        "cut": [person for student, person in people.items() if is_cut(texts[student])],
        "alike": ALIKE, "common": max(COMMON, len(people) // 10), "course": course,
        "links": {student: _links(course, results, people[student], folder) for student in people},
    }  # fmt: skip


def _links(course: Course, results: ClassResults, submission: Submission, folder: Path) -> list[tuple[str, str]]:
    """(what, relative address) of the student's pages of feedback and graded notebooks that there are."""
    places = [
        (what, course.folder(step, submission.student, results.name) / f"{notebook}.{ending}")
        for step, what, ending in (("feedback", "feedback", "html"), ("autograded", "notebook", "ipynb"))
        for notebook in dict.fromkeys(item.notebook for item in results.items)
    ]
    found = [(what, Path(os.path.relpath(path, folder))) for what, path in places if path.is_file()]
    return [(what, quote(path.as_posix())) for what, path in found]


def _code(course: Course, results: ClassResults, student: str) -> list[str]:
    place = course.folder("autograded", student, results.name)
    notebooks = sorted({item.notebook for item in results.items})
    return [cell for notebook in notebooks for cell in _cells(place / f"{notebook}.ipynb")]


def _cells(path: Path) -> list[str]:
    """The code that a student may write in a notebook; nothing of one that is missing or cannot be read."""
    try:
        cells = read_json(path)["cells"]
    except NotebookError:
        return []
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    return ["".join(cell["source"]) for cell in code if not cell["metadata"].get("nbgrader", {}).get("locked")]


def _columns(cluster: Cluster, texts: dict[str, list[str]]) -> list[tuple[str, list[tuple[bool, str]]]]:
    """Of the two most alike: the student and the lines, each with whether the other has it too."""
    found = []
    for student, shared in zip(cluster.pair, cluster.lines, strict=True):
        lines = "\n".join(texts[student]).split("\n")[:LINES]
        found.append((student, [(i in shared, line) for i, line in enumerate(lines)]))
    return found
