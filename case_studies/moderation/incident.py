"""A live board in virtual time: what a policy costs when an evasion wave comes and a hurried release goes wrong.

Posts come, the current release reads and decides them, people work off the queue, verdicts and appeals become labels;
once a week the model may learn. In the incident a wave of hidden words begins, and the release that was hurried out
against it has the table of look-alike letters the wrong way round: it turns every plain word into a mixed one.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from case_studies.kit import LiveSystem, Rollback
from case_studies.kit.stream_times import midnight_after
from case_studies.moderation.data import DAY, Normaliser
from case_studies.moderation.features import HISTORY, as_read, features_of
from case_studies.moderation.labels import AUDIT_RATE, LabelPolicy
from case_studies.moderation.models import Decided, Release, fit_release
from case_studies.moderation.monitor import monitor_of, window_of
from case_studies.moderation.policy import REVIEW_COST_EUR, ModerationPolicy, harm_of, saved_eur
from case_studies.moderation.review_queue import work_queue
from mlsd_lib.datasets.moderation import PostStream, simulator_card
from mlsd_lib.datasets.moderation_simulator import PostSimulator

RIGHT, HURRIED = Normaliser(), Normaliser(inverted=True)
WAVE = 0.7
"""Share of the posts against the rules whose telling word is hidden, during a wave."""
SERVICE_HOURS = 2.0
"""Within so long people should have looked at a post that waits for them."""
GIVEN_UP_DAYS = 3
"""After so long in the queue nobody reads a post any more, and nobody looks at it."""


class Board(LiveSystem[Release]):
    """A live board: its posts as it read them, its truth and labels, its features, its queue and its release."""

    def __init__(self, simulator: PostSimulator, stream: PostStream, features: pd.DataFrame, release: Release):
        self.simulator, self.stream, self.features = simulator, stream, features
        self.waiting = np.empty((0, 2))  # row of the table and expected harm of every post in the queue
        self.first_rows: list[int] = []
        self.label_policy: LabelPolicy = "audit"
        super().__init__(release, monitor_of(release, features, stream.posts, self.now))

    @classmethod
    def opened(
        cls,
        rng: np.random.Generator,
        history_days: int = 44,
        policy: ModerationPolicy | None = None,
        model: str = "cascade",
        **options: Any,
    ) -> "Board":
        """A board on the day of its first release, after `history_days` in which annotators labelled every post."""
        simulator = PostSimulator(rng, **options)
        posts, truth = simulator.advance(history_days)
        posts = as_read(posts, RIGHT.read_all(posts["text"])).assign(action="")
        stream = PostStream(posts, truth, simulator_card(len(posts)))
        features = features_of(posts, truth)
        release = fit_release(stream, features, posts["time"].iloc[0].normalize() + history_days * DAY, model, policy)
        return cls(simulator, stream, features, release)

    @property
    def now(self) -> pd.Timestamp:
        """The midnight after the last post."""
        return midnight_after(self.stream.posts["time"])

    def wave(self, share: float = WAVE) -> None:
        """From now on so many hide their words."""
        self.simulator.rates = replace(self.simulator.rates, evasion=share)

    def week(self, rollback: Rollback = "release and state") -> None:
        """Lives seven days."""
        posts, truth = self.simulator.advance(7)
        for _, today in posts.groupby(posts["time"].dt.normalize()):
            self.day((today, truth.loc[today["post_id"]]), rollback)

    def live_day(self, arrivals: tuple[pd.DataFrame, pd.DataFrame]) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Reads, decides and records the posts of one day, and lets people work until midnight."""
        (posts, truth), release, first = arrivals, self.release, len(self.stream.posts)
        self.first_rows.append(first)
        read = release.normaliser.read_all(posts["text"])
        self._append(as_read(posts, read).assign(action=""), truth)
        features = features_of(*self._recent(first))
        self.features = pd.concat([self.features, features])
        made = release.decide(features, read)
        rows = np.arange(first, first + len(posts))
        self._record(rows, made)
        queue, waited = self._work(rows, made)
        looked, category = np.isfinite(waited), truth["category"].to_numpy()
        saved = saved_eur(made.action, *self._facts(rows), np.inf, made.asked).sum()
        by_people = saved_eur(np.full(looked.sum(), "review"), *self._facts(queue[looked]), waited[looked])
        audits = int((truth["lottery"] < AUDIT_RATE).sum()) * (self.label_policy == "audit")
        figures = {
            "date": posts["time"].iloc[0].normalize(),
            "saved_eur": saved + by_people.sum() - audits * REVIEW_COST_EUR,
            "at_stake_eur": harm_of(category, posts["followers"].to_numpy()).sum(),
            "wanted": int((made.action == "review").sum()),
            "reviews": int(looked.sum()),
            "queue": int((~looked).sum()),
            "late": int((waited > SERVICE_HOURS).sum()),
            "missed": int(((made.action == "keep") & (category != "fine")).sum()),
        }
        return window_of(features, made.score, made.action), figures

    def _record(self, rows: np.ndarray, made: Decided) -> None:
        """What the platform makes of its own decisions: removed is removed, kept is fine, people will say the rest."""
        removed = made.action == "remove"
        _write(self.stream.posts, rows, action=made.action)
        label = np.where(removed, made.category, "fine").astype(object)
        _write(self.stream.truth, rows, label=label, label_time=np.where(removed, self.now, pd.NaT))

    def _work(self, rows: np.ndarray, made: Decided) -> tuple[np.ndarray, np.ndarray]:
        """People work off the queue until midnight: its rows of the table, and how long each post had waited, hours.

        Infinite is the wait of what is left; what has been left for `GIVEN_UP_DAYS` stays on the board for good.
        """
        new, policy = made.action == "review", self.release.policy
        queue = np.vstack([self.waiting, np.column_stack([rows, made.harm_eur])[new]])
        at_work, harm = queue[:, 0].astype(int), queue[:, 1]
        hour = ((self.stream.posts["time"].iloc[at_work] - (self.now - DAY)) / pd.Timedelta(hours=1)).to_numpy()
        done = work_queue(np.maximum(hour, 0.0), policy.urgency(harm), policy.reviews_per_hour, until_hour=24.0)
        looked = np.isfinite(done)
        old = ~looked & (hour < 24.0 * (1 - GIVEN_UP_DAYS))
        self.waiting = queue[~looked & ~old]
        verdict = self.stream.truth["verdict"].to_numpy()[at_work[looked]]
        _write(self.stream.truth, at_work[looked], label=verdict, label_time=self.now)
        _write(self.stream.posts, at_work[old], action="keep")
        return at_work, done - hour

    def _facts(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Category, followers and a reviewer's verdict of the posts `rows`, (n,) each."""
        posts, truth = self.stream.posts.iloc[rows], self.stream.truth.iloc[rows]
        return truth["category"].to_numpy(), posts["followers"].to_numpy(), truth["verdict"].to_numpy()

    def spoils(self, release: Release) -> bool:
        """Whether a release misreads texts: what it read stays in the histories and in the training texts."""
        return release.normaliser != RIGHT

    def restore_state(self, day: int) -> None:
        """Reads what was sent since then again, rightly; computes features anew; decides again about the queue.

        What waits for people only because it was misread is decided once more by the release in charge.
        """
        first, posts = self.first_rows[day], self.stream.posts
        fixed = as_read(posts.iloc[first:], RIGHT.read_all(posts["text"].iloc[first:]))
        self.stream = replace(self.stream, posts=pd.concat([posts.iloc[:first], fixed]))
        self.features = pd.concat([self.features.iloc[:first], features_of(*self._recent(first))])
        if len(self.waiting):
            rows = self.waiting[:, 0].astype(int)
            made = self.release.decide(self.features.iloc[rows], self.stream.posts["read"].to_numpy()[rows])
            _write(self.stream.posts, rows, action=made.action)
            self.waiting = np.column_stack([rows, made.harm_eur])[made.action == "review"]

    def retrain(self, label_policy: LabelPolicy = "audit") -> None:
        """Fits the same kind of model, and a monitor for it, on what is known by now."""
        old, self.label_policy = self.release, label_policy
        release = fit_release(
            self.stream, self.features, self.now, old.model_name, old.policy, label_policy, old.normaliser
        )
        self.deploy(release, monitor_of(release, self.features, self.stream.posts, self.now))

    def change_policy(self, policy: ModerationPolicy) -> None:
        """Puts the same models under another policy; there is no way back from it."""
        self.release = replace(self.release, policy=policy)
        self.monitor = monitor_of(self.release, self.features, self.stream.posts, self.now)
        self.earlier.clear()

    def _append(self, posts: pd.DataFrame, truth: pd.DataFrame) -> None:
        whole = pd.concat([self.stream.posts, posts], ignore_index=True)
        self.stream = PostStream(whole, pd.concat([self.stream.truth, truth]), self.stream.card)

    def _recent(self, first: int) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        """The posts and truth that features from row `first` on need, and where that row is among them."""
        time = self.stream.posts["time"]
        start = int(time.searchsorted(time.iloc[first].normalize() - pd.Timedelta(HISTORY)))
        return self.stream.posts.iloc[start:], self.stream.truth.iloc[start:], first - start


def _write(table: pd.DataFrame, rows: np.ndarray, **values: Any) -> None:
    """Sets columns of some rows, by their positions."""
    for column, value in values.items():
        table.iloc[rows, table.columns.get_loc(column)] = value
