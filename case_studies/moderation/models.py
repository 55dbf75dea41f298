"""The models, the word list, and a release: models, policy and the reading of texts, promoted and taken back together.

Three can decide: `cheap` looks at a dozen numbers; `expensive` at words and pairs of words as well (pieces of words
brought one point of average precision at three times the time to fit); the `cascade` asks the cheap one first and the
expensive one where that is not sure.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from case_studies.kit import read_artefact, save_artefact
from case_studies.kit.stream_times import between
from case_studies.moderation.data import ModerationError, Normaliser
from case_studies.moderation.features import HISTORY
from case_studies.moderation.labels import LabelPolicy, training_labels
from case_studies.moderation.policy import CATEGORIES, ModerationPolicy
from case_studies.moderation.texts import TextModel, Texts
from mlsd_lib.datasets.moderation import PostStream
from mlsd_lib.modeling import fit_weighted, scaled_logistic
from notebook_runner.errors import require_one_of

MODELS = ("cheap", "cascade", "expensive")
"""From the cheapest to serve to the most expensive."""
TRAIN_POSTS = 5_000
"""The latest labelled posts: language changes, and a weekly fit must stay short."""


class Decided(NamedTuple):
    """What a release says of posts, (n,) each: `score` is the probability of any harm."""

    score: np.ndarray
    harm_eur: np.ndarray
    action: np.ndarray
    category: np.ndarray
    reason: np.ndarray
    asked: np.ndarray


def word_list(features: pd.DataFrame) -> np.ndarray:
    """Who the word list would remove, (n,) of bool."""
    return ((features["insult_hits"] + features["scam_hits"]) > 0).to_numpy()


@dataclass(frozen=True)
class Release:
    """All that decides about a post."""

    model_name: str
    models: dict[str, Any]
    policy: ModerationPolicy
    normaliser: Normaliser

    def with_normaliser(self, normaliser: Normaliser) -> "Release":
        """The same release with another reading of the texts."""
        return replace(self, normaliser=normaliser)

    def probability(self, features: np.ndarray, read: Texts) -> tuple[np.ndarray, np.ndarray]:
        """The probability of each category, (n, 3), and whether the expensive model was asked, (n,) of bool."""
        found = self.models["cheap"].predict_proba(features)
        harm, cascade = 1 - found[:, 0], self.model_name == "cascade"
        unsure = cascade & (harm >= self.policy.ask_from) & (harm < self.policy.ask_until)
        asked = unsure | (self.model_name == "expensive")
        if asked.any():
            some = np.asarray(read, dtype=object)[asked]
            found[asked] = self.models["expensive"].probability(some, features[asked])
        return found, asked

    def decide(self, features: pd.DataFrame | np.ndarray, read: Texts) -> Decided:
        """What is done to posts with these `FEATURES`, (n, 11), and these texts as the normaliser reads them."""
        rows = np.asarray(features, dtype=float)
        found, asked = self.probability(rows, read)
        harm = self.policy.expected_harm(found, np.expm1(rows[:, 5]))
        action, category, reason = self.policy.actions(found, rows[:, 3], harm)
        return Decided(1 - found[:, 0], harm, action, category, reason, asked)

    def save(self, folder: Path) -> None:
        """Writes the release into `folder`."""
        document = {"model_name": self.model_name, "policy": asdict(self.policy), **asdict(self.normaliser)}
        save_artefact(folder, self.models, **document)

    @classmethod
    def read(cls, folder: Path) -> "Release":
        """The release in `folder`; raises `ModelingError` if it is not complete and unchanged."""
        models, document = read_artefact(folder)
        normaliser = Normaliser(tuple(document["steps"]), document["inverted"])
        return cls(document["model_name"], models, ModerationPolicy(**document["policy"]), normaliser)


def fit_release(
    stream: PostStream,
    features: pd.DataFrame,
    now: pd.Timestamp,
    name: str = "cascade",
    policy: ModerationPolicy | None = None,
    label_policy: LabelPolicy = "audit",
    normaliser: Normaliser | None = None,
) -> Release:
    """The release that could be made at `now`: nothing later than that is looked at.

    `stream.posts` has, beside what was sent, the columns `read` and `action`. Raises `ModerationError` for an unknown
    model and where a category is missing from the labels.
    """
    require_one_of("The model", name, MODELS, ModerationError)
    posts = stream.posts
    learned = training_labels(posts["time"], stream.truth, posts["action"].to_numpy(), now, label_policy)
    start = posts["time"].iloc[0].normalize() + pd.Timedelta(HISTORY) / 2
    rows = np.flatnonzero(learned.use & between(posts["time"], start, now))[-TRAIN_POSTS:]
    label, weight, numbers = learned.label[rows], learned.weight[rows], features.to_numpy(float)[rows]
    if set(label) != set(CATEGORIES):
        raise ModerationError(
            f"The {len(rows):,} labelled posts before {now:%Y-%m-%d} hold the categories {sorted(set(label))}; a model "
            f"needs {', '.join(CATEGORIES)}. Give a longer stream."
        )
    models: dict[str, Any] = {"cheap": fit_weighted(scaled_logistic(), numbers, label, weight)}
    if name != "cheap":
        read = posts["read"].to_numpy()[rows]
        models["expensive"] = TextModel(pieces=False).fit(read, label, numbers, weight)
    return Release(name, models, policy or ModerationPolicy(), normaliser or Normaliser())
