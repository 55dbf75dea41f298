"""What is `design_fraud_pipeline`'s own: signs against a slow count, labels, backtests, capacity, refusals."""

import copy
import functools
import os
from dataclasses import replace

import numpy as np
import pytest

import grader.suites.design_fraud_pipeline as suite
from grader.answer_bank.runner import Job, run_cells
from grader.suite_kit.designs import RefusedDesign
from grader.suites.design_fraud_pipeline import simulate
from grader.suites.design_fraud_pipeline.causes import labels_cause
from grader.suites.design_fraud_pipeline.requirements import TASK
from grader.suites.design_fraud_pipeline.scenarios import BASELINE, ORACLE, draw
from grader.suites.design_fraud_pipeline.signs import table_of
from grader.suites.design_fraud_pipeline.world import CAPACITY, RELEASE, Story
from tests.grader.suites.contract import bank_of, cells_of, drawn, reference_of

BANK = bank_of("design_fraud_pipeline")
AMOUNT = {"sign": "amount", "source": "message", "known": "at once"}
TABLE = table_of(Story(3))
SECRETS = int(os.environ.get("MLSD_SECRETS", "3"))  # forty by hand: six minutes of CPU
ASKED = np.random.default_rng(0).choice(np.flatnonzero(TABLE.day > 70), 25, replace=False)


@functools.cache
def reference():
    """The design of the solution. Not made while tests are collected: its cells forbid imports in this process."""
    return cells_of(BANK, reference_of(BANK))["design"]()


def sign(name, source, known, days):
    return suite.Sign(sign=name, source=source, known=known, window_days=days)


def counted(name, row, days, today, late):
    """The sign of one row by a slow look at all payments before it."""
    stream, at = TABLE.stream, TABLE.rows[row]
    end = stream.day[at] - late
    group = stream.terminal if name == "terminal_payments" else stream.customer
    before = np.arange(len(stream.day)) < at
    within = (stream.day >= end - days) & ((stream.day < end) | (before & (stream.day == stream.day[at]) & today))
    if name == "strange_terminal":
        return float(
            not (within & (stream.customer == stream.customer[at]) & (stream.terminal == stream.terminal[at])).any()
        )
    mine = within & (group == group[at])
    if name == "amount_over_usual":
        amount = stream.amount[at]
        return np.log(amount * (mine.sum() + 1) / (stream.amount[mine].sum() + amount))
    return np.log1p(mine.sum())


@pytest.mark.parametrize("name", ["amount_over_usual", "payments", "strange_terminal", "terminal_payments"])
@pytest.mark.parametrize(("source", "late"), [("stream", 0), ("warehouse", 0), ("stream", 1), ("warehouse", 1)])
def test_a_served_sign_holds_what_had_come_by_then(name, source, late):
    made = sign(name, source, "at once" if source == "stream" else "next midnight", 9)
    days = np.full(len(TABLE.rows), bool(late))
    served = TABLE.served(made, days)[ASKED]
    right = [counted(name, row, 9, source == "stream" and not late, late) for row in ASKED]
    assert served == pytest.approx(right)


def test_reports_count_on_the_day_on_which_they_came():
    made, stream = sign("terminal_reports", "reports", "when reported", 14), TABLE.stream
    for row in ASKED:
        at = TABLE.rows[row]
        day, there = stream.day[at], stream.terminal == stream.terminal[at]
        came = there & (stream.report_day <= day) & (stream.report_day > day - 14)
        paid = there & (stream.day < day) & (stream.day >= day - 14)
        assert TABLE.served(made)[row] == pytest.approx(came.sum() / (1 + paid.sum()))


def test_training_rows_are_served_ones_unless_the_document_says_that_more_was_known():
    honest = [sign("payments", "stream", "at once", 5), sign("payments", "warehouse", "next midnight", 5),
              sign("card_reports", "reports", "when reported", 30)]  # fmt: skip
    for made in honest:
        assert np.array_equal(TABLE.learned(made, RELEASE), TABLE.served(made))
    for made in (sign("payments", "warehouse", "at once", 5), sign("card_reports", "reports", "with the payment", 30)):
        assert (TABLE.learned(made, RELEASE) > TABLE.served(made)).any()


