"""Behavioural tests: each behaviour has texts of one label."""

import pytest

from case_studies.moderation.moderation_behaviours import DIRECT, WORDS, behaviours
from mlsd_lib.datasets.moderation_simulator import EVASIONS


def test_every_behaviour_is_harmful_or_harmless_throughout_and_no_text_occurs_twice():
    suite = behaviours()
    of = {name: set(suite.label[suite.group == name]) for name in set(suite.group)}
    assert {name for name, labels in of.items() if labels == {"harmful"}} == {"direct", *EVASIONS}
    assert {name for name, labels in of.items() if labels == {"harmless"}} == {"negation", "quotation", "identity"}
    assert len(set(suite.text)) == len(suite.text)


@pytest.mark.parametrize("how", EVASIONS)
def test_a_hidden_word_is_not_in_its_text(how):
    suite = behaviours()
    texts = suite.text[suite.group == how]
    assert len(texts) == len(WORDS) * len(DIRECT)
    assert not any(word in text for word in WORDS for text in texts)
