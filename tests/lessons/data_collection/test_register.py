"""A register hands out what may be used, forgets whom it must, and its trail shows what was changed."""

import pandas as pd
import pytest

from lessons.data_collection.register import Register

TABLE = pd.DataFrame(
    {"ill": [0, 1, 0, 1], "recorded": [1, 4, 5, 6], "consent_until": [99, 4, 99, 99]},
    index=pd.Index([10, 11, 12, 13], name="person"),
)


@pytest.fixture
def register():
    return Register(TABLE, pseudonym="p{}".format, retention=4)


@pytest.mark.parametrize(("week", "persons"), [(4, [10, 11]), (5, [12]), (6, [12, 13]), (9, [13])])
def test_training_rows_have_consent_and_are_neither_too_old_nor_from_the_future(register, week, persons):
    rows = register.training_rows(week)
    assert rows.index.tolist() == persons
    assert rows["ill"].tolist() == TABLE["ill"][persons].tolist()


def test_a_deleted_person_is_in_no_training_set_and_pseudonymous_in_the_trail(register):
    register.forget(12, week=5)
    assert register.training_rows(6).index.tolist() == [13]
    assert register.deleted() == {"p12"}
    assert set(register.consent_until()) == {10, 11, 13}


def test_a_changed_or_removed_entry_breaks_the_trail_there(register):
    for person in (10, 11, 12):
        register.forget(person, week=5)
    assert register.first_broken() is None
    register.database.execute("DELETE FROM trail WHERE number = 2")
    assert register.first_broken() == 3
    register.database.execute("UPDATE trail SET text = '{}' WHERE number = 1")
    assert register.first_broken() == 1