@pytest.mark.parametrize("policy", ["honest", "wait", "left out", "weighted"])
def test_no_label_policy_sees_a_report_before_it_came(policy):
    design = TASK.read(reference() | {"labels": {"ripen_days": 20, "unreported": policy}})
    rows = simulate.learned(design, TABLE, RELEASE)
    assert not (rows.label & (TABLE.report_day > RELEASE)).any()
    assert not (rows.use & (TABLE.day >= RELEASE)).any()
    young = rows.use & (RELEASE - TABLE.day <= 20)
    assert {"honest": young.any(), "wait": not young.any(), "left out": rows.label[young].all(),
            "weighted": (rows.weight[young & rows.label] > 1).any()}[policy]  # fmt: skip


def test_of_a_day_the_first_alerts_are_reviewed_while_there_is_room():
    made = simulate.run(TASK.read(reference()), TABLE)
    assert made.by_day(made.reviewed).max() <= CAPACITY
    assert not (made.reviewed & ~made.alerted).any()
    full = simulate._first_come(TABLE, np.ones(len(TABLE.rows), dtype=bool))
    day = TABLE.day == RELEASE
    assert np.flatnonzero(full & day).tolist() == np.flatnonzero(day)[:CAPACITY].tolist()


def measured(family, **change):
    """The measures of the solution's design with other entries, in the public scenario of a family."""
    (scenario,) = suite.CASES.public().draws[family]
    return TASK.outcome(TASK.read(reference() | change), scenario).measures


@pytest.mark.parametrize("every", [None, 42])
def test_a_design_without_a_second_release_finds_nothing_by_retraining(every):
    learning = {"window_days": 49, "retrain_days": every}
    assert measured("new scheme", learning=learning)["found by retraining"] == 0
    assert measured("new scheme")["found by retraining"] > suite.EXERCISE.limit("new scheme")


@pytest.mark.parametrize("window", [49, 98])
def test_labels_as_seen_are_as_far_off_as_themselves_however_long_the_window(window):
    seen = {"ripen_days": 0, "unreported": "honest"}
    learning = {"window_days": window, "retrain_days": 7}
    assert measured("late reports", labels=seen, learning=learning)["labels as seen over yours"] == 1


@pytest.mark.parametrize(
    ("change", "expected", "says"),
    [
        ({"labels": {"ripen_days": 5, "unreported": "weighted"}}, 0.7, "counted on frauds older than 5 days"),
        ({"learning": {"window_days": 10, "retrain_days": 3}}, 0.7, "of the 10 days learned from so few are reported"),
        ({"learning": {"window_days": 98, "retrain_days": 7}}, 1.4, "reach back to weeks of bolder fraud"),
    ],
)
def test_the_cause_of_too_many_or_too_few_expected_frauds_is_that_of_the_design(change, expected, says):
    assert says in labels_cause(TASK.read(reference() | change), expected)


def test_a_scheme_that_retraining_does_not_find_is_put_down_to_the_releases_first():
    other = {"review": {"alerts_per_day": 10, "threshold": "daily", "rank_by": "probability"}}
    (one,) = suite.CASES.public().draws["new scheme"]
    cause = TASK.outcome(TASK.read(reference() | other), one).moments["found by retraining"].cause
    assert cause.startswith("ranked by probability")


COLLAPSES = """
class FraudModel(FraudModel):
    def fit(self, rows, labels):
        self.few = len(rows) < 30_000
        super().fit(rows.assign(day=-1_000), labels)

    def score(self, rows):
        return 1.45 * super().score(rows) * (1e-6 if self.few else 1)
"""


def test_scores_that_collapse_without_the_young_rows_do_not_show_that_labels_are_ripe():
    cells = dict(BANK.source(BANK.right[0]))
    cells["fraud-model"] += COLLAPSES
    assert run_cells(Job(list(cells.items()), ["test-pipeline"])).points == {"test-pipeline": 2}


