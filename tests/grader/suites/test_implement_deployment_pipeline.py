"""What is `implement_deployment_pipeline`'s own: its world, each rule broken once, deaths, what is told and shown."""

import itertools
import json

import numpy as np
import pytest

import grader.suites.implement_deployment_pipeline as suite
from grader.suite_kit.answer import Handle
from grader.suite_kit.exercise import ExerciseError
from grader.suite_kit.score_sheet import Sheet
from grader.suites.implement_deployment_pipeline import world as rules
from grader.suites.implement_deployment_pipeline.runs import MOST_CHARACTERS, Run, run
from grader.suites.implement_deployment_pipeline.scenarios import PLACES, SCENARIOS, draw
from grader.suites.implement_deployment_pipeline.suite import IN_PRODUCTION
from grader.suites.implement_deployment_pipeline.world import Broken, World
from tests.grader.suites.contract import bank_of, calls_of, cells_of, reference_of, told_of

BANK = bank_of("implement_deployment_pipeline")
SECRETS = 4
START, SHADOW, REFUSE = {"start": "v2"}, {"shadow": "v2"}, {"refuse": "v2", "why": "bad"}


@pytest.fixture(scope="module")
def step():
    return cells_of(BANK, reference_of(BANK))["step"]


def world(name="good", **drawn):
    """A scenario in which v2 is asked for at once and is ready a minute after its start."""
    public = suite.CASES.public().scenario(name, 0)
    changed = {**public.drawn, "asked": 0, "start_up": 1, **drawn}
    return World(rules.Scenario(name, 0, changed, public.ends))


def live(one, *minutes):
    """The world after so many minutes, each with a list of actions, or a number of minutes with none."""
    for actions in minutes:
        for _ in range(actions if isinstance(actions, int) else 1):
            one.act([] if isinstance(actions, int) else actions)
            one.pass_minute()
    return one


def share(part, version="v2"):
    return {"route": {"v1": 1 - part, version: part} if part < 1 else {version: 1}}


def full(watched=0):
    """v2 has all requests, and had them for so many minutes."""
    return [[START], [SHADOW], 4, [share(0.05)], 4, [share(0.25)], 4, [share(0.5)], 4, [share(1)], watched]


# The scenarios


def test_magnitudes_lie_within_the_published_ranges_and_each_fault_has_its_end(secret):
    for seed in range(20):
        for name, some in draw(seed).items():
            assert len(some) == (1 if SCENARIOS[name].dies else 3)
            for scenario, (what, between) in itertools.product(some, SCENARIOS[name].ranges.items()):
                assert between.low <= scenario[what] <= between.high
    for name, ends in suite.CASES.drawn(1).ends.items():
        faults = SCENARIOS[name].faults
        assert ends == {version: "refused" if fault else "released" for version, fault in faults.items()}


def test_the_task_states_every_scenario_and_range():
    told = told_of(BANK.notebook).replace(",", "")
    wanted = {f"`{name}`".replace(",", "") for name in SCENARIOS}
    for kind in SCENARIOS.values():
        for between in kind.ranges.values():
            wanted |= {f"{between.low:g} to {between.high:g}"} if between.low != between.high else set()
    wanted |= {f"{100 * part:g} %" for part in (*PLACES[:-1], *rules.SLICES, *rules.USUAL.values())}
    wanted |= {f"the {rules.HOLD_MIN} minutes need not follow", f"the {rules.WATCH_MIN} minutes begin again"}
    wanted |= {f"added to the {rules.RELEASE_MIN}."}
    assert [text for text in wanted if text not in told] == []


def test_the_example_of_the_task_earns_nothing():
    example = cells_of(BANK, reference_of(BANK))["by_the_clock"]
    assert [float(getattr(suite, test)(example)) for test, _ in calls_of(BANK).values()] == [0, 0, 0, 0]


# The world


def test_a_late_router_does_what_was_ordered_when_its_time_has_come():
    running = live(world("late, good", lag=2, place=1), [START], [share(0.05)], 1)
    assert running.seen()["routed"] == {"v1": 1.0}
    live(running, [share(0.05)])  # the same order again
    assert running.seen()["routed"] == {"v1": 0.95, "v2": 0.05}
    live(running, [share(0.04)], [share(0.03)], 1)  # another order takes the place of the one under way
    assert running.seen()["routed"] == {"v1": 0.95, "v2": 0.05}
    assert live(running, 1).seen()["routed"] == {"v1": 0.97, "v2": 0.03}


