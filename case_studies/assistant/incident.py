"""A live desk in virtual time: what staleness, a bad index and a judge that was changed cost, and what ends them.

Documents are rewritten each night, customers ask, the release answers or refuses, agents note documents. The bad index
is built from a copy of the documents that is a month old. The changed judge was fitted to complaints alone: whoever was
silent counts as satisfied.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from case_studies.assistant.data import DAY, is_right, noted_right
from case_studies.assistant.features import AnswerCache
from case_studies.assistant.labels import LabelPolicy, training_labels
from case_studies.assistant.models import Release, fit_judge, fit_release, times_of
from case_studies.assistant.monitor import monitor_of, window_of
from case_studies.assistant.policy import AGENT_EUR, REFRESH_EUR, AnswerPolicy, cost_eur, saved_eur
from case_studies.assistant.support_desk import NOBODY, DeskSimulator, DeskStream, simulator_card
from case_studies.assistant.train import COMPARE_DAYS, ENCODER_DAYS, JUDGE_DAYS, prepared
from case_studies.kit import LiveSystem, Rollback
from case_studies.kit.stream_times import microseconds_of
from mlsd_lib.modeling import Interval, clustered_interval

MONTH = 30
"""How old the documents are that a bad build reads, days."""
ANCHORS, MAY_LOSE = 400, 0.04
"""Passages that each new judge is asked about, and how far its log loss may lie above that of the one in charge."""
NOTE_ERROR = 0.02
"""Agents err in one of fifty notes: on the anchors no probability counts as nearer to 0 or 1."""
HISTORY_DAYS = ENCODER_DAYS + JUDGE_DAYS + COMPARE_DAYS


class Desk(LiveSystem[Release]):
    """A live desk: its questions and what was found for them, its cache of answers, its release.

    `refresh_days`: the index is rebuilt each so many midnights, for `REFRESH_EUR`.
    """

    refresh_days = 1

    def __init__(self, simulator: DeskSimulator, stream: DeskStream, found: dict[str, pd.DataFrame], release: Release):
        self.simulator, self.stream, self.found, self.now = simulator, stream, found, release.built
        self.cache = AnswerCache(release.policy.cache_hours, release.policy.budget_eur)
        self.log: list[pd.DataFrame] = []
        super().__init__(release, monitor_of(release, found, times_of(stream, found["words"]), self.now))

    @classmethod
    def opened(cls, rng: np.random.Generator, policy: AnswerPolicy | None = None, **options: Any) -> "Desk":
        """A desk on the day of its first release, after six weeks in which agents answered everything."""
        simulator = DeskSimulator(rng, **options)
        questions, truth = simulator.advance(HISTORY_DAYS)
        stream = DeskStream(questions, truth, simulator.documents, simulator_card(len(questions)))
        fitted, found = prepared(stream, simulator.day, rng)
        learned = {name: table.iloc[:-ANCHORS] for name, table in found.items()}
        release = fit_release(stream, learned, fitted.vectors, simulator.day, policy=policy)
        return cls(simulator, stream, found, release)

    def week(self, rollback: Rollback = "release and state") -> None:
        """Lives seven days."""
        for _ in range(7):
            self.day(self.simulator.advance(1), rollback)

    def live_day(self, arrivals: tuple[pd.DataFrame, pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Builds the index if it is due, answers the questions of one day, and counts."""
        questions, truth = arrivals
        due = len(self.days) % self.refresh_days == 0
        if due:
            self.release = self.release.with_index(self.simulator.documents, self.now)
        release = self.release
        found = release.search(questions, self.cache)
        self.now += DAY
        score = release.score(found)
        answered, right = score >= release.policy.threshold, is_right(found, truth)
        self.log.append(found.assign(score=score, answered=answered, right=right))
        same = found["document_id"].to_numpy() == truth["document_id"].to_numpy()
        cost = cost_eur(found)
        answerable = int((truth["document_id"] != NOBODY).sum())
        figures = {
            "date": questions["time"].iloc[0].normalize(),
            "saved_eur": saved_eur(answered, right, cost).sum() - REFRESH_EUR * due,
            "at_stake_eur": AGENT_EUR * answerable,
            "answered": int(answered.sum()),
            "wrong": int((answered & ~right).sum()),
            "outdated": int((answered & ~right & same).sum()),
            "support": float(score[answered].sum()),
            "cost_eur": cost.sum(),
        }
        return window_of(found, score, release.policy.threshold), figures

    def spoils(self, release: Release) -> bool:
        """Whether a release reads old documents: what it finds stays in the cache."""
        return release.lag_days > 0

    def restore_state(self, day: int) -> None:
        """Rebuilds the index of the release in charge, and searches again for what the cache got since then."""
        self.release = self.release.with_index(self.simulator.documents, self.now - DAY)
        since = self.now - (len(self.days) + 1 - day) * DAY
        self.cache.derive_again(int(microseconds_of(pd.Series([since]))[0]), self.release.find)

    def change_policy(self, policy: AnswerPolicy) -> None:
        """Puts the same release under another policy, with an empty cache; there is no way back from it."""
        self.release = replace(self.release, policy=policy)
        self.cache = AnswerCache(policy.cache_hours, policy.budget_eur)
        time = times_of(self.stream, self.found["words"])
        self.monitor = monitor_of(self.release, self.found, time, time.iloc[-1].normalize() + DAY)
        self.earlier.clear()

    @property
    def anchors(self) -> pd.DataFrame:
        """The last passages of the history, from which no judge learns."""
        return self.found["hybrid"].iloc[-ANCHORS:]

    @property
    def noted(self) -> np.ndarray:
        """Whether the agents called each of the `anchors` right, (n,) of bool."""
        return noted_right(self.anchors, self.stream.truth.loc[self.anchors.index])

    def anchor_gain(self, release: Release) -> Interval:
        """By how much the log loss of a release is below that of the release in charge, nats a passage, on the anchors.

        Compared passage by passage: means are the same when scores are dealt to the wrong questions.
        """
        before, after = (_log_loss(one.score(self.anchors), self.noted) for one in (self.release, release))
        rng = self.simulator.rng.spawn(1)[0]  # what is drawn for the desk's days stays as it was
        document = self.anchors["document_id"].to_numpy()
        return clustered_interval(before - after, document, ANCHORS, rng, over="documents")

    def deploy_judge(self, release: Release, gate: bool) -> None:
        """Puts a release with another judge in charge; with a `gate` only if the anchors exclude that it loses more
        than `MAY_LOSE`."""
        if not gate or self.anchor_gain(release).low >= -MAY_LOSE:
            self.deploy(release)

    def retrain(self, label_policy: LabelPolicy = "audit") -> None:
        """Fits the judge of the hybrid search again; see `judge_of`."""
        self.deploy(self.judge_of(label_policy))

    def judge_of(self, label_policy: LabelPolicy, answers_everything: bool = False) -> Release:
        """The release in charge with a judge of the hybrid search that learned again, by that policy of labels.

        `answers_everything`: as if every question of the history had been answered, so that under "complaints" nobody
        but those who complain says that a passage was wrong.
        """
        found = self.found["hybrid"].iloc[:-ANCHORS]
        truth = self.stream.truth.loc[found.index]
        answered = np.full(len(found), answers_everything)
        learned = training_labels(times_of(self.stream, found), found, truth, answered, self.now, label_policy)
        judge = fit_judge(found[learned.use], learned.label[learned.use], learned.weight[learned.use])
        return replace(self.release, judges={**self.release.judges, "hybrid": judge})


def _log_loss(score: np.ndarray, right: np.ndarray) -> np.ndarray:
    chance = np.clip(score, NOTE_ERROR, 1 - NOTE_ERROR)
    return -np.log(np.where(right, chance, 1 - chance))