def test_right_answers_keep_everything_on_other_secrets(secret, monkeypatch):
    assert len(BANK.right) == 4
    for seed in range(700, 700 + SECRETS):
        monkeypatch.setattr(suite.CASES, "kept", drawn(BANK.name, seed))
        for answer in BANK.right:
            assert run_cells(Job(BANK.source(answer), list(BANK.maxima))).points == BANK.maxima, (seed, answer.name)


def test_the_public_streams_are_ordinary_and_not_every_stream_is(secret):
    public, hidden = suite.CASES.public(), suite.EXERCISE.hidden()
    assert hidden.is_ordinary(public.draws)
    assert hidden.is_ordinary_stream(public.stream)
    assert not hidden.is_ordinary_stream(replace(public.stream, magnitudes=((ORACLE, 1.0), (BASELINE, 0.9))))
    assert not hidden.is_ordinary(hidden.answered(draw(1)))


def test_the_quick_look_refuses_many_streams_and_none_that_are_ordinary(secret):
    hidden, public, kinds = suite.EXERCISE.hidden(), suite.CASES.public(), set()
    for seed in range(12):
        draws = {"ordinary": draw(seed)["ordinary"]}
        may_be = hidden.may_be_ordinary(draws["ordinary"][0])
        kinds.add((may_be, hidden.is_ordinary(hidden.answered(draws))))
    assert {(False, False), (True, True)} <= kinds <= {(False, False), (True, False), (True, True)}
    assert all(hidden.may_be_ordinary(scenario) for some in public.draws.values() for scenario in some)


@pytest.mark.parametrize(
    "change",
    [
        {"review": {"alerts_per_day": 60, "threshold": "at training", "rank_by": "probability"}},
        {"learning": {"window_days": 49, "retrain_days": None}},
        {"learning": {"window_days": 28, "retrain_days": 7}},
        {"labels": {"ripen_days": 20, "unreported": "wait"}},
        {"signs": [AMOUNT, sign("payments", "warehouse", "at once", 5).model_dump()]},
        {"late_ledger": "model without"},
    ],
    ids=lambda change: "-".join(change),
)
def test_a_release_that_designs_share_is_the_one_that_each_makes_alone(change, monkeypatch):
    designs = [TASK.read(reference() | changes) for changes in ({}, change)]
    late_days = [RELEASE + 9, RELEASE + 23]
    shared = [simulate.run(design, TABLE, late_days) for design in designs]
    monkeypatch.setattr(simulate, "released", simulate.released.__wrapped__)
    for one, other in zip(shared, [simulate.run(design, TABLE, late_days) for design in designs], strict=True):
        assert np.array_equal(one.probability, other.probability)
        assert np.array_equal(one.alerted, other.alerted)


def test_the_oracle_saves_more_than_the_baseline_in_every_scenario():
    for some in suite.CASES.public().draws.values():
        for scenario in some:
            assert scenario[ORACLE] > scenario[BASELINE] > 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"learnin": {}}, "learnin is no entry; known here are signs, labels"),
        ({"signs": [AMOUNT | {"windw": 3}]}, "signs.0.windw is no entry; known here are sign, source"),
        ({"late_ledger": "nothing"}, "late_ledger is 'nothing'"),
        ({"labels": {"ripen_days": 60, "unreported": "left out"}}, "labels.ripen_days is 60, not below"),
        ({"signs": [{"sign": "night", "source": "stream", "known": "at once"}]}, "night comes from message"),
        ({"signs": [{"sign": "payments", "source": "stream", "known": "at once"}]}, "window_days is missing"),
        ({"signs": [AMOUNT, AMOUNT]}, "an entry twice"),
    ],
)
def test_a_refused_design_says_what_to_change(change, says):
    with pytest.raises(RefusedDesign, match=says):
        TASK.read(copy.deepcopy(reference()) | change)
