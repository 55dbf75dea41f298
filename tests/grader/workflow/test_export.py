"""Exports: what each platform reads out of its file, in order, with extra credit, lateness and who is missing."""

import csv
import io
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grader.course import STAMP
from grader.errors import GraderError
from grader.grading.output.spreadsheet import FORMULA, table
from grader.workflow import collect
from grader.workflow.deadline import set_policy
from grader.workflow.export import export
from grader.workflow.platforms import Marks
from grader.workflow.roster import Person, enter
from tests import toy_course as toy
from tests.grader.grading.engine_course import by_hand, copied, mlsd, run
from tests.grader.workflow.hand_ins import NB, table_rows

CLASS = """Student,ID,SIS User ID,SIS Login ID,Section
"Zander, Anna",4001,u1,anna,A
"Ärlig, Zoe",4002,u2,zoe,B
"Ärlig, Bo",4003,u3,bo,A
"Miss, Ing",4004,u4,ing,B
"""


@pytest.fixture(scope="module")
def marked_once(released_once, tmp_path_factory):
    """A class from Canvas, hand-ins from Moodle: u1 late, u2 above 8, u3 neither, u4 nothing, one unknown."""
    folder = tmp_path_factory.mktemp("export")
    course = copied(released_once, folder / "course")
    (folder / "class.csv").write_text(CLASS, encoding="utf-8")
    enter(course, folder / "class.csv")
    right = toy.submit(course, "any", toy.answered(course, **toy.RIGHT, reflection="Because."))
    times = ["Identifier,Last modified (submission)"]
    for number, who in enumerate(("Anna Zander", "Zoe Ärlig", "Bo Ärlig", "No Body")):
        place = folder / "all" / f"{who}_{71 + number}_assignsubmission_file_" / NB
        place.parent.mkdir(parents=True)
        shutil.copy(right, place)
        times.append(f"Participant {71 + number},2027-01-{16 if number == 0 else 15} 09:00+01:00")
    (folder / "worksheet.csv").write_text("\n".join(times))
    shutil.rmtree(right.parents[1])
    report = collect.collect(course, toy.NAME, folder / "all", times=folder / "worksheet.csv")
    collect.write_report(course, toy.NAME, report)
    set_policy(course, toy.NAME, "2027-01-15 09:00", "Europe/Berlin", None, "10%/day")
    run(course)
    by_hand(course, {"u1": 2})
    by_hand(course, {"u2": 2}, extra=1.5)
    by_hand(course, {"u3": 1.5}, comment="True & <short>.")
    return course


