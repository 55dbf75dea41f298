"""A test cell always gets points and a table, and never a character on stderr."""

import logging
import os
import re
import sys
import time
import warnings

import pytest

from grader.suite_kit.score_sheet import WIDTH, Sheet, graded


@graded("a test", 4, limit_s=5)
def check(sheet, answer, name):
    value = answer.call(name)
    sheet.criterion("first", f"{value}", "1", value == 1, 1, did="It was not 1.", production="bad.", read="a page")
    sheet.criterion("second", "x", "y", True, 3)


def loud():
    print("said on stdout")
    print("said on stderr", file=sys.stderr)
    warnings.warn("beware", stacklevel=1)
    logging.getLogger("student").error("logged")
    os.write(2, b"from C\n")
    return 1


def not_written():
    raise NotImplementedError()


def half_written():
    if time:
        raise NotImplementedError()


def test_points_are_the_sum_of_the_criteria_that_were_met():
    points = check(lambda: 1)
    assert points == 4.0
    assert points.report.verdict == "pass"
    assert points.report.explanations() == []
    assert check(lambda: 2) == 3.0


def test_a_lost_criterion_says_what_happened_what_it_means_and_where_to_read():
    text = check(lambda: 2).report.text()
    assert text.splitlines()[0].startswith("a test: partial")
    assert text.splitlines()[0].endswith("3 of 4 points")
    for words in ("0 / 1", "3 / 3", "It was not 1.", "In production: bad.", "Read: a page"):
        assert words in text


def test_a_lost_criterions_message_stands_below_its_name_and_a_shared_one_once():
    sheet = Sheet("a test", 3.0, notes=["A note."])
    why = {"production": "bad.", "read": "a page"}
    for name, did in {"<first>": "It was 2.", "second": "It was 3.", "third": ""}.items():
        sheet.criterion(name, "2", "1", False, 1.0, did=did, **why)
    assert sheet.missed() == {"<first>": ["It was 2.", "In production: bad.", "Read: a page"], "second": ["It was 3."]}
    assert sheet.explanations() == ["A note.", "It was 2.", "In production: bad.", "Read: a page", "It was 3."]
    below = ["  A note.", "  <first>", "    It was 2.", "    In production: bad.", "    Read: a page", "  second"]
    assert sheet.text().splitlines()[-7:-1] == below
    assert "<b>&lt;first&gt;</b><br>It was 2.<br>In production: bad.<br>Read: a page</p>" in sheet.html()


def test_nothing_that_an_answer_says_reaches_the_cell(capfd):
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    try:
        points = check(loud)
    finally:
        logging.getLogger().removeHandler(handler)
    assert points == 4.0
    assert capfd.readouterr() == ("", "")


def test_what_was_printed_is_told_when_points_are_lost():
    def noisy():
        print("debug 42")
        return 2

    assert "Your code printed meanwhile: debug 42" in check(noisy).report.text()


@pytest.mark.parametrize(
    ("attempt", "verdict", "words"),
    [
        (not_written, "not attempted", "Write your answer"),
        (half_written, "not attempted", "is still to be written: NotImplementedError"),
        (lambda: 1 / 0, "error", "ZeroDivisionError"),
        (lambda: sys.exit(0), "error", "SystemExit"),
        (lambda: object(), "error", "plain value was expected"),
        (lambda: [[]] * 3, "partial", "It was not 1."),
        (3, "error", "not callable"),
        (None, "error", "not callable"),
    ],
)
def test_every_kind_of_attempt_has_a_verdict(attempt, verdict, words, capfd):
    points = check(attempt)
    assert points < 4
    assert points.report.verdict == verdict
    assert words in " ".join(points.report.text().split())
    assert capfd.readouterr() == ("", "")


def test_where_cases_are_hidden_nothing_that_the_answer_made_up_is_shown():
    @graded("private", 1)
    def private(sheet, answer, name):
        sheet.private = True
        answer.call(name, "a hidden value")

    def tells(row):
        print(row)
        raise type(row.replace(" ", "_"), (Exception,), {})(row)

    def misses(row):
        return {}[row]

    text = private(tells).report.text()
    assert "hidden" not in text
    assert "an exception of your own" in text
    text = " ".join(private(misses).report.text().split())
    assert text.endswith("Your code raised KeyError")


def test_an_endless_answer_is_a_timeout():
    @graded("short", 1, limit_s=0.05)
    def short(sheet, answer, name):
        answer.call(name)

    def endless():
        while True:
            pass

    assert short(endless).report.verdict == "timeout"


def test_a_fault_of_the_suite_is_not_blamed_on_the_student():
    @graded("broken", 1)
    def broken(sheet, answer, name):
        raise ZeroDivisionError("ours")

    points = broken(lambda: 1)
    assert points == 0.0
    assert "The test itself failed" in points.report.text()


def test_validate_shows_the_plain_table_where_points_are_lost(monkeypatch, capfd):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    check(lambda: 1)
    assert capfd.readouterr().err == ""
    check(lambda: 2)
    assert "3 of 4 points" in capfd.readouterr().err
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    check(lambda: 2)
    assert capfd.readouterr().err == ""


def test_the_table_fits_a_terminal_and_escapes_what_it_shows():
    sheet = Sheet("wide", 1)
    sheet.criterion("a name that is long " * 4, "<b>" * 20, "\x1b[31m", False, 1, did="<script>alert(1)</script> " * 9)
    assert max(map(len, sheet.text().splitlines())) <= WIDTH
    assert "\x1b" not in sheet.text()
    assert "<script>" not in sheet.html()
    assert "<b><b>" not in sheet.html()
    assert "&lt;script&gt;" in sheet.html()


def test_every_cell_of_the_table_has_room_around_it():
    html = check(lambda: 0)._repr_html_()
    cells = re.findall(r"<(?:th|td)\b[^>]*>", html)
    assert len(cells) == 12
    assert all("padding:" in cell for cell in cells)
    assert re.match(r'<div [^>]*style="padding:', html)
