"""The made-up language, what is learnt of it, and what rounding leaves."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from lessons.speculative_decoding import language as made_up
from lessons.speculative_decoding.fewer_bits import rounded
from lessons.speculative_decoding.training import load_target, made_up_language, train
from mlsd_lib.modeling.decoder import Decoder


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a second thread would only wait: the products are small
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def language():
    return made_up_language()


def sentences(text):
    ends = np.flatnonzero(text == made_up.STOP)
    return [text[start + 1 : end] for start, end in pairwise(ends)]


def test_every_sentence_is_a_right_fact_or_a_chain_of_words_that_may_follow(language):
    text = language.texts(np.random.default_rng(1), 1, 4_000)[0]
    facts = 0
    for sentence in sentences(text):
        if sentence[0] == made_up.ASK:
            _, relation, name, is_, value = sentence
            assert is_ == made_up.IS
            assert value == language.values[relation - made_up.FIRST_RELATION, name - made_up.FIRST_NAME]
            facts += 1
        else:
            words = sentence - made_up.FIRST_WORD
            assert 3 <= len(words) <= 8
            assert all(after in language.successors[word] for word, after in pairwise(words))
    assert facts / len(sentences(text)) == pytest.approx(made_up.FACT_SHARE, abs=0.06)


def test_each_token_has_a_kind(language):
    assert len(made_up.KINDS) == made_up.VOCABULARY
    assert {*made_up.KINDS[language.values.ravel()]} == {"value"}
    assert made_up.KINDS[made_up.FIRST_RELATION] == "frame"
    assert [made_up.KINDS[made_up.FIRST_NAME], made_up.KINDS[made_up.FIRST_WORD]] == ["name", "word"]


def test_questions_come_with_the_value_that_the_language_has(language):
    asked, values = language.questions(np.random.default_rng(2), 500)
    assert (values == language.values[asked[:, 1] - made_up.FIRST_RELATION, asked[:, 2] - made_up.FIRST_NAME]).all()
    names = np.bincount(asked[:, 2] - made_up.FIRST_NAME, minlength=made_up.NAMES)
    assert names[:20].sum() > names[-20:].sum()


def test_training_teaches_what_may_follow(language):
    rng = np.random.default_rng(3)
    losses = train(Decoder(16, 1, 2, rng, made_up.VOCABULARY), language, rng, 60, 1e-2)
    assert len(losses) == 60
    assert np.mean(losses[-5:]) < 0.7 * losses[0]


def test_the_stored_target_has_learnt_most_facts(language):
    asked, values = language.questions(np.random.default_rng(4), 500)
    assert (load_target()(torch.from_numpy(asked)).argmax(dim=1).numpy() == values).mean() > 0.8


def test_a_rounded_row_has_few_values_and_the_original_is_as_it_was():
    decoder = Decoder(16, 1, 2, np.random.default_rng(5), 50)
    before = decoder.output.weight.clone()
    two, eight = rounded(decoder, 2), rounded(decoder, 8)
    assert max(len(row.unique()) for row in two.output.weight) == 3
    assert torch.equal(decoder.output.weight, before)
    assert torch.equal(two.norm.weight, decoder.norm.weight)
    step = before.abs().amax(dim=1, keepdim=True) / 127
    assert ((eight.output.weight - before).abs() <= step / 2 * 1.001).all()
