"""A live board in virtual time: what a policy costs when an evasion wave comes and a hurried release goes wrong.

Posts come, the current release reads and decides them, people work off the queue, verdicts and appeals become labels;
once a week the model may learn. In the incident a wave of hidden words begins, and the release that was hurried out
against it has the table of look-alike letters the wrong way round: it turns every plain word into a mixed one.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from case_studies.moderation.data import DAY, Normaliser
from case_studies.moderation.features import HISTORY, features_of
from case_studies.moderation.labels import AUDIT_RATE, LabelPolicy
from case_studies.moderation.models import Decided, Release, fit_release
from case_studies.moderation.monitor import monitor_of, window_of
from case_studies.moderation.policy import REVIEW_COST_EUR, ModerationPolicy, harm_of, saved_eur, within, work_queue
from mlsd_lib.datasets.moderation import PostStream, simulator_card
from mlsd_lib.datasets.moderation_simulator import PostSimulator
from mlsd_lib.simulation import LiveSystem, Rollback

RIGHT, HURRIED = Normaliser(), Normaliser(inverted=True)
WAVE = 0.7
"""Share of the posts against the rules whose telling word is hidden, during a wave."""
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
        posts = posts.assign(read=RIGHT.read_all(posts["text"]), action="")
        stream = PostStream(posts, truth, simulator_card(len(posts)))
        features = features_of(posts, truth)
        release = fit_release(stream, features, posts["time"].iloc[0].normalize() + history_days * DAY, model, policy)
        return cls(simulator, stream, features, release)

    @property
    def now(self) -> pd.Timestamp:
        """The midnight after the last post."""
        return self.stream.posts["time"].iloc[-1].normalize() + DAY

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
        (posts, truth), first = arrivals, len(self.stream.posts)
        self.first_rows.append(first)
        self._append(posts.assign(read=self.release.normaliser.read_all(posts["text"]), action=""), truth)
        features = features_of(*self._recent(first))
        self.features = pd.concat([self.features, features])
        made = self.release.decide(features, self.stream.posts["read"].to_numpy()[first:])
        self.stream.posts.loc[self.stream.posts.index[first:], "action"] = made.action
        self._enter_labels(np.arange(first, first + len(posts)), made)
        waited = self._work(first, made)
        saved, category = self._saved(first, made, waited), truth["category"].to_numpy()
        audits = int((truth["lottery"] < AUDIT_RATE).sum()) * (self.label_policy == "audit")
        looked = np.isfinite(waited)
        figures = {
            "date": posts["time"].iloc[0].normalize(),
            "saved_eur": saved - audits * REVIEW_COST_EUR,
            "at_stake_eur": harm_of(category, posts["followers"].to_numpy()).sum(),
            "wanted": int((made.action == "review").sum()),
            "reviews": int(looked.sum()),
            "queue": int((~looked).sum()),
            "in_time": 100 * within(waited),
            "missed": int(((made.action == "keep") & (category != "fine")).sum()),
        }
        return window_of(features, made.score, made.action), figures

    def _work(self, first: int, made: Decided) -> np.ndarray:
        """People work off the queue until midnight; how long each post in it had waited, infinite for what is left.

        `self.at_work`: the rows of the table that these posts are.
        """
        new = np.flatnonzero(made.action == "review")
        queue = np.vstack([self.waiting, np.column_stack([first + new, made.harm_eur[new]])])
        rows, start = queue[:, 0].astype(int), self.now - DAY
        hour = ((self.stream.posts["time"].iloc[rows] - start) / pd.Timedelta(hours=1)).to_numpy()
        policy, arrived = self.release.policy, np.maximum(hour, 0.0)
        done = work_queue(arrived, queue[:, 1], policy.reviews_per_hour, policy.order, until_hour=24.0)
        looked = np.isfinite(done)
        old = ~looked & (hour < 24.0 * (1 - GIVEN_UP_DAYS))
        self.waiting, self.at_work = queue[~looked & ~old], rows
        self._set_labels(rows[looked], self.stream.truth["verdict"].to_numpy()[rows[looked]])
        self._give_up(rows[old])
        return done - hour

    def _saved(self, first: int, made: Decided, waited: np.ndarray) -> float:
        """EUR of the day: what was removed at once, and what people looked at, whenever it came."""
        posts, truth = self.stream.posts, self.stream.truth

        def saved(rows: np.ndarray, action: np.ndarray, hours: Any, asked: Any) -> float:
            columns = (truth["category"].to_numpy()[rows], posts["followers"].to_numpy()[rows])
            return float(saved_eur(action, *columns, truth["verdict"].to_numpy()[rows], hours, asked).sum())

        at_once = np.where(made.action == "review", "keep", made.action)
        rows, looked = np.arange(first, len(posts)), np.isfinite(waited)
        by_people = self.at_work[looked]
        reviewed = np.full(len(by_people), "review")
        return saved(rows, at_once, 1.0, made.asked) + saved(by_people, reviewed, waited[looked], False)

    def _enter_labels(self, rows: np.ndarray, made: Decided) -> None:
        """What the platform makes of its own decisions: removed is removed, kept is fine, people will say the rest."""
        self._set_labels(rows, np.where(made.action == "remove", made.category, "fine").astype(object))
        open_rows = rows[made.action != "remove"]
        self.stream.truth.iloc[open_rows, self.stream.truth.columns.get_loc("label_time")] = pd.NaT

    def _set_labels(self, rows: np.ndarray, label: np.ndarray) -> None:
        truth = self.stream.truth
        truth.iloc[rows, truth.columns.get_loc("label")] = label
        truth.iloc[rows, truth.columns.get_loc("label_time")] = self.now

    def _give_up(self, rows: np.ndarray) -> None:
        self.stream.posts.iloc[rows, self.stream.posts.columns.get_loc("action")] = "keep"

    def spoils(self, release: Release) -> bool:
        """Whether a release misreads texts: what it read stays in the histories and in the training texts."""
        return release.normaliser != RIGHT

    def restore_state(self, day: int) -> None:
        """Reads what was sent since then again, rightly; computes features anew; decides again about the queue.

        What waits for people only because it was misread is decided once more by the release in charge.
        """
        first, posts = self.first_rows[day], self.stream.posts
        read = np.concatenate([posts["read"].to_numpy()[:first], RIGHT.read_all(posts["text"].iloc[first:])])
        self.stream = replace(self.stream, posts=posts.assign(read=read))
        self.features = pd.concat([self.features.iloc[:first], features_of(*self._recent(first))])
        self._decide_queue_again()

    def _decide_queue_again(self) -> None:
        rows = self.waiting[:, 0].astype(int)
        if not len(rows):
            return
        made = self.release.decide(self.features.iloc[rows], self.stream.posts["read"].to_numpy()[rows])
        self.stream.posts.iloc[rows, self.stream.posts.columns.get_loc("action")] = made.action
        still = made.action == "review"
        self.waiting = np.column_stack([rows, made.harm_eur])[still]

    def retrain(self, label_policy: LabelPolicy = "audit") -> None:
        """Fits the same kind of model, and a monitor for it, on what is known by now."""
        old, self.label_policy = self.release, label_policy
        release = fit_release(
            self.stream, self.features, self.now, old.model_name, old.policy, label_policy, old.normaliser
        )
        self.deploy(release, monitor_of(release, self.features, self.stream.posts, self.now))

    def change_policy(self, policy: ModerationPolicy) -> None:
        """Puts the same models under another policy; there is no way back from it."""
        self.release = self.release.with_policy(policy)
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
