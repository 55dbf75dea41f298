"""What is `implement_deployment_pipeline`'s own: its world, each rule broken once, deaths, what is told and shown."""

import json

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
START, SHADOW, REFUSE = {"start": "v2"}, {"shadow": "v2"}, {"refuse": "v2", "why": "bad"}


@pytest.fixture(scope="module")
def step():
    return cells_of(BANK, reference_of(BANK))["step"]


def world(name="good", **drawn):
    """A scenario in which v2 is asked for at once and is ready a minute after its start."""
    public = suite.CASES.public().scenario(name, 0)
    changed = {**public.drawn, "asked": 0, "start_up": 1, **drawn}
    return World(rules.Scenario(name, 0, changed))


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


def test_the_task_states_every_scenario_and_time():
    told = told_of(BANK.notebook).replace(",", "")
    wanted = {f"`{name}`".replace(",", "") for name in SCENARIOS}
    wanted |= {f"{100 * part:g} %" for part in (*PLACES[:-1], *rules.SLICES, *rules.USUAL.values())}
    wanted |= {f"the {rules.HOLD_MIN} minutes need not follow", f"the {rules.WATCH_MIN} minutes begin again"}
    wanted |= {f"added to the {rules.RELEASE_MIN}."}
    assert [text for text in wanted if text not in told] == []


def test_the_example_of_the_task_earns_nothing():
    example = cells_of(BANK, reference_of(BANK))["by_the_clock"]
    assert [float(getattr(suite, test)(example)) for test, _ in calls_of(BANK).values()] == [0, 0, 0, 0]


# The world


@pytest.mark.parametrize(("place", "steps", "before"), [(0.05, 4, {"v1": 1.0}), (1, 10, {"v1": 0.5, "v2": 0.5})])
def test_a_router_restarts_at_each_share_of_the_ladder(place, steps, before):
    running = live(world("late, good", lag=0, place=place, back=1, away=5), *full()[:steps], 1)
    assert running.seen()["routed"] == before


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
BROKEN = [  # those that no answer of the bank breaks
    (1, "errors", [[START], [SHADOW], [REFUSE], [START]], "after it had been refused"),
    (1, "good", [[{"refuse": "v1", "why": "old"}]], "nothing to refuse"),
    (2, "good", [[START], [share(0.06)]], "more than 5% before"),
    (2, "good", [[START], [share(0.05)], 4, [share(0.25)], 3, [share(0.5)]], "more than 25% before"),
    (4, "late", full(30), SEEN_LONG),
    (4, "start", [[START], 15], SEEN_LONG),
    (5, "load", [[START], [SHADOW], [REFUSE]], "nothing that lasts"),
    (7, "good", [[{"route": ["v1"]}]], "no table of shares"),
    (7, "good", [[{"route": {"v1": True}}]], "no table of shares"),
    (7, "good", [[START, share(0.05)]], "not ready: they were lost"),
    (7, "good", [[START, SHADOW]], "was not ready"),
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
