import numpy as np
import pytest
from scipy.stats import bootstrap

from lessons.start_here.probe import probe_capacity
from mlsd_lib.lesson import Claim, ClaimsFailed, claims, claims_seen, paired_ratio
from mlsd_lib.lesson import claims as claims_function
from mlsd_lib.lesson.reader import LessonError
from mlsd_lib.lesson.timing import median_interval, quickest_s


class VirtualClock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s

    def work(self, seconds):
        def spend():
            self.now_s += seconds

        return spend


def test_claims_that_hold_pass(capsys):
    claims(Claim("water is wet", True, "wet"))
    assert "1 of 1 claims hold" in capsys.readouterr().out


def test_a_claim_that_fails_raises_where_nobody_is_there():
    with pytest.raises(ClaimsFailed, match=r"1 of 2 .* moon is green \(measured: grey\)"):
        claims(Claim("water is wet", True), Claim("moon is green", False, "grey"))


def test_a_claim_that_fails_explains_itself_to_a_reader(monkeypatch, capsys):
    monkeypatch.setitem(claims_function.__globals__, "someone_is_there", lambda: True)
    claims(Claim("moon is green", False, "grey"))
    assert "the measurement is right" in capsys.readouterr().out


def test_a_reader_who_changed_the_seed_is_not_sent_to_a_quieter_machine(monkeypatch, capsys):
    monkeypatch.setitem(claims_function.__globals__, "someone_is_there", lambda: True)
    claims(Claim("moon is green", False, "grey"))
    text = capsys.readouterr().out
    assert text.index("another seed") < text.index("nothing else open")
    assert "a claim about times" in text


def test_what_held_is_kept_for_the_reader_as_it_was_last(monkeypatch, tmp_path):
    monkeypatch.setenv("MLSD_HOME", str(tmp_path))
    monkeypatch.setenv("JPY_SESSION_NAME", "chapters/05_key_takeaways/04_monitoring.ipynb")
    monkeypatch.setitem(claims_function.__globals__, "keeps_record", lambda: False)
    claims(Claim("by nobody", True))
    monkeypatch.undo()
    monkeypatch.setenv("MLSD_HOME", str(tmp_path))
    monkeypatch.delenv("MLSD_RUN", raising=False)
    monkeypatch.setenv("JPY_SESSION_NAME", "chapters/05_key_takeaways/04_monitoring.ipynb")
    monkeypatch.setitem(claims_function.__globals__, "someone_is_there", lambda: True)
    claims(Claim("water is wet", True, "wet"), Claim("moon is green", True))
    claims(Claim("moon is green", False, "grey"))
    assert claims_seen() == [
        ("04_monitoring", "water is wet", True, "wet"),
        ("04_monitoring", "moon is green", False, "grey"),
    ]


def test_no_claim_is_no_claims_cell():
    with pytest.raises(LessonError, match="at least one"):
        claims()


def test_paired_ratio_is_the_ratio_of_the_work():
    clock = VirtualClock()
    ratio = paired_ratio(clock.work(0.03), clock.work(0.01), pairs=11, clock=clock)
    assert ratio.median == pytest.approx(3)
    assert ratio.low == pytest.approx(ratio.high)


def test_paired_ratio_is_unmoved_by_a_disturbance_of_few_pairs():
    clock = VirtualClock()
    calls = iter(range(1000))
    disturbed = lambda: clock.work(5.0 if next(calls) % 9 == 1 else 0.02)()  # noqa: E731
    assert paired_ratio(disturbed, clock.work(0.01), pairs=31, clock=clock).median == pytest.approx(2)


def test_paired_ratio_refuses_too_few_pairs_and_a_clock_that_stands():
    clock = VirtualClock()
    with pytest.raises(LessonError, match="at least 6"):
        paired_ratio(clock.work(1), clock.work(1), pairs=5, clock=clock)
    with pytest.raises(LessonError, match="did not move"):
        paired_ratio(clock.work(0), clock.work(1), clock=clock)


def test_median_interval_covers_the_median_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    intervals = np.array([median_interval(rng.exponential(size=31)) for _ in range(2000)])
    covered = ((intervals[:, 0] <= np.log(2)) & (np.log(2) <= intervals[:, 1])).mean()
    assert 0.94 < covered < 0.985


def test_median_interval_is_about_as_wide_as_the_bootstrap():
    rng = np.random.default_rng(0)
    values = rng.normal(size=101)
    low, high = median_interval(values)
    interval = bootstrap((values,), np.median, n_resamples=2000, random_state=rng).confidence_interval
    assert (high - low) == pytest.approx(interval.high - interval.low, rel=0.5)


def test_the_probe_sees_work_and_a_moving_clock():
    capacity = probe_capacity(seconds=0.05)
    assert capacity.single_per_s > 0
    assert capacity.timer_resolution_ns < 1e6
    assert "units a second" in str(capacity)


def test_the_quickest_call_is_found_among_disturbed_ones_after_the_first():
    clock = VirtualClock()
    seconds = iter([0.001, 0.05, 0.02, 0.03, 0.02, 0.07, 0.04])
    assert quickest_s(lambda: clock.work(next(seconds))(), at_least_s=0.1, clock=clock) == pytest.approx(0.02)
    assert next(seconds, None) == 0.04  # five counted calls, which took longer than was asked for


def test_short_work_is_repeated_until_the_time_is_used():
    clock, calls = VirtualClock(), []
    work = clock.work(0.01)
    quickest_s(lambda: (calls.append(1), work()), at_least_s=0.2, clock=clock)
    assert 20 <= len(calls) - 1 <= 21