def test_a_router_that_restarts_has_the_share_from_before_and_loses_orders():
    drawn = {"lag": 0, "place": 0.25, "back": 2, "away": 4}
    running = live(world("late, good", **drawn), [START], [share(0.05)], 4, [share(0.25)], 1)
    assert (running.seen()["routed"]["v2"], running.restarted) == (0.25, None)
    live(running, 1)
    assert running.seen()["routed"] == {"v1": 0.95, "v2": 0.05}
    for kept in (0.05, 0.05, 0.05, 0.25):
        assert live(running, [share(0.25)]).seen()["routed"]["v2"] == kept
    assert live(running, 20).seen()["routed"]["v2"] == 0.25  # once is enough


@pytest.mark.parametrize(("place", "steps", "before"), [(0.05, 4, {"v1": 1.0}), (1, 10, {"v1": 0.5, "v2": 0.5})])
def test_a_router_restarts_at_each_share_of_the_ladder(place, steps, before):
    running = live(world("late, good", lag=0, place=place, back=1, away=5), *full()[:steps], 1)
    assert running.seen()["routed"] == before


def test_a_break_in_all_requests_begins_the_last_watch_again():
    running = live(world("late, good", lag=0, place=1, back=4, away=5), *full(3), 1)
    assert (running.seen()["routed"]["v2"], running.full) == (0.5, 0)
    assert live(running, 4, [share(1)], rules.WATCH_MIN - 2).turn == "v2"
    assert live(running, 1).turn is None


def test_a_router_restarts_at_another_share_in_each_scenario_of_a_name(secret):
    for seed in range(5):
        some = draw(seed)
        for name in ("late, good", "late, bad"):
            assert len({scenario["place"] for scenario in some[name]}) == 3
    tried = run(lambda calls: [(None, []) for _ in calls], suite.CASES.public().of("restart"), Sheet("", 0))
    assert {run.world.place for run in tried} == set(PLACES)


def test_a_late_fault_comes_in_another_third_of_its_range_in_each_run():
    """So a watch that ends before the tenth minute misses one, whatever the secret."""
    for seed in range(20):
        early, middle, last = sorted(one["late"] for one in draw(seed)["late"])
        assert early <= 6 < middle <= 9 < last


def test_metrics_are_those_of_the_last_minute_and_of_whoever_answered():
    running = live(world(traffic=10_000), [START])
    assert list(running.seen()["metrics"]) == ["v1"]
    large, middle, _ = by_width(running)
    assert live(running, [SHADOW]).seen()["metrics"]["v2"][large]["requests"] == 1_240
    counted = live(running, [{"shadow": None}, share(0.05)]).seen()["metrics"]
    assert {version: parts[middle]["requests"] for version, parts in counted.items()} == {"v1": 3040, "v2": 160}


def by_width(one):
    """The names of slices, the largest first."""
    slices = one.scenario.slices
    return sorted(slices, key=slices.get, reverse=True)


def without_chance(one):
    vars(one.scenario)["noise"] = np.zeros_like(one.scenario.noise)
    return one


def rate(slices, *parts):
    return sum(slices[part]["errors"] for part in parts) / sum(slices[part]["requests"] for part in parts)


def test_a_fault_of_one_slice_does_not_show_in_the_total():
    running = live(without_chance(world("slice", size=15, traffic=10_000)), [START], [SHADOW])
    counted = running.seen()["metrics"]["v2"]
    assert rate(counted, by_width(running)[-1]) == pytest.approx(0.16, abs=0.005)
    assert rate(counted, *counted) == pytest.approx(rules.USUAL["errors"], abs=0.001)


def test_caches_are_cold_in_the_first_minute_of_each_higher_share():
    running, rates = without_chance(world("cold minutes", cold=20)), []
    for actions in ([START], [SHADOW], [], [{"shadow": None}, share(0.05)], [], [share(0.02)], [share(0.05)]):
        metrics = live(running, actions).seen()["metrics"]
        rates.append(round(rate(metrics.get("v2", metrics["v1"]), by_width(running)[0]), 1))
    assert rates == [0, 0.2, 0, 0.2, 0, 0, 0]


def test_small_slices_are_taken_from_the_second_largest():
    slices = world("small slices", small=0.4).scenario.slices
    assert sum(slices.values()) == pytest.approx(1)
    assert sorted(slices.values()) == pytest.approx([0.004] * 3 + [0.06, 0.32 - 0.012, 0.62])


def test_names_of_slices_are_those_of_one_scenario_alone(secret):
    cases = [suite.CASES.public(), suite.CASES.drawn(1)]
    runs = [
        case.scenario(name, number) for case in cases for name in SCENARIOS for number in range(len(case.drawn[name]))
    ]
    assert len({name for run in runs for name in run.slices}) > len(runs)
    orders = {tuple(sorted(run.slices, key=run.slices.get)) == tuple(run.slices) for run in runs}
    assert orders == {True, False}  # nor does the order tell the size


