"""What is `implement_monitoring`'s own: its streams, what a run makes of alerts, both sides of a mark, words."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom, norm

import grader.suites.implement_monitoring as suite
from grader.suite_kit.designs import Draw
from grader.suite_kit.policies import Refused
from grader.suites.implement_monitoring import world
from grader.suites.implement_monitoring.runs import (
    AFTER,
    ATTENTION_EUR,
    MOST_NAMES,
    WITHIN_DAYS,
    Run,
    read_alerts,
)
from grader.suites.implement_monitoring.suite import ROOM_DAYS, TOUCHED_DAYS
from notebook_runner.errors import CourseError
from tests.grader.suites.contract import bank_of, cells_of, told_of

BANK = bank_of("implement_monitoring")
SECRETS = 3


def monitor_of(name):
    (answer,) = [answer for answer in BANK.answers if answer.name == name]
    return cells_of(BANK, answer)["Monitor"]


@pytest.fixture(scope="module")
def reference():
    return monitor_of("reference")


def first_public(family):
    """The number of the first public stream with an incident of a family, and that incident."""
    streams = enumerate(suite.CASES.public().streams["caught"])
    return next(
        (number, incident) for number, stream in streams for incident in stream.incidents if incident.family == family
    )


# The streams


@pytest.mark.parametrize("number", range(len(world.LAYOUT)))
def test_an_incident_changes_only_its_own_feature_while_it_lasts(number):
    stream = world.draw_streams(5)[number]
    calm = world.make_stream(replace(stream, incidents=()))
    for t, (day, clean) in enumerate(zip(world.make_stream(stream), calm, strict=True)):
        changed = {
            name for name in world.FEATURES
            if not all(a == b or (a != a and b != b)
                       for a, b in zip(day["rows"][name], clean["rows"][name], strict=True))
        }  # fmt: skip
        now = [incident for incident in stream.incidents if incident["begins"] <= t < incident["ends"]]
        assert changed <= {world.feature_of(incident) for incident in now} - {"labels"}
        assert np.array_equal(day["score"], clean["score"]) or now
        if t < stream.incidents[0]["begins"]:
            assert np.array_equal(day["labels"]["late"], clean["labels"]["late"])


def test_a_test_has_each_incident_and_each_harmless_thing_twice():
    for seed in range(20):
        streams = world.draw_streams(seed)
        drawn = [incident for stream in streams for incident in stream.incidents]
        assert Counter(incident.family for incident in drawn) == dict.fromkeys(world.INCIDENTS, 2)
        assert Counter(stream.harmless.family for stream in streams) == dict.fromkeys(world.HARMLESS, 2)
        for stream in streams:
            run = Run(stream, 0)
            assert len(run.ordinary) >= 6
            assert all(met.begins > world.REFERENCE + 2 and met.last < met.ends <= world.DAYS for met in run.met)


@pytest.mark.parametrize("feature", world.INCIDENTS["null spike"].features)
def test_no_limit_on_a_share_is_quiet_on_few_rows_and_sees_a_null_spike_among_many(feature):
    """Three days of few rows together exceed by chance what the smallest spike adds; among many it is beyond chance."""
    times = {name: dict(world.HARMLESS[name][1])["times"] for name in ("fewer orders", "more orders")}
    usual, least = world.MISSING[feature], world.INCIDENTS["null spike"].ranges["share"].low
    spike, few = (
        (1 - usual) * least,
        round(3 * world.ROWS * np.mean([times["fewer orders"].low, times["fewer orders"].high])),
    )
    assert binom.sf((usual + spike) * few, few, usual) > 0.01
    assert spike > 4 * (usual * (1 - usual) / (times["more orders"].low * world.ROWS)) ** 0.5


@pytest.mark.parametrize("rows", [24, 36])
def test_three_days_tell_the_smallest_incident_from_chance_and_not_what_more_rows_show(rows):
    """Of one limit on a count: the chance that it is wrong about what is harmless, or about the incident."""

    def wrong(usual, changed):
        values = world.TOGETHER * rows
        return min(max(binom.sf(most, values, usual), binom.cdf(most, values, changed)) for most in range(values))

    other = world.HARMLESS["more orders"][1]["other"].high

    def wrong_about(shift):  # a limit halfway, on the share of values that lie above it
        above = norm.sf((shift - other) / 2)
        return wrong(above, 1 - above)

    by, share = world.smallest("mean shift", rows)["by"], world.smallest("unit change", rows)["share"]
    usual = {family: world.INCIDENTS[family].ranges for family in ("mean shift", "unit change")}
    assert max(wrong_about(by), wrong(world.OUTSIDE, share)) < 0.001
    assert wrong_about(usual["mean shift"]["by"].low) > 0.004
    assert wrong(world.OUTSIDE, usual["unit change"]["share"].low) > 0.01


def test_no_incident_is_smaller_than_so_many_rows_show():
    enlarged = Counter()
    for seed in range(40):
        for stream in world.draw_streams(seed):
            times = dict(stream.harmless.magnitudes).get("times", 1)
            for incident in stream.incidents:
                for name, least in world.smallest(incident.family, times * world.ROWS).items():
                    assert incident[name] >= least
                    beyond = incident[name] > world.INCIDENTS[incident.family].ranges[name].high
                    enlarged[incident.family, stream.harmless.family] += beyond
    assert {case for case, times in enlarged.items() if times} == {
        ("mean shift", "fewer orders"), ("unit change", "fewer orders")
    }  # fmt: skip


def test_a_shift_between_strong_days_is_less_than_these_add_until_the_next_come():
    for seed in range(20):
        (stream,) = [one for one in world.draw_streams(seed) if one.incidents[0].family == "mean shift"]
        assert stream.harmless.family == "season"
        calm, (shift, _) = stream.harmless, stream.incidents
        of_week = [(day - calm["first"]) % 7 < world.STRONG_DAYS for day in range(int(shift["begins"]), world.DAYS)]
        assert of_week.index(True) == world.BETWEEN
        least = calm["week"] * (world.STRONG_DAYS / 3 - world.STRONG_DAYS / 7)  # above the mean of all, in three days
        assert shift["by"] - calm["week"] * world.STRONG_DAYS / 7 < least


def test_null_spikes_come_while_orders_are_more():
    for seed in range(20):
        (stream,) = [stream for stream in world.draw_streams(seed) if stream.incidents[0].family == "null spike"]
        assert stream.harmless.family == "more orders"
        assert all(stream.harmless["begins"] <= incident["begins"] for incident in stream.incidents)


def test_an_incident_shows_on_the_first_day_that_differs(secret):
    oracle = suite.EXERCISE.hidden().oracle
    for stream in world.draw_streams(4):
        for incident, met, seen in zip(stream.incidents, Run(stream, 0).met, oracle.first_seen(stream), strict=True):
            assert seen == met.last - WITHIN_DAYS[incident.family]


def test_the_tests_have_no_stream_in_common(secret):
    cases = suite.CASES.drawn(4, 5)
    seeds = [{stream.harmless.seed for stream in some} for some in cases.streams.values()]
    assert not set.intersection(*seeds)
    assert 0 < cases.known_eur < 0.1 * cases.silent_eur


def test_the_model_is_calibrated_until_its_world_changes():
    stream = next(stream for stream in world.draw_streams(2) if stream.incidents[0].family == "concept drift")
    days = world.make_stream(stream)

    def bias_and_error(some):
        score, late = (np.concatenate([day["labels"][part] for day in some]) for part in ("score", "late"))
        return abs(np.mean(score - late)), np.mean((score - late) ** 2)

    (bias, before), (_, after) = (
        bias_and_error(days[: world.REFERENCE]),
        bias_and_error(days[int(stream.incidents[1]["begins"]) + 5 :]),
    )
    assert bias < 0.03
    assert after > before + 0.08


def test_all_orders_of_a_depot_have_one_value_a_day_and_another_on_the_next():
    one, other = world.make_stream(world.draw_streams(1)[0])[:2]
    for name in ("depot_load", "traffic"):
        values = [set(day["rows"][name].tolist()) for day in (one, other)]
        assert [len(some) for some in values] == [6, 6]
        assert len(values[0] & values[1]) <= 1


# A run


def run_of(named):
    """A run with an incident from day 40 on that is repaired on day 50, and another from day 70 on."""
    null = Draw("null spike", 1, (("begins", 40.0), ("ends", 50.0), ("hits", 0.0)))
    late = Draw("late labels", 1, (("begins", 70.0), ("ends", 80.0), ("hits", 0.0)))
    return Run(world.Stream(Draw("season", 1, ()), (null, late)), 0, named)


WEIGHT, OTHERS = ("weight_kg", "missing"), [("items", "values"), ("traffic", "frozen"), ("carrier", "values")]
LAST, AGAIN = 40 + WITHIN_DAYS["null spike"], 50 + AFTER  # the last day in time, and the first that is ordinary again


@pytest.mark.parametrize(
    ("named", "false_days", "caught", "in_time"),
    [({}, 0, None, False), ({40: [WEIGHT]}, 0, 40, True), ({LAST: [WEIGHT]}, 0, LAST, True),
     ({LAST + 1: [WEIGHT]}, 0, LAST + 1, False),
     ({39: [WEIGHT]}, 1, None, False), ({30: OTHERS, 41: [WEIGHT, *OTHERS[1:]]}, 1, 41, True),
     ({41: [WEIGHT, *OTHERS]}, 0, None, False), ({41: [("weight_kg", "values")]}, 0, None, False),
     ({41: [WEIGHT, ("weight_kg", "values"), *OTHERS[1:]]}, 0, 41, True),
     ({50: [WEIGHT], AGAIN - 1: [WEIGHT]}, 0, None, False),
     ({AGAIN: [WEIGHT], 69: [WEIGHT], 70: [WEIGHT]}, 2, None, False)],
)  # fmt: skip
def test_a_run_knows_what_was_false_and_what_was_caught(named, false_days, caught, in_time):
    run = run_of(named)
    assert (len(run.false_days), run.met[0].caught, run.met[0].in_time) == (false_days, caught, in_time)
    assert len(OTHERS) == MOST_NAMES


def test_labels_show_an_incident_a_day_later_than_features():
    last = 71 + WITHIN_DAYS["late labels"]
    for day, in_time in ((last, True), (last + 1, False)):
        assert run_of({day: [("labels", "late")]}).met[1].in_time == in_time


def test_a_bill_has_the_days_until_an_incident_is_named_and_the_alarms_until_then():
    null, late = (world.INCIDENTS[family].harm_eur for family in ("null spike", "late labels"))
    assert run_of({}).cost == 10 * null + 10 * late
    run = run_of({30: OTHERS, 41: OTHERS, 43: [WEIGHT], 44: [WEIGHT], 52: OTHERS, 71: [("labels", "late")]})
    assert (run.attention, run.cost) == (4 * ATTENTION_EUR, 4 * ATTENTION_EUR + 3 * null + late)


@pytest.mark.parametrize(
    ("given", "words"),
    [(None, "is a return missing"), ("labels", "must return a list"), (["labels"], "must be a dictionary"),
     ([{"feature": "colour", "reason": "values"}], "is no feature"),
     ([{"feature": "labels", "reason": "frozen"}], "late or performance"),
     ([{"feature": "items", "reason": "late"}], "missing or values or frozen")],
)  # fmt: skip
def test_what_is_no_alert_is_refused_with_what_to_change(given, words):
    with pytest.raises(Refused, match=f"(?i){words}"):
        read_alerts(given)


def test_an_alert_may_say_more_and_one_that_is_said_twice_counts_once():
    alert = {"feature": "items", "reason": "values", "value": 3.5}
    assert read_alerts([alert, alert]) == [("items", "values")]


def test_a_monitor_is_given_a_day_at_a_time_and_what_it_changes_is_its_own():
    seen = []

    class Spoils:
        def fit(self, reference):
            assert len(reference) == world.REFERENCE

        def observe(self, batch, t):
            seen.append((t, float(np.nansum(batch["rows"]["items"]))))
            batch["rows"]["items"][:] = 0
            return []

    for _ in range(2):
        assert suite.worth(Spoils) == 0
    assert seen[: len(seen) // 2] == seen[len(seen) // 2 :]
    assert [t for t, _ in seen[: world.LIVE]] == list(range(world.REFERENCE, world.DAYS))


# Marks


def test_the_reference_has_full_marks_on_other_streams(reference, secret, monkeypatch):
    for seed in range(SECRETS):
        monkeypatch.setattr(suite.CASES, "kept", suite.CASES.drawn(seed, seed + 1000))
        assert (suite.caught(reference), suite.worth(reference)) == (8, 12), seed


@pytest.mark.parametrize("private", [False, True])
def test_only_hidden_streams_leave_a_day_more(private, reference, monkeypatch):
    """To name each incident, and to ring where something is harmless: one day beyond these limits is too much."""
    cases = replace(suite.CASES.public(), private=private)
    monkeypatch.setattr(suite.CASES, "kept", cases)

    def judged(test, late, false):
        def watch(_, stream, number, days):
            run = Run(stream, number)
            rings = run.ordinary[: false if run.harmless == "new category" else 0]
            run.named |= {met.last + late: [met.right] for met in run.met} | dict.fromkeys(rings, OTHERS)
            return run

        monkeypatch.setattr("grader.suites.implement_monitoring.suite.watch", watch)
        return {row.name.partition(":")[0]: row.met for row in test(reference).report.criteria}

    room = ROOM_DAYS * private
    for more, right in ((0, True), (1, False)):
        assert {judged(suite.caught, room + more, 0)[family] for family in world.INCIDENTS} == {right}
        met = judged(suite.worth, room + more, TOUCHED_DAYS - 1 + room + more)
        assert (met["incidents named in time"], met["new category"]) == (right, right)
        assert judged(suite.worth, 0, TOUCHED_DAYS - 1 + room + more)["new category"] == right


def test_where_cases_are_hidden_no_day_and_no_figure_is_told(secret):
    for name in ("inputs_only", "always"):
        for test in (suite.caught, suite.worth):
            for criterion in test(monitor_of(name)).report.criteria:
                assert not any(
                    letter.isdigit() for letter in criterion.did.replace(f"more than {MOST_NAMES} names", "")
                ), criterion.did


def test_the_task_states_every_time_and_price():
    text = told_of(BANK.notebook)
    few, numbers = world.HARMLESS["fewer orders"][1]["times"], []
    for family in ("mean shift", "unit change"):
        low, high = (sum(world.smallest(family, times * world.ROWS).values()) for times in (few.high, few.low))
        numbers += [f"{low:.2g} to {high:.2g}"]
    numbers += [f"{ATTENTION_EUR} EUR", f"with {TOUCHED_DAYS + ROOM_DAYS} false alarms, not {TOUCHED_DAYS}"]
    numbers += [f"list of {world.DAYS} days", f"days 28 to {world.DAYS - 1}"]
    assert [number for number in numbers if number not in text] == []
    assert text.count(suite.EXERCISE.limits["trusted_share"].stated) == 2  # one limit of two criteria
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `")}
    for family, kind in world.INCIDENTS.items():
        assert rows[family].endswith(f"| {kind.harm_eur} |")
        assert f"| {kind.reason} | {WITHIN_DAYS[family]} " in rows[family]
        assert [name for name in kind.features if name not in rows[family]] == []


def test_a_student_sees_a_stream_as_a_picture_and_all_as_a_card(reference):
    number, renamed = first_public("renamed")
    run = suite.try_stream(reference, number)
    assert len(run.plot().axes[0].lines) >= 2
    assert set(run.table()["feature"]) == {world.feature_of(renamed)}
    assert run.plot("items", "values").axes
    card = suite.scorecard(reference)
    assert len(card) == 32
    assert card["in time"].all()
    for number in (-1, 20, "season"):
        with pytest.raises(CourseError, match="it must be from 0 to 19"):
            suite.stream(number)
