"""Tables that people bring, broken or hostile: read or refused in words, whichever verb takes them."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import GraderError
from grader.workflow.roster import read_roster
from grader.workflow.tables import read_text
from tests import toy_course as toy
from tests.grader.grading.engine_course import mlsd

HEADS = "id,name,item,reason,group,student,received"
TABLES = {
    "nothing": b"",
    "no text": bytes(range(256)) * 9,
    "a long field": f'{HEADS}\na,"{"x" * 200_000}"\n'.encode(),
    "an open quotation mark": f'{HEADS}\na,"b\n'.encode() * 9_000,
    "a path": f"{HEADS}\n../../x,x,x,x,x,../../x,x\n".encode(),
    "escapes": f"{HEADS}\n\x1b[2Jx,\x1b]0;x\x07,\x1b,\x1b,\x1b,\x1b,\x1b\n".encode(),
    "cut off": f"{HEADS}\n".encode("utf-16")[:7],
    "only separators": b",,,,\n" * 99,
}
VERBS = {
    "roster": ["roster", "{}"],
    "map": ["collect", toy.NAME, "{hand_ins}", "--map", "{}"],
    "groups": ["collect", toy.NAME, "{hand_ins}", "--groups", "{}"],
    "times": ["collect", toy.NAME, "{hand_ins}", "--times", "{}", "--timezone", "UTC"],
    "requests": ["regrade", toy.NAME, "--requests", "{}", "--jobs", "1"],
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_that_is_none_ends_in_words_at_every_verb(kind, marked, tmp_path):
    path, hand_ins = tmp_path / "table.csv", tmp_path / "class" / "ada"
    path.write_bytes(TABLES[kind])
    hand_ins.mkdir(parents=True)
    (hand_ins / f"{toy.NAME}.ipynb").write_text("{}")
    for verb, words in VERBS.items():
        if verb == "requests" and kind == "escapes":  # a line that names nobody; what can be run is run
            continue
        try:
            said = mlsd(marked, *(word.format(path, hand_ins=hand_ins.parent) for word in words)).output
        except GraderError as error:
            said = str(error)
        assert "\x1b" not in said, verb
    assert not list(tmp_path.glob("x*"))


def test_a_table_without_end_is_not_read(tmp_path):
    (longest := tmp_path / "class.csv").touch()
    os.truncate(longest, 100_000_001)
    with pytest.raises(GraderError, match=r"class\.csv cannot be read \(it has 100,000,001 bytes; at most"):
        read_text(longest, "roster")
    if sys.platform != "win32":
        with pytest.raises(GraderError, match=r"null cannot be read \(it is no file\)"):
            read_text(Path("/dev/null"), "roster")  # /dev/zero would fill the memory


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(max_size=8), min_size=4, max_size=4), max_size=12))
def test_any_table_gives_students_with_ids_or_is_refused(tmp_path, rows):
    path = tmp_path / "class.csv"
    lines = ["id,first name,last name,email", *(",".join(row) for row in rows)]
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    try:
        people, _ = read_roster(path)
    except GraderError:
        return
    keys = [key for person in people for key in person.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("length", ["9999999999d", "9" * 5_000 + "d", "1e9d", "-1d", "99999w99999d99999h99999m"])
def test_an_extension_reaches_a_day_that_there_is_or_is_refused(length, marked):
    mlsd(marked, "deadline", toy.NAME, "--due", "2027-01-15 23:59", "--timezone", "UTC")
    with suppress(GraderError):
        assert mlsd(marked, "deadline", toy.NAME, "--student", "right", f"--extend={length}").exit_code == 0
    assert mlsd(marked, "deadline", toy.NAME).exit_code == 0


@pytest.mark.parametrize("days", ["99999999999999999999", "-1", "1e3", "3651"])
def test_late_days_are_days_of_a_term(days, marked):
    for words in (["deadline", toy.NAME], ["deadline"]):
        assert mlsd(marked, *words, f"--late-days={days}").exit_code == 2