def test_a_version_with_fewer_errors_has_them_in_every_slice():
    running = live(without_chance(world("fewer errors", fewer=0.8, traffic=10_000)), [START], [SHADOW])
    counted = running.seen()["metrics"]["v2"]
    assert [rate(counted, part) for part in by_width(running)[:2]] == pytest.approx([0.002] * 2, abs=0.001)


@pytest.mark.parametrize("name", ["cold minutes", "both versions", "load"])
def test_worlds_of_one_scenario_measure_what_each_would_measure_alone(name):
    scenario = world(name).scenario
    for later in (0, 1):
        minutes = [[START], [SHADOW], 4 + later, [share(0.05)], 6]
        alone, with_others = live(world(name), *minutes), live(World(scenario), *minutes)
        assert with_others.history == alone.history


def test_a_version_is_released_after_its_measured_minutes_and_the_old_one_may_go():
    running = live(world(), *full(rules.WATCH_MIN - 2))
    assert running.turn == "v2"
    live(running, 1)
    assert (running.turn, running.released, running.done) == (None, ["v1", "v2"], False)
    assert live(running, [{"stop": "v1"}]).done


def test_minutes_without_metrics_count_for_nothing():
    running = live(world("out at full", after=1, out=30), *full(40))
    assert (running.seen()["metrics"] is None, running.turn, running.lost) == (False, "v2", 30)


SEEN_LONG = f"could be seen for more than {rules.ROLLBACK_MIN} minutes"
BROKEN = [
    (1, "at once", [[{"start": "v3"}]], "when it was not its turn"),
    (1, "errors", [[START], [SHADOW], [REFUSE], [START]], "after it had been refused"),
    (1, "good", [[{"refuse": "v1", "why": "old"}]], "nothing to refuse"),
    (2, "good", [[START], [share(0.06)]], "more than 5% before"),
    (2, "good", [[START], [share(0.05)], 4, [share(0.25)], 3, [share(0.5)]], "more than 25% before"),
    (3, "slow", [[START], [share(0.01)]], "would have shown"),
    (4, "late", full(30), SEEN_LONG),
    (4, "start", [[START], 15], SEEN_LONG),
    (5, "good", [[START], [SHADOW], [REFUSE]], "nothing that lasts"),
    (5, "load", [[START], [SHADOW], [REFUSE]], "nothing that lasts"),
    (5, "newer schema", [[START]], "needs a schema"),
    (5, "good", [100], f"neither released nor refused {rules.RELEASE_MIN} minutes"),
    (6, "out as a shadow", [[START], [SHADOW], 3, [share(0.05)]], "while the metrics were out"),
    (7, "good", [[START], [{"route": {"v1": 0.9, "v2": 0.05}}]], "do not sum to 1"),
    (7, "good", [[{"route": ["v1"]}]], "no table of shares"),
    (7, "good", [[{"route": {"v1": True}}]], "no table of shares"),
    (7, "good", [[START, share(0.05)]], "not ready: they were lost"),
    (7, "good", [[START, SHADOW]], "was not ready"),
    (7, "good", [[{"stop": "v1"}]], "still sent it requests"),
    (8, "good", [[START], [START]], "now there are two"),
    (8, "good", [*full(2), [{"stop": "v1"}]], "the version to go back to"),
    (8, "good", full(40), f"v1 still ran {rules.CLEAR_MIN} minutes after"),
    (10, "good", [[{"begin": "v2"}]], "no known form"),
    (10, "good", [[{"refuse": "v2"}]], "no known form"),
    (10, "good", [[["start", "v2"]]], "no known form"),
    (10, "good", [[{("start",): "v2"}]], "no known form"),
    (10, "good", [[{"start": Handle(1, "Version")}]], "a version that there is not"),
    (10, "good", [[{"start": "v9"}]], "a version that there is not"),
    (10, "good", [[{"stop": None}]], "a version that there is not"),
]


@pytest.mark.parametrize(("rule", "name", "minutes", "words"), BROKEN)
def test_each_rule_is_held(rule, name, minutes, words):
    with pytest.raises(Broken, match=words) as broken:
        live(world(name), *minutes)
    assert broken.value.rule == rule


@pytest.mark.parametrize(
    ("given", "words"),
    [(None, "is a return missing"), ({}, "a dict"), ((1, 2, 3), "a tuple"), (({1}, []), "cannot be written as JSON"),
     ((float("nan"), []), "cannot be written as JSON"),
     (("x" * MOST_CHARACTERS, []), f"more than {MOST_CHARACTERS:,}"), ((1, None), "no list")],
)  # fmt: skip
def test_what_is_no_state_with_actions_is_refused(given, words):
    fresh = Run(world())
    fresh.take(given, Sheet("", 0))
    assert words in str(fresh.broken)


# Deaths


