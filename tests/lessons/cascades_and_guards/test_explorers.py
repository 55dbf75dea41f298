"""A cascade that ends with people against counts by hand."""

import pytest

from lessons.cascades_and_guards.explorers import count
from tests.lessons.cascades_and_guards.test_two_models import ANSWERS


@pytest.mark.parametrize(
    ("share", "people", "sent", "wrong"),
    [(0.0, 1_000, 0, 2), (0.4, 250, 1, 1), (0.7, 250, 2, 1), (0.7, 500, 2, 0), (0.7, 0, 2, 2)],
)
def test_people_answer_the_first_doubtful_questions_that_they_have_time_for(share, people, sent, wrong):
    counted = count(ANSWERS, 0.7, share, people)
    assert (counted.escalated, counted.sent, counted.wrong) == (750, 250 * sent, 250 * wrong)


def test_a_confident_mistake_of_the_small_model_reaches_no_person():
    counted = count(ANSWERS, 0.3, 1.0, 1_000)
    assert counted.wrong == counted.wrong_unseen == 250


def test_people_are_paid_for_the_time_on_duty_and_not_for_their_answers():
    idle, busy = (count(ANSWERS, 0.7, share, 500) for share in (0.0, 0.7))
    assert idle.bill(500, 10)[1] == busy.bill(500, 10)[1] > 0
    assert idle.bill(500, 10)[2] - busy.bill(500, 10)[2] == 10 * 500
