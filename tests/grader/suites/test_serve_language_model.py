"""What is `serve_language_model`'s own: its simulator, what its bound bounds, its published ranges, its words."""

import numpy as np
import pytest

import grader.suites.serve_language_model as suite
from grader.suite_kit.policies import Refused
from grader.suites.serve_language_model import causes, simulator, world
from grader.suites.serve_language_model.cases import CASES
from grader.suites.serve_language_model.simulator import simulate
from grader.suites.serve_language_model.suite import TWO_TENANTS
from lessons.serving_language_models import token_streams as lesson
from tests.grader.suites.contract import bank_of, cells_of, reference_of, told_of

BANK = bank_of("serve_language_model")
SERVER = {
    "slots": 3, "memory_tokens": 1_000, "weights_s": 0.1, "token_s": 0.001, "context_s": 0.0001, "first_s": 2.0,
    "gap_s": 0.3,
}  # fmt: skip


@pytest.fixture(scope="module")
def reference():
    return cells_of(BANK, reference_of(BANK))["Policy"]


def request(prompt, output, arrived_s=0.0, tenant="red"):
    return {"arrived_s": arrived_s, "tenant": tenant, "prompt": prompt, "output": output, "limit": 400}


def scenario(*requests, end_s=60.0, **more):
    return {"family": "ordinary", "requests": list(requests), "end_s": end_s, **more}


def scripted(*decisions):
    """A policy that decides what is given, step by step, and then runs whatever runs."""
    left = list(decisions)

    def step(seen):
        run = left.pop(0) if left else {one["id"]: one["left"] for one in seen["running"]}
        return run if "run" in run else {"run": run, "preempt": []}

    return step


class AsInTheLesson:
    """First come, first served in pieces, as the lesson's server does it: a prompt holds its memory from the start."""

    def __init__(self, server, chunk):
        self.server, self.chunk, self.streams = server, chunk, set()

    def held(self, one):
        return one["computed"] if one["id"] in self.streams else one["computed"] + one["left"]

    def full(self, running, more=0):
        return sum(map(self.held, running)) + more > self.server["memory_tokens"]

    def step(self, seen):
        running, preempt = list(seen["running"]), []
        while self.full(running, sum(one["id"] in self.streams for one in running)):
            preempt.append(running.pop()["id"])
            self.streams.discard(preempt[-1])
        for one in seen["waiting"] if not preempt else []:
            growth = len(running) + 1 if running else 0
            if len(running) == self.server["slots"] or self.full([*running, one], growth):
                break
            running.append(one)
        run = {one["id"]: 1 for one in running if one["id"] in self.streams}
        for one in running:
            tokens = min(one["left"], self.chunk - sum(run.values()))
            if one["id"] not in run and tokens > 0:
                run[one["id"]] = tokens
        self.streams |= {one["id"] for one in running if run.get(one["id"]) == one["left"]}
        return {"run": run, "preempt": preempt}


# The simulator


def test_a_policy_is_not_told_how_long_an_answer_will_be():
    asked = []
    simulate(lambda seen: asked.append(seen) or {"run": {0: 10}, "preempt": []}, SERVER, scenario(request(10, 1)))
    (now,) = asked
    assert now["waiting"] == [
        {
            "id": 0,
            "tenant": "red",
            "arrived_s": 0.0,
            "prompt": 10,
            "limit": 400,
            "written": 0,
            "computed": 0,
            "left": 10,
        }
    ]


def test_it_gives_every_token_when_the_lessons_server_gives_it():
    """Two simulators, written apart: the same requests in the same order, with preemption where memory ends."""
    server = SERVER | {"slots": 8, "memory_tokens": 700}
    rng = np.random.default_rng(5)
    rows = [
        request(int(rng.integers(20, 250)), int(rng.integers(1, 60)), at)
        for at in np.sort(rng.uniform(0, 20, 60)).round(4)
    ]
    ours = simulate(AsInTheLesson(server, 120).step, server, scenario(*rows, end_s=1e6))
    columns = [np.array([row[name] for row in rows]) for name in ("arrived_s", "prompt", "output")]
    cost = lesson.StepCost(0.0, server["weights_s"], server["token_s"], server["context_s"])
    theirs = lesson.simulate(lesson.Requests(*columns), cost, lesson.Settings(8, 120, 700))
    assert theirs.recomputed > 0
    assert ours.again == theirs.recomputed
    assert [at for stream in ours.streams for at in stream.token_s] == pytest.approx(theirs.token_s.tolist())


