"""One notebook of several students: each member is graded and fed back; what a person gives one, all get."""

import json

import pytest

from grader.errors import GraderError
from grader.workflow import collect, roster
from grader.workflow.export import export
from grader.workflow.groups import groups_of, spread_marks
from tests import toy_course as toy
from tests.grader.grading.engine_course import by_hand, mlsd, run
from tests.grader.workflow.hand_ins import NB

GROUPS = "group,student\nRed,anna\nRed,bo\nblue,cy\nblue,dee@uni.edu\n"


@pytest.fixture
def take(course, tmp_path):
    """Collect one notebook a folder with a file of groups; the report's (source, student, outcome), sorted."""
    path = tmp_path / "class.csv"
    path.write_text("id,email\nanna,\nbo,\ncy,\ndee,dee@uni.edu\neve,\n")
    roster.enter(course, path)

    def collected(*names: str, groups: str | None = GROUPS) -> list[tuple[str, str, str]]:
        for name in names:
            place = tmp_path / "all" / name / NB
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(toy.answered(course, **toy.RIGHT, reflection=f"By {name}.")))
        (tmp_path / "groups.csv").write_text(groups or "")
        file = tmp_path / "groups.csv" if groups else None
        report = collect.collect(course, toy.NAME, tmp_path / "all", groups=file)
        return sorted((collected.source, collected.student, collected.outcome) for collected in report)

    return collected


def test_each_member_gets_the_groups_notebook_also_with_the_next_download(course, take):
    wanted = [(source, student) for source, student in (("eve", "eve"), ("red", "anna"), ("red", "bo"))]
    assert take("red", "eve") == [(*pair, "collected") for pair in wanted]
    assert take(groups=None) == [(*pair, "unchanged") for pair in wanted]


def test_who_hands_in_alone_and_with_a_group_is_refused_both_until_a_person_decides(course, take):
    assert take("red", "anna") == [("anna", "anna", "refused"), ("red", "anna", "refused"), ("red", "bo", "collected")]


def test_a_group_that_has_a_students_name_gets_nothing_of_that_students(take):
    groups = "group,student\nEve,anna\nred,bo\ncy,cy\ncy,dee\n"
    wanted = [("cy", "cy", "collected"), ("cy", "dee", "collected"), ("eve", "", "refused"), ("red", "bo", "collected")]
    assert take("eve", "red", "cy", groups=groups) == wanted


def test_moodles_folders_of_groups_belong_to_the_member_that_they_name(course, tmp_path):
    path = tmp_path / "class.csv"
    path.write_text("id,name\nanna,Anna-Marie Lee\nbo,Marie Lee\ncy,Lena Kurz\n")
    roster.enter(course, path)
    lena = "Eva-Lena Kurz_74"  # is in no group, and is not Lena Kurz
    for name in ("Team A-Anna-Marie Lee_71", "Team A-Marie Lee_72", "Team A-Zoe Lee_73", lena):
        place = tmp_path / "all" / f"{name}_assignsubmission_file_" / NB
        place.parent.mkdir(parents=True)
        place.write_text(json.dumps(toy.answered(course, **toy.RIGHT)))
    report = collect.collect(course, toy.NAME, tmp_path / "all")
    assert sorted((collected.student, collected.outcome, collected.identifier) for collected in report) == [
        ("", "refused", "Participant 73"),
        ("", "refused", "Participant 74"),
        ("anna", "collected", "Participant 71"),
        ("bo", "collected", "Participant 72"),
    ]


def test_who_is_in_two_groups_or_unknown_is_named_and_nothing_is_collected(course, take):
    with pytest.raises(GraderError, match="cy is in two groups, blue and red") as raised:
        take("red", groups=GROUPS + "red,cy\nred,zoe\n")
    assert "zoe" in str(raised.value)
    assert "nobody of the roster" in str(raised.value)
    assert course.students(toy.NAME) == []


def test_what_a_person_gives_one_member_all_get_and_different_points_are_named(course, take, tmp_path):
    take("red", "blue", "eve")
    run(course)
    by_hand(course, {"bo": 1.5}, comment="Say why.")
    by_hand(course, {"cy": 1.0, "dee": 2.0})
    assert spread_marks(course, toy.NAME) == ["reflection: cy 1, dee 2"]
    done = export(course, toy.NAME, tmp_path / "marks.csv")
    assert "members of a group have different points: reflection: cy 1, dee 2" in done.notes
    with course.gradebook() as book:
        everyone = ("anna", "bo", "cy", "dee", "eve")
        points = {who: book.find_grade("reflection", toy.NAME, toy.NAME, who).manual_score for who in everyone}
        assert book.find_comment("reflection", toy.NAME, toy.NAME, "anna").comment == "Say why."
        assert set(groups_of(book, toy.NAME)) == {"red", "blue"}
    assert points == {"anna": 1.5, "bo": 1.5, "cy": 1.0, "dee": 2.0, "eve": None}
    assert "different points: reflection: cy 1, dee 2" in mlsd(course, "feedback", toy.NAME).output
    assert "Say why." in (course.folder("feedback", "anna", toy.NAME) / f"{toy.NAME}.html").read_text()
