"""What waits for a person is dealt among graders: evenly, once, the same on every machine, under numbers."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.errors import GraderError
from grader.workflow.groups import enter_groups
from grader.workflow.shares import deal
from tests import toy_course as toy
from tests.grader.grading.engine_course import mlsd, run

CLASS = [f"student{number}" for number in range(7)]


def hand_in(course, students: list[str]) -> None:
    for student in students:
        toy.submit(course, student, toy.answered(course, **toy.RIGHT, reflection=f"By {student}."))
    toy.submit(course, "silent", toy.answered(course, **toy.RIGHT))  # nothing waits for a person
    run(course)


def by_grader(found) -> dict[str, list[str]]:
    return {who: [share.student for share in found if share.grader == who] for who in {share.grader for share in found}}


def test_shares_differ_by_one_at_most_hold_everybody_once_and_are_no_alphabet(course):
    hand_in(course, CLASS)
    found = deal(course, toy.NAME, ["ada", "bela", "cleo"])
    assert sorted(share.student for share in found) == CLASS
    assert sorted(map(len, by_grader(found).values())) == [2, 2, 3]
    assert [share.number for share in found] == list(range(1, 8))
    assert [share.student for share in found] != CLASS


def test_two_who_deal_at_once_deal_one_class(course):
    hand_in(course, CLASS)
    with ThreadPoolExecutor(4) as pool:
        *_, found = pool.map(lambda _: deal(course, toy.NAME, ["ada", "bela"]), range(4))
    assert sorted(share.student for share in found) == CLASS
    assert found == deal(course, toy.NAME, [])


def test_nobody_is_dealt_twice_and_a_new_hand_in_stays_with_its_grader(course):
    hand_in(course, CLASS[:4])
    before = deal(course, toy.NAME, ["ada", "bela"])
    toy.submit(course, CLASS[0], toy.answered(course, **toy.RIGHT, reflection="Better."))
    hand_in(course, CLASS[1:])
    after = deal(course, toy.NAME, ["bela", "ada"])
    assert after[:4] == before
    assert sorted(share.student for share in after) == CLASS
    assert sorted(map(len, by_grader(after).values())) == [3, 4]
    assert deal(course, toy.NAME, []) == after
    late = by_grader(deal(course, toy.NAME, ["cleo"]))
    assert "cleo" not in late  # nothing is left for a grader who comes later


def test_of_a_group_one_member_is_dealt(course):
    hand_in(course, CLASS[:4])
    enter_groups(course, toy.NAME, {"red": CLASS[:3]})
    found = [share.student for share in deal(course, toy.NAME, ["ada"])]
    assert len(found) == 2
    assert CLASS[3] in found


def test_the_command_names_each_graders_page_and_refuses_what_is_no_name(course):
    hand_in(course, CLASS[:3])
    result = mlsd(course, "shares", toy.NAME, "ada", "bela").output
    assert f"ada: 2 hand-ins, formgrader/shares/{toy.NAME}/ada" in result
    assert f"bela: 1 hand-ins, formgrader/shares/{toy.NAME}/bela" in result
    assert not [student for student in CLASS if student in result]
    with pytest.raises(GraderError, match=r"ada/\.\./x"):
        deal(course, toy.NAME, ["ada/../x"])