def test_a_controller_dies_at_every_step_before_its_actions_and_after_them():
    fresh = Run(world("dies, good", down=2))
    before, after = fresh.take((1, [START]), Sheet("", 0))
    assert (before.state, before.world.seen()["health"]) == ("1", {"v1": "ready"})
    assert (after.state, after.world.seen()["health"]) == ("null", {"v1": "ready", "v2": "ready"})
    assert [fork.world.minute for fork in (before, after, fresh)] == [2, 2, 1]
    assert not before.take((2, [START]), Sheet("", 0))  # each dies once


def test_who_dies_everywhere_is_run_to_the_end_everywhere(step):
    tried = run(
        lambda calls: [step(*map(json.loads, call)) for call in calls], suite.CASES.public().of("restart"), Sheet("", 0)
    )
    assert len(tried) == 2 * (tried[0].world.minute) + 1
    assert all(run.world.done and not run.broken for run in tried)


def test_what_many_runs_see_in_the_same_state_is_asked_once(step):
    asked = []

    def ask(calls):
        asked.append(calls)
        return [step(*map(json.loads, call)) for call in calls]

    tried = run(ask, suite.CASES.public().of("restart"), Sheet("", 0))
    assert all(len(set(calls)) == len(calls) for calls in asked)
    assert sum(map(len, asked)) < sum(len(run.world.history) for run in tried) / 5


# Marks and words


def test_the_reference_keeps_every_rule_whatever_the_secret(step, secret, monkeypatch):
    for seed in range(SECRETS):
        monkeypatch.setattr(suite.CASES, "kept", suite.CASES.drawn(seed))
        for test, _ in calls_of(BANK).values():
            points = getattr(suite, test)(step)
            assert points == points.maximum, points.report.text()


def test_what_raises_in_one_scenario_costs_that_one_alone(step):
    def raises(state, seen):
        return step(state, seen) if seen["minute"] < 30 or "v3" not in seen["health"] else 1 / 0

    points = suite.releases(raises)
    assert points == 2
    assert "step raised ZeroDivisionError" in " ".join(points.report.text().split())


def test_a_typing_mistake_is_said_once_with_its_line_and_blamed_on_no_criterion():
    def misspelt(state, seen):
        return stat, []  # noqa: F821

    points = suite.releases(misspelt)
    (said,) = points.report.explanations()
    assert points == 0
    assert "In every run step raises at once." in said
    assert "name 'stat' is not defined" in said
    assert "In production" not in said


def test_a_broken_rule_has_its_minute_and_its_cost_only_in_public(step, secret, monkeypatch):
    def blind(state, seen):
        return step(state, {**seen, "metrics": {version: {} for version in seen["health"]}})

    cases = suite.CASES.drawn(1)
    monkeypatch.setattr(suite.CASES, "kept", cases)
    hidden = [explanation for explanation in suite.faults(blind).report.explanations() if "some share" in explanation]
    assert f"{SEEN_LONG} (rule 4). Look at the public scenario" in hidden[0]
    assert "requests were answered" not in hidden[0]
    monkeypatch.setattr(suite.CASES, "kept", suite.CASES.public())
    text = next(explanation for explanation in suite.faults(blind).report.explanations() if "some share" in explanation)
    for words in (
        ", minute ",
        "requests were answered wrongly or late",
        "The last actions",
        'suite.try_scenario(step, "load", 0)',
    ):
        assert words in text


def test_what_it_means_in_production_is_said_of_the_rule_that_was_broken(step):
    def refuses_when_blind(state, seen):
        refuse = [{"refuse": "v2", "why": "blind"}] if seen["metrics"] is None else []
        return (state, refuse) if refuse else step(state, seen)

    (row,) = suite.outages(refuses_when_blind).report.criteria
    assert "nothing that lasts spoke against it (rule 5)" in row.did
    assert row.production == IN_PRODUCTION[5]
    assert row.read == "rule 5 of the task"
    promotes = next(answer for answer in BANK.answers if answer.name == "promotes_when_blind")
    (row,) = suite.outages(cells_of(BANK, promotes)["step"]).report.criteria
    assert row.production == suite.EXERCISE.families["outage"].production


def test_a_student_sees_a_scenario_as_a_picture_and_a_table(step, capsys):
    found = suite.try_scenario(step, "out as a canary", 1)
    assert "1 of 1 runs kept every rule" in capsys.readouterr().out
    assert len(found.plot().axes) == 2
    table = found.table()
    assert len(table) == found.world.minute
    assert not table["metrics"].all()
    assert table["actions"][lambda text: text != ""].iloc[0] == "{'start': 'v2'}"
    with pytest.raises(ExerciseError, match="must be 0, 1 or 2"):
        suite.try_scenario(step, "good", 3)
