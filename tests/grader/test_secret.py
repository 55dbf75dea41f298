"""The secret: made once, kept from others, the same numbers for a whole class."""

import stat
import sys

import pytest

from grader import secret
from grader.errors import GraderError


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(secret.VARIABLE, str(tmp_path / "secret"))
    return tmp_path / "secret"


def test_without_a_secret_nothing_is_derived(place):
    assert secret.derive("reduce_latency", "seed") is None


def test_numbers_depend_on_exercise_use_and_secret_and_on_nothing_else(place):
    secret.create(place)
    numbers = {secret.derive(exercise, what) for exercise in ("a", "b") for what in ("seed", "bugs")}
    assert len(numbers) == 4
    assert numbers == {secret.derive(exercise, what) for exercise in ("a", "b") for what in ("seed", "bugs")}
    assert all(0 <= number < 2**63 for number in numbers)
    place.unlink()
    secret.create(place)
    assert secret.derive("a", "seed") not in numbers


def test_each_round_has_a_key_of_its_own_and_the_first_that_of_the_exercise(place):
    secret.create(place)
    keys = [secret.exercise_key("a", number) for number in (1, 2, 3)]
    assert len(set(keys)) == 3
    assert keys[0] == secret.exercise_key("a")
    assert secret.exercise_key("b", 2) not in keys


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_new_secret_is_for_its_owner_alone(place):
    assert secret.create(place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    place.chmod(0o644)
    with pytest.raises(GraderError, match="chmod 600"):
        secret.read(place)


def test_a_secret_is_never_replaced(place):
    secret.create(place)
    before = place.read_text()
    assert not secret.create(place)
    assert place.read_text() == before


def test_a_secret_that_is_too_short_is_refused(place):
    place.write_text("1234")
    with pytest.raises(GraderError, match="has 4 characters"):
        secret.create(place)


def test_nobody_is_told_to_make_a_secret_where_one_is_that_cannot_be_read(tmp_path):
    (path := tmp_path / ".mlsd-secret").mkdir()
    with pytest.raises(GraderError, match=r"name your copy in MLSD_SECRET_FILE$"):
        secret.read(path)
    path.rmdir()
    with pytest.raises(GraderError, match=r"Make one: mlsd release$"):
        secret.read(path)