@pytest.mark.parametrize(
    ("given", "words"),
    [(None, "is a return missing"), ({}, "an empty dict"), ({"run": {0: 1}}, "Give both keys"),
     ({"run": [0], "preempt": []}, "run as list"), ({"run": {7: 1}, "preempt": []}, "runs the request 7"),
     ({"run": {"0": 1}, "preempt": []}, "request '0'"), ({"run": {0: 0}, "preempt": []}, "from 1 to its 'left', 900"),
     ({"run": {0: -1}, "preempt": []}, "-1 tokens"), ({"run": {0: 1.5}, "preempt": []}, "1.5 tokens"),
     ({"run": {0: 901}, "preempt": []}, "901 tokens"), ({"run": {0: 900, 1: 101}, "preempt": []}, "hold 1001 tokens"),
     ({"run": {0: 1, 1: 1, 2: 1, 3: 1}, "preempt": []}, "4 requests running"),
     ({"run": {}, "preempt": [0]}, "preempts 0"), ({"run": {True: 1}, "preempt": []}, "request True"),
     ({"run": {0: float("nan")}, "preempt": []}, "nan tokens")],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_the_rule_and_the_fix(given, words):
    requests = [request(900, 2), request(200, 2), request(9, 2), request(9, 2)]
    with pytest.raises(Refused, match=words) as refused:
        simulate(lambda _: given, SERVER, scenario(*requests))
    assert not any(letter.isdigit() for letter in refused.value.rule)


def test_a_request_cannot_be_run_and_preempted_or_preempted_twice():
    for second, words in (({"run": {0: 1}, "preempt": [0]}, "choose one"), ({"run": {}, "preempt": [0, 0]}, "twice")):
        with pytest.raises(Refused, match=words):
            simulate(scripted({0: 10}, second), SERVER, scenario(request(10, 5)))


def test_a_policy_that_runs_nothing_comes_to_the_end():
    run = simulate(lambda _: {"run": {}, "preempt": []}, SERVER, scenario(request(10, 5), end_s=2.98))
    assert run.share_kept() == 0
    assert len(run.steps) == 60


def test_a_stream_that_stands_still_at_the_end_has_a_gap_up_to_it():
    for steps, kept in (([{0: 10}], 1.0), ([{0: 10}, *[{} for _ in range(20)]], 0.0)):
        run = simulate(scripted(*steps), SERVER, scenario(request(10, 50), end_s=1.05))
        assert run.share_kept() == kept


# Causes that no answer of the bank meets


@pytest.mark.parametrize(
    ("decisions", "requests", "cause"),
    [([{0: 1}] * 60, [request(500, 1)], causes.SLOW),
     ([{0: 700}, *[{0: 1}] * 30], [request(700, 90), request(600, 2)], causes.FULL)],
)  # fmt: skip
def test_a_broken_promise_is_told_with_its_cause_and_no_figure_where_cases_are_hidden(decisions, requests, cause):
    run = simulate(scripted(*decisions), SERVER, scenario(*requests, end_s=20.0))
    broken = [stream for stream in run.streams if not run.kept(stream)]
    assert cause in {causes.cause_of(run, stream) for stream in broken}
    assert not any(letter.isdigit() for letter in causes.moment(run, broken).told("a scenario", private=True))


# The bound and the cases


def test_no_right_answer_keeps_more_than_the_bound_and_it_is_known_by_hand(secret):
    oracle = suite.EXERCISE.hidden().oracle
    two = SERVER | {"slots": 1}
    assert oracle.most_kept(two, scenario(request(1, 40), request(1, 14), request(1, 15), end_s=4.0)) == 2
    assert oracle.most_kept(two, scenario(*[request(1, 400, 0.5) for _ in range(9)], end_s=2.5)) == 9
    cases = CASES.public()
    for answer in BANK.right:
        run = suite.try_scenario(cells_of(BANK, answer)["Policy"], "overload")
        assert sum(map(run.kept, run.streams)) < cases.most


def test_scenarios_lie_within_the_published_ranges():
    for seed in range(8):
        server, drawn = world.draw_world(seed)
        assert all(span.low <= server[name] <= span.high for name, span in world.SERVER.items())
        assert list(drawn) == list(world.FAMILIES)
        for name, one in drawn.items():
            asked = one["requests"]
            assert [row["arrived_s"] for row in asked] == sorted(row["arrived_s"] for row in asked)
            assert all(row["output"] <= row["limit"] for row in asked)
            assert all(row["prompt"] + row["limit"] <= server["memory_tokens"] for row in asked)
            assert len({row["tenant"] for row in asked}) == 1 + (name in (*TWO_TENANTS, "both"))
            if "documents" in world.FAMILIES[name].ranges:
                span, share = (
                    world.FAMILIES[name].ranges["documents"],
                    np.mean([row["prompt"] > 1_000 for row in asked]),
                )
                assert span.low - 0.02 < share < span.high + 0.02


def test_who_comes_first_does_not_tell_who_is_steady():
    contests = [one for seed in range(12) for one in world.draw_world(seed)[1].values() if "steady" in one]
    first_is_steady = np.mean([one["requests"][0]["tenant"] == one["steady"] for one in contests])
    assert 0.25 < first_is_steady < 0.75


def test_what_two_tenants_were_given_is_compared_by_tokens_from_when_both_wait():
    rows = [request(100, 3, 0.0, "red"), request(50, 4, 3.0, "blue"), request(10, 5, 3.0, "red")]
    run = simulate(lambda seen: {"run": {one["id"]: one["left"] for one in seen["running"] + seen["waiting"]},
                                 "preempt": []}, SERVER, scenario(*rows))  # fmt: skip
    assert run.evenness() == 15 / 54
    assert causes.given_less(run, private=False) == "the one that sent more requests (red: 15 tokens of 69) was given"
    assert causes.given_less(run, private=True) == "the one that sent more requests was given"
    few = simulate(scripted({0: 100}), SERVER, scenario(rows[0], *[request(50, 4, 3.0, "blue")] * 2, end_s=4.0))
    assert "fewer requests (red" in causes.given_less(few, private=False)


def test_no_name_of_a_tenant_tells_which_one_is_steady():
    steady = [one["steady"] for seed in range(12) for one in world.draw_world(seed)[1].values() if "steady" in one]
    assert set(steady) == set(world.TENANTS)


def test_the_task_states_every_length_and_second():
    told = told_of(BANK.notebook).replace(",", "")
    lengths = [
        f"{one.low} {one.high}"
        for one in (world.QUESTION, world.DOCUMENT, world.PAGES, world.ANSWER, world.TASK, world.ESSAY)
    ]
    seconds = [
        f"{one:g} s"
        for one in (
            world.STEADY_S,
            world.CONTEST_S,
            world.BOTH_S,
            world.EVEN_FROM_S,
            world.DRAIN_S,
            world.ESSAYS_S,
            world.GAP_S,
        )
    ]
    assert [text for text in seconds if text not in told] == []
    pairs = ((world.IDEA, world.PLOT), (world.STORY, world.TITLE))
    lengths += ["; ".join(f"{one.low} {one.high}" for one in pair) for pair in pairs]
    assert [text for text in lengths if f"| {text} |" not in told] == []


# What a student sees


def test_a_student_sees_a_scenario_as_a_picture_and_a_table_and_all_as_a_card(reference):
    run = suite.try_scenario(reference, "essays")
    assert len(run.plot().axes) == 2
    table = run.table()
    assert len(table) == len(run.streams)
    assert table["kept"].mean() == run.share_kept()


def test_a_refused_decision_is_told_in_public_and_only_named_where_cases_are_hidden(secret, monkeypatch):
    class Policy:
        def __init__(self, server):
            pass

        def step(self, seen):
            return {"run": {one["id"]: 10**6 for one in seen["waiting"]}, "preempt": []}

    text = " ".join(suite.goodput(Policy).report.text().split())
    assert "cannot be done: it runs fewer tokens of a request than one, or more than are left." in text
    monkeypatch.setattr(CASES, "kept", CASES.public())
    text = " ".join(suite.goodput(Policy).report.text().split())
    assert "In the scenario overload: step runs 1000000 tokens of the request 0; it must be a whole number" in text


def test_time_passes_while_nothing_runs_and_none_is_lost_before_the_first_arrival():
    asked = []
    simulate(
        lambda seen: asked.append(seen["now_s"]) or {"run": {}, "preempt": []},
        SERVER,
        scenario(request(5, 1, 2.0), end_s=2.18),
    )
    assert asked == pytest.approx([2.0 + simulator.IDLE_S * number for number in range(4)])
