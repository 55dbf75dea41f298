"""What is found: rights at every place, the cache's age and budget, and a dictionary against SQL."""

import sqlite3
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from case_studies.assistant.data import DAY
from case_studies.assistant.features import (
    CACHE_TABLE,
    FEATURES,
    HOUR_US,
    AnswerCache,
    Found,
    affords,
    cache_key,
    cached_row,
    online_found,
    online_spent_eur,
)
from case_studies.assistant.policy import ENCODER_EUR
from case_studies.assistant.support_desk import DEALERS
from case_studies.kit.stream_times import between
from tests.case_studies.assistant.hooks import asked, prepared, release_day, stream

OPEN = lambda document, customer, dealer: True  # noqa: E731
NOON = 12 * HOUR_US


def finder(answers, calls):
    def find(text, customer_id, dealer, afford):
        calls.append((text, afford))
        return Found(answers[text], 0, text, (0.0,) * 6, int(afford))

    return find


@pytest.fixture(scope="module")
def release():
    return prepared()[0]


def test_the_key_keeps_what_decides_and_nothing_of_politeness():
    key = cache_key("Hello, what is the price of the Aldera 300? Thanks.", 1, False)
    assert key == cache_key("price of the aldera 300", 2, False)
    assert key != cache_key("price of the Aldera 310", 1, False)
    assert key != cache_key("price of the Aldera 300", 1, True)
    assert cache_key("where is C1234", 1, False) != cache_key("where is C1234", 2, False)
    assert cache_key("the C 12345, or the Aldera 12", 1, False).startswith("[all]")


def test_an_entry_serves_until_its_hours_are_over_and_then_is_searched_anew():
    calls, cache = [], AnswerCache(24.0)
    find = finder({"warranty": 5}, calls)
    had = [cache.found(hour * HOUR_US, ("warranty", 1, False), find, OPEN)[1] for hour in (0, 23, 24, 47, 48)]
    assert had == [False, True, False, True, False]
    assert len(calls) == 3
    none = AnswerCache(0.0)
    assert [none.found(0, ("warranty", 1, False), find, OPEN)[1] for _ in range(2)] == [False, False]


def test_rights_are_asked_at_every_reading_and_a_cache_that_asks_nobody_leaks():
    find = finder({"order": 9}, [])

    def may_read(document, customer, dealer):
        return customer == 1

    for checks, leaked in ((True, False), (False, True)):
        cache = AnswerCache(24.0, check_rights=checks)
        cache.found(0, ("order", 1, False), find, may_read)
        assert cache.found(1, ("order", 2, False), find, may_read)[1] is leaked


def test_the_budget_of_a_day_ends_and_the_next_day_has_its_own():
    calls, cache = [], AnswerCache(0.0, budget_eur=2 * ENCODER_EUR)
    find = finder({"a": 1}, calls)
    for hour in (1, 2, 3, 25):
        cache.found(hour * HOUR_US, ("a", 1, False), find, OPEN)
    assert [afford for _, afford in calls] == [True, True, False, True]
    assert affords(0.0, ENCODER_EUR)
    assert not affords(ENCODER_EUR, ENCODER_EUR)


def test_the_cache_in_sql_answers_as_the_dictionary_does():
    """The same questions in a random order of customers and keys, with rights, an age and a budget."""
    rng = np.random.default_rng(4)
    names = {f"topic {number}": number for number in range(6)}

    def may_read(document, customer, dealer):
        return document % 3 != 0 or customer == document

    memory = sqlite3.connect(":memory:")
    memory.executescript(CACHE_TABLE)
    cache, find = AnswerCache(5.0, 3 * ENCODER_EUR), finder(names, [])
    for number in range(300):
        time_us = number * HOUR_US // 4
        who = (f"topic {rng.integers(6)}", int(rng.integers(4)), False)
        expected = cache.found(time_us, who, find, may_read)
        kept = online_found(memory, time_us, who, 5.0, may_read)
        found = kept or find(*who, affords(online_spent_eur(memory, time_us), 3 * ENCODER_EUR))
        if kept is None:
            row = (number, time_us, cache_key(*who), found.text, *cached_row(found))
            memory.execute(f"INSERT INTO cached VALUES ({', '.join('?' * len(row))})", row)
        assert (found, kept is not None) == expected
    assert len({day: eur for day, eur in cache.spent_eur.items() if eur > 2 * ENCODER_EUR}) > 1


def test_a_search_finds_nothing_that_its_customer_may_not_read(release):
    documents = release.documents
    private = documents[documents["readers"] >= 0].iloc[0]
    code = private["text"].split()[1]
    owner, other = int(private["readers"]), int(private["readers"]) + 1
    text = f"when does order {code} leave the warehouse?"
    for encoder in (False, True):
        assert release.index.find(text, owner, False, encoder).document_id == private["document_id"]
        assert release.index.find(text, other, False, encoder).document_id != private["document_id"]
        assert release.index.find(text, other, False, encoder, "after").document_id != private["document_id"]
        assert release.index.find(text, other, False, encoder, "never").document_id == private["document_id"]
    dealers = documents.loc[documents["readers"] == DEALERS, "document_id"].iloc[0]
    assert release.index.may_read(int(dealers), 1, True)
    assert not release.index.may_read(int(dealers), 1, False)
    assert not release.index.may_read(10**6, 1, True)


def test_a_table_of_questions_is_searched_as_question_by_question(release):
    """The judge of words is asked about all at once there, and one by one here."""
    questions = asked(0)
    table = release.search(questions, AnswerCache(0.0))
    for one, row in zip(questions.itertuples(), table.itertuples(), strict=True):
        found = release.find(one.text, one.customer_id, one.dealer)
        assert (found.document_id, bool(found.asked)) == (row.document_id, row.asked)
    hybrid = replace(release, model_name="hybrid").search(questions)
    assert hybrid["asked"].all()
    assert 0 < table["asked"].mean() < 1


def test_nothing_of_a_later_day_changes_what_was_found(release):
    rows = stream().questions
    whole = rows[between(rows["time"], release_day(), release_day() + 2 * DAY)]
    first = release.search(asked(0))
    pd.testing.assert_frame_equal(release.search(whole).loc[first.index], first)


def test_the_age_is_counted_to_the_moment_of_the_question():
    found = Found(1, NOON, "", (0.0,) * 6, 0)
    assert found.seen(NOON + 36 * HOUR_US)[FEATURES.index("age_days")] == pytest.approx(1.5)
