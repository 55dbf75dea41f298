"""Reading hidden words: each step reads its trick and no other, and what it breaks is known."""

import pytest

from case_studies.moderation.hidden_words import STEPS, read_plainly
from mlsd_lib.datasets.moderation_simulator import EVASIONS, INSULTS, SCAMS, hidden


@pytest.mark.parametrize("how", EVASIONS)
def test_every_hidden_word_is_read_by_its_step_and_by_no_other(how):
    others = tuple(step for step in STEPS if step != how)
    for word in INSULTS + SCAMS:
        text = f"you are a {hidden(word, how)}, stop"
        assert read_plainly(text) == f"you are a {word}, stop"
        assert (word in read_plainly(text, others)) == (hidden(word, how) == word)


@pytest.mark.parametrize(
    ("step", "honest", "read"),
    [("digits", "the 4x4", "the axa"), ("spacing", "plan b c d e", "plan bcde"), ("look-alikes", "хор", "xop")],  # noqa: RUF001
)
def test_what_a_step_breaks_in_an_honest_text(step, honest, read):
    assert read_plainly(honest) == read
    assert read_plainly(honest, tuple(other for other in STEPS if other != step)) == honest


def test_words_of_another_script_are_left_alone():
    assert read_plainly("Привет, soup at 10") == "привет, soup at 10"
