"""Collecting what students submitted in JupyterLab: nbgrader's own collecting, less notebooks of another exercise."""

from pathlib import Path
from typing import Any

from grader.course import Course, reason
from grader.errors import GraderError
from grader.grading.intake.submission import Most, read_folder
from grader.workflow.collect import Collected
from grader.workflow.mistaken import mistaken, released_cells
from grader.workflow.release import local_exchange


def collect_exchange(course: Course, name: str) -> tuple[str, list[Collected]]:
    """nbgrader's log of collecting what came through its exchange, and the report on everyone who submitted there.

    A notebook of another exercise is refused, and what the student handed in earlier stays. The report is empty for an
    exchange of another kind than nbgrader's folders, which is collected as it says.

    Raises `GraderError` if the course has no exchange or nbgrader cannot collect.
    """
    course.require(name, "release")
    if local_exchange(course) is None and not course.config.Exchange.get("root"):
        raise GraderError(
            f"this course has no exchange. Name a folder or a zip: {course.command(f'collect {name} FROM')}"
        )
    report: list[Collected] = []
    if "collect" not in course.config.ExchangeFactory:
        course = course.configured(ExchangeFactory={"collect": _sifting(course, name, report)})
    result = course.call(lambda api: api.collect(name, update=True))
    if not result["success"]:
        raise GraderError(f"nbgrader could not collect {name} from its exchange: {reason(result)}")
    return str(result.get("log", "")).strip(), report


def _sifting(course: Course, name: str, report: list[Collected]) -> type:
    """nbgrader's class that collects, less who is refused; `report` gets a line for everyone."""
    from nbgrader.exchange.default import ExchangeCollect

    notebooks = [path.name for path in course.folder("release", name=name).glob("*.ipynb")]
    cells = released_cells(course)

    class Sifting(ExchangeCollect):
        src_records: list[dict[str, Any]]

        def init_src(self) -> None:
            super().init_src()
            self.src_records = [record for record in self.src_records if self._is_taken(record)]

        def _is_taken(self, record: dict[str, Any]) -> bool:
            student = record["username"]
            refusal = mistaken(name, _handed_in(Path(self.inbound_path) / record["filename"], notebooks), cells)
            report.append(Collected(student, student, "refused" if refusal else "collected", refusal))
            return not refusal

    return Sifting


def _handed_in(folder: Path, wanted: list[str]) -> list[bytes]:
    """The notebooks of these names in a folder; without any of them, all that lie there."""
    files, _ = read_folder(folder, Most())
    named = [files[one] for one in wanted if one in files]
    return named or [content for path, content in files.items() if path.endswith(".ipynb") and "/" not in path]