TEXTS = ["a;=1+1;b", 'a;"=1+1', "a\n=1+1", "a; \t@x", "\t=1", "a\r\n\uff1d1+1", "ab", "a;b", "a\nb"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("text", TEXTS)
def test_no_text_is_a_formula_whatever_separates_the_cells_of_a_spreadsheet(separator, text):
    """In most of Europe it is the semicolon: quotes within what it takes for one cell then open none."""
    written = table(("student", "comment"), [["ada", text]])
    lines = csv.reader(io.StringIO(written, newline=""), delimiter=separator)
    assert [cell for line in lines for cell in line if cell.lstrip(' "').startswith(FORMULA)] == []


def test_students_stand_by_name_and_items_as_in_the_notebook(marked_once, tmp_path):
    done = export(marked_once, toy.NAME, tmp_path / "m.csv")
    rows = table_rows(done.marks)
    assert [(row["student_id"], row["raw_score"], row["score"], row["max_score"]) for row in rows] == [
        ("u3", "7.5", "7.5", "8.0"),
        ("u2", "9.5", "9.5", "8.0"),
        ("u4", "", "", "8.0"),
        ("u1", "8.0", "7.2", "8.0"),
    ]
    late = rows[3]
    assert (late["late_submission_penalty"], late["late"], late["section"]) == ("0.8", "1 day", "A")
    assert (late["due"], late["received"]) == ("2027-01-15 09:00 CET", "2027-01-16 09:00 CET")
    items = [row["item"] for row in table_rows(done.items) if row["student_id"] == "u1"]
    assert items == ["half-test", "spread-test", "both-test", "reflection"]
    (refused,) = table_rows(done.refused)
    assert (refused["source"], refused["reason"].startswith("nobody of the roster")) == ("No Body_74", True)


def test_who_handed_in_nothing_has_no_mark_or_by_wish_nothing(marked_once, tmp_path):
    for zero, mark in {False: "", True: "0.0"}.items():
        rows = table_rows(export(marked_once, toy.NAME, tmp_path / "m.csv", "moodle", zero).marks)
        assert rows[2]["Grade"] == mark


def test_moodle_reads_identifier_grade_and_comments(marked_once, tmp_path):
    done = export(marked_once, toy.NAME, tmp_path / "m.csv", "moodle")
    rows = table_rows(done.marks)
    assert {"Identifier", "Email address", "Grade", "Last modified (grade)", "Feedback comments"} <= set(rows[0])
    assert [(row["Identifier"], row["Full name"], row["Grade"]) for row in rows] == [
        ("Participant 73", "Bo Ärlig", "7.5"),
        ("Participant 72", "Zoe Ärlig", "9.5"),
        ("", "Ing Miss", ""),
        ("Participant 71", "Anna Zander", "7.2"),
    ]
    changed = [row["Last modified (grade)"] for row in rows]
    assert [changed[2], *{text[-4:] for text in changed if text}] == ["", " UTC"]
    last = datetime.strptime(changed[0], "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=UTC)
    assert timedelta(0) <= datetime.now(UTC) - last < timedelta(minutes=10)  # a second file is newer than the first
    assert rows[0]["Feedback comments"].splitlines() == [
        "half-test: 2 of 2<br>", "spread-test: 3 of 3<br>", "both-test: 1 of 1<br>",
        "reflection: 1.5 of 2. True &amp; &lt;short&gt;.",
    ]  # fmt: skip
    late, points = rows[3]["Feedback comments"].splitlines()[:2]
    assert late.startswith("Handed in 1 day late: received 2027-01-16 09:00 CET, due 2027-01-15 09:00 CET")
    assert points == "8 points before the penalty, 7.2 after it.<br>"
    assert "above the maximum, which Moodle's worksheet passes over: u2" in done.notes
    assert [row["score"] for row in table_rows(done.totals)] == ["7.5", "9.5", "", "7.2"]


def test_canvas_reads_its_own_ids_and_the_line_of_maxima(marked_once, tmp_path):
    done = export(marked_once, toy.NAME, tmp_path / "c.csv", "canvas", column="Halves (77)")
    with done.marks.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Halves (77)"],
        ["    Points Possible", "", "", "", "", "8.0"],
        ["Ärlig, Bo", "4003", "u3", "bo", "A", "7.5"],
        ["Ärlig, Zoe", "4002", "u2", "zoe", "B", "9.5"],
        ["Miss, Ing", "4004", "u4", "ing", "B", ""],
        ["Zander, Anna", "4001", "u1", "anna", "A", "7.2"],
    ]
    assert done.missing == []
    assert "new assignments unless" in export(marked_once, None, tmp_path / "c.csv", "canvas").notes[0]


def test_gradescopes_table_has_its_columns_and_an_item_a_question(marked_once, tmp_path):
    rows = table_rows(export(marked_once, toy.NAME, tmp_path / "g.csv", "gradescope").marks)
    late, nothing = rows[3], rows[2]
    assert [late[column] for column in ("SID", "Total Score", "Status", "Lateness (H:M:S)", "Late Penalty")] == [
        "u1", "7.2", "Graded", "24:00:00", "0.8",
    ]  # fmt: skip
    assert [title for title in late if title[0].isdigit()] == [
        "1: half-test (2 pts)", "2: spread-test (3 pts)", "3: both-test (1 pts)", "4: reflection (2 pts)",
    ]  # fmt: skip
    assert (nothing["Status"], nothing["Total Score"], nothing["Lateness (H:M:S)"]) == ("Missing", "", "")


def test_whom_a_platform_will_not_find_is_named_and_so_are_open_points(course, tmp_path):
    (toy.submit(course, "bo", toy.answered(course, **toy.RIGHT, reflection="Because.")).parent / STAMP).write_text("")
    run(course)
    toy.submit(course, "zoe", b"")
    done = export(course, toy.NAME, tmp_path / "m.csv", "moodle")
    assert done.missing == ["bo: no Identifier, e-mail or ID number"]
    assert "points by hand are still open: bo" in done.notes
    assert table_rows(done.refused) == [
        {"assignment": toy.NAME, "source": "", "student": "zoe", "reason": "handed in, not graded"}
    ]
    result = mlsd(course, "export", toy.NAME, "--format", "canvas", "--to", tmp_path / "c.csv")
    assert result.exit_code == 1
    assert "the platform will not find bo: no Canvas ID" in result.output


def test_a_form_that_takes_one_exercise_is_said(course, tmp_path):
    with pytest.raises(GraderError, match="one exercise a file: name it"):
        export(course, None, tmp_path / "m.csv", "moodle")


@pytest.mark.parametrize(
    ("to", "column", "said"),
    [("", "", "--to is ."), ("/", "", "--to is /"), (".", "", "--to is ."), ("c.csv", "\udcff", "--column is")],
)
def test_a_file_without_a_name_and_a_heading_that_cannot_be_written_are_refused(course, to, column, said):
    with pytest.raises(GraderError, match=said):
        export(course, toy.NAME, Path(to), "canvas", column=column)


def test_a_mark_after_the_penalty_has_no_digits_of_arithmetic():
    assert 1.0 - 0.8 != 0.2
    assert Marks("a", Person("u1", "", ""), 8.0, handed_in=True, raw=1.0, penalty=0.8).final == 0.2
