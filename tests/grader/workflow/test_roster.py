"""The roster: what each platform's file means, what changes and what never does, and whom a collected file means."""

from pathlib import Path

import pytest
from sqlalchemy import text

from grader.errors import GraderError
from grader.workflow.roster import CANVAS_ID, People, Person, enter, people_of, read_roster
from tests import toy_course as toy
from tests.grader.grading.engine_course import mlsd
from tests.grader.workflow.hand_ins import EVENING, NB, NOON

PLAIN = "id,name,email,section\nanna,Anna Schmidt,anna@uni.edu,A\nbo,Bo Müller,bo@uni.edu,B\n"
MOODLE = (
    'First name,Last name,ID number,Email address,Groups\nAnna,Schmidt,anna,anna@uni.edu,A\nBo,Müller,,bo@uni.edu,"B"\n'
)
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Halves (77)
,,,,,Manual Posting
    Points Possible,,,,,8
"Schmidt, Anna",4001,anna,aschmidt,A,
"Müller, Bo",4002,bo,bmueller,"B and C",7
"Student, Test",9,,x,A,
"""
ANNA, BO = Person("anna", "Anna", "Schmidt", "anna@uni.edu"), Person("bo", "Bo", "Müller", "bo@uni.edu")


@pytest.fixture
def roster(course, tmp_path):
    """Enter the text of a CSV; what changed as {id: (outcome, detail)}."""

    def run(text: str, **options: bool) -> dict[str, tuple[str, str]]:
        path = tmp_path / "class.csv"
        path.write_text(text, encoding="utf-8")
        return {change.person.id: (change.outcome, change.detail) for change in enter(course, path, **options)}

    return run


def read(tmp_path: Path, text: str) -> list[Person]:
    (tmp_path / "class.csv").write_text(text, encoding="utf-8")
    return read_roster(tmp_path / "class.csv")[0]


def test_a_table_of_ones_own_moodles_and_canvass_are_read_by_their_headings(tmp_path):
    assert read(tmp_path, PLAIN) == [Person(**{**vars(ANNA), "section": "A"}), Person(**{**vars(BO), "section": "B"})]
    moodle = read(tmp_path, "\ufeff" + MOODLE)
    assert [(person.id, person.first, person.last, person.section) for person in moodle] == [
        ("anna", "Anna", "Schmidt", "A"),
        ("bo@uni.edu", "Bo", "Müller", "B"),
    ]
    assert read(tmp_path, CANVAS) == [
        Person("anna", "Anna", "Schmidt", "", "4001", "anna", "aschmidt", "A"),
        Person("bo", "Bo", "Müller", "", "4002", "bo", "bmueller", "B and C"),
    ]
    assert read(tmp_path, PLAIN.replace(",", ";")) == read(tmp_path, PLAIN)
    people = "Name,Login ID,SIS ID,Section,Role\nAnna Schmidt,aschmidt,anna,A,Student\nZoe Q,zq,z,A,TA\n"
    assert read(tmp_path, people) == [Person("anna", "Anna", "Schmidt", "", "", "anna", "aschmidt", "A")]
    teachers = "Full name,Email address,Roles\nAnna Schmidt,anna@uni.edu,Student\nZoe Q,zoe@uni.edu,Teacher\n"
    assert [person.id for person in read(tmp_path, teachers)] == ["anna@uni.edu"]


FAULTS = {
    "no id": ("name,section\nAnna,A\n", "line 1: no column says who a student is"),
    "an id that cannot name a folder": ("id,name\n../x,Eve\n", r"line 2: the id '\.\./x' of  Eve must be letters"),
    "one id twice": (PLAIN + "bo,Bob Other,,\n", r"line 4: the id 'bo' is already that of bo \(Bo Müller\)"),
    "one e-mail twice": (PLAIN + "cy,Cy,bo@uni.edu,\n", r"line 4: cy \(Cy\) and bo \(Bo Müller\) share bo@uni.edu"),
    "two columns": ("id,email,e-mail\na,b,c\n", "line 1: the columns email, e-mail mean the same"),
    "a fault below a name of two lines": ('sep=;\nid;name\nbo;"Bo\nMüller"\n-x;Eve\n', "line 5: the id '-x'"),
    "a quotation mark left open": ('id,name\nbo,"Bo\ncy,Cy\n', "Is a quotation mark open"),
    "nobody": ("id,name\n", "names no student"),
}


@pytest.mark.parametrize(("text", "told"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_taken_is_named_by_its_line_and_nothing_is_entered(course, roster, text, told):
    with pytest.raises(GraderError, match=told):
        roster(text)
    assert people_of(course) is None


SAVED = {
    "utf-8": "id,first name,last name,email\nbo,Bo,Müller,bo@uni.edu\n",
    "utf-16": "id\tfirst name\tlast name\temail\nbo\tBo\tMüller\tbo@uni.edu\n",
    "cp1252": "sep=;\nid;Vorname;Nachname;E-Mail-Adresse\nbo;Bo;Müller;bo@uni.edu\n",
    "latin-1": "id;prénom;nom;adresse de courriel\nbo;Bo;Müller;bo@uni.edu\n",
    "utf-8-sig": "id,nombre,apellido(s),dirección de correo\nbo,Bo,Müller,bo@uni.edu\n",
}


@pytest.mark.parametrize("encoding", SAVED)
def test_what_spreadsheets_save_is_read_whatever_encoding_separator_and_language(tmp_path, encoding):
    (tmp_path / "class.csv").write_text(SAVED[encoding], encoding=encoding)
    assert read_roster(tmp_path / "class.csv")[0] == [BO]


@pytest.mark.parametrize("role", ["Student", "Teilnehmer/in", "Étudiant", "Estudiante, Profesor"])
def test_a_student_is_one_in_every_language_of_moodle_and_nobody_else(tmp_path, role):
    rows = f"id,first name,last name,email,roles\nbo,Bo,Müller,bo@uni.edu,{role}\nx,X,Y,x@uni.edu,Trainer/in\n"
    assert read(tmp_path, rows) == [BO]


def test_entering_adds_changes_and_leaves_alone_and_a_dry_run_writes_nothing(course, roster):
    added = {"anna": ("added", ""), "bo": ("added", "")}
    assert roster(PLAIN, dry_run=True) == added
    assert people_of(course) is None
    assert roster(PLAIN) == added
    assert roster(PLAIN) == {"anna": ("unchanged", ""), "bo": ("unchanged", "")}
    changed = roster(PLAIN.replace("Bo Müller", "Bo Meyer"))
    assert changed["bo"] == ("changed", "last: Müller -> Meyer")
    with course.gradebook() as book:
        row = book.find_student("bo")
        assert (row.first_name, row.last_name, row.email) == ("Bo", "Meyer", "bo@uni.edu")


def test_another_export_is_the_same_people_and_takes_nothing_away(roster):
    roster(PLAIN)
    again = roster(MOODLE)  # in which Bo has no ID number
    assert again["bo"] == ("unchanged", "bo@uni.edu is the same person")
    assert set(again) == {"anna", "bo"}
    canvas = roster(CANVAS)
    assert canvas["anna"] == ("changed", "canvas: nothing -> 4001; login: nothing -> aschmidt")
    assert roster(MOODLE)["anna"] == ("unchanged", "")  # the e-mail and Canvas's number are still there


@pytest.mark.parametrize("row", ["anna,Anna Schmidt,bo@uni.edu,", "new,Eve,bo@uni.edu,anna"])
def test_a_row_that_names_two_students_of_the_gradebook_is_refused(course, roster, row):
    roster(PLAIN)
    with pytest.raises(GraderError, match=r"the row of .* names anna \(.*\) and bo \(.*\) of the gradebook"):
        roster(f"id,name,email,login\n{row}\n")
    assert people_of(course).find(["bo@uni.edu"])[0] == "bo"


def test_who_left_stays_until_removed_and_for_ever_if_they_handed_in(course, roster):
    roster(PLAIN + "cy,Cy,,\n")
    toy.submit(course, "bo", b"")
    only = "id,name\nanna,Anna Schmidt\n"
    told = {who: told[0] for who, told in roster(only).items()}
    assert told == {"anna": "unchanged", "bo": "not in the file", "cy": "not in the file"}
    assert roster(only, remove=True, dry_run=True)["cy"][0] == "removed"
    assert roster(only, remove=True)["bo"] == ("not in the file", "handed in, so kept")
    with course.gradebook() as book:
        assert sorted(student.id for student in book.students) == ["anna", "bo"]


def test_moodles_new_numbers_and_canvass_make_no_second_student(course, roster, take):
    roster(CANVAS)
    moodle = f"_assignsubmission_file_/{NB}"
    first = take({f"Anna Schmidt_11{moodle}": "work", f"Bo Müller_12{moodle}": "work"})
    assert {told[:2] for told in first.values()} == {("anna", "collected"), ("bo", "collected")}
    again = take({f"Anna Schmidt_911{moodle}": "better"}, NOON)
    assert again["Anna Schmidt_911"][:2] == ("anna", "replaced")
    canvas = take({f"schmidtanna_4001_55_{NB}": "best", f"mullerbo_late_4002_56_{NB}": "best"}, EVENING)
    assert {told[:2] for told in canvas.values()} == {("anna", "replaced"), ("bo", "replaced")}
    assert course.students(toy.NAME) == ["anna", "bo"]


@pytest.mark.parametrize(
    "name",
    [
        "anna/{}",
        "ANNA@uni.edu/{}",
        "Anna Schmidt/{}",
        "Schmidt, Anna/{}",
        "anna_{}",
        "aschmidt/{}",
        "schmidtanna_1_2_{}",
    ],
)
def test_an_id_an_email_a_login_and_a_name_mean_the_same_student(roster, take, name):
    roster(PLAIN.replace("anna@", "anna@").replace("section", "login").replace(",A\n", ",aschmidt\n"))
    assert [told[0] for told in take({name.format(NB): "work"}).values()] == ["anna"]


def test_moodles_number_is_nobodys_id(roster, take):
    roster("id,name\n11,Bo Müller\nanna,Anna Schmidt\n")
    assert take({f"Anna Schmidt_11_assignsubmission_file_/{NB}": "work"})["Anna Schmidt_11"][0] == "anna"


@pytest.mark.parametrize("platform", [f"{{}}_9_assignsubmission_file_/{NB}", f"{{}}_9_5_{NB}"])
def test_a_name_that_a_platform_shows_is_nobodys_id(platform, roster, take):
    """A student may choose that name; only where the roster has no name of somebody is the id taken for it."""
    roster("id,name,email\ns1,Ann Lee,ann@uni.edu\ns2,s1,\ns3,,\n")
    assert [take({platform.format(name): "work"})[f"{name}_9"][:2] for name in ("s1", "annlee", "s3", "s2")] == [
        ("s2", "collected"), ("s1", "collected"), ("s3", "collected"), ("", "refused"),
    ]  # fmt: skip


def test_two_of_one_name_and_who_is_unknown_are_refused_and_a_map_decides(roster, take):
    roster("id,name\nk1,Kim Lee\nk2,Kim Lee\n")
    file = f"Kim Lee_5_assignsubmission_file_/{NB}"
    student, outcome, detail = take({file: "work"})["Kim Lee_5"]
    assert (student, outcome) == ("", "refused")
    assert "k1 (Kim Lee) and k2 (Kim Lee)" in detail
    assert "nobody of the roster" in take({f"zoe/{NB}": "work"})["zoe"][2]
    assert take({file: "work"}, roster="name,student\nKim Lee_5,k2\n")["Kim Lee_5"][:2] == ("k2", "collected")


def test_without_a_roster_a_name_means_what_it_says(course, take):
    assert take({f"Anna Schmidt_11_assignsubmission_file_/{NB}": "work"})["Anna Schmidt_11"][0] == "anna-schmidt-11"


def test_names_that_several_keys_give_to_several_students_are_refused():
    people = People([ANNA, BO, Person("c", canvas="7")])
    assert people.find(("anna", "bo"))[0] == ""
    assert people.find(("whoever", f"{CANVAS_ID}7")) == ("c", "")
    assert people.find(("MULLER bo",)) == ("bo", "")


def test_the_command_says_what_changed_and_what_is_wrong(course, tmp_path):
    path = tmp_path / "class.csv"
    path.write_text(PLAIN)
    assert "2 added. Nothing was written." in mlsd(course, "roster", path, "--dry-run").output
    assert "added            anna (Anna Schmidt)" in mlsd(course, "roster", path).output
    assert "2 unchanged." in mlsd(course, "roster", path).output


def test_a_class_entered_before_there_were_github_names_gets_them(course, roster):
    with course.gradebook() as book:
        book.add_student("bo")
        columns = ", ".join(f"{name} VARCHAR(128) NOT NULL" for name in ("section", "number", "login"))
        book.db.execute(text(f"CREATE TABLE mlsd_student (student VARCHAR(128) PRIMARY KEY, {columns})"))
        book.db.execute(text("INSERT INTO mlsd_student VALUES ('bo', 'B', '', '')"))
        book.db.commit()
    assert people_of(course).find(("bo",)) == ("bo", "")
    assert roster("id,github_username\nbo,Bo-Hub\n") == {"bo": ("changed", "github: nothing -> Bo-Hub")}
    assert people_of(course).find(("bo-hub",)) == ("bo", "")
    assert roster("id,section\nbo,C\n")["bo"][1] == "section: B -> C"  # what a file has no column for stays
