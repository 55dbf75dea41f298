"""The searches that can answer, the judge of support, and a release: promoted together and taken back together.

Three can answer: `words` searches by BM25; `hybrid` asks the encoder too; the `cascade` asks it where the judge is not
sure of what words found. The judge gives the probability that the passage found answers the question.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from case_studies.assistant.data import DAY, AssistantError
from case_studies.assistant.features import JUDGED, AnswerCache, Found, features_of, words_of
from case_studies.assistant.index import Index
from case_studies.assistant.labels import training_labels
from case_studies.assistant.policy import AnswerPolicy
from case_studies.assistant.support_desk import NOBODY, DeskStream, documents_at
from case_studies.assistant.word_vectors import WordVectors
from case_studies.kit import read_artefact, save_artefact
from case_studies.kit.stream_times import between
from mlsd_lib.modeling import fit_weighted, small_trees
from notebook_runner.errors import require_one_of

MODELS = ("words", "cascade", "hybrid")
"""From the cheapest to serve to the most expensive."""
TRAIN_STEPS = 150
LEAST_PAIRS = 300
NAMES = {0: "words", 1: "hybrid"}
"""The judge of a passage, by whether the encoder was asked."""


def fit_vectors(
    stream: DeskStream, now: pd.Timestamp, rng: np.random.Generator, steps: int = TRAIN_STEPS
) -> WordVectors:
    """Word vectors that bring a question of the past near to the document that its agent noted.

    Raises `AssistantError` for fewer than `LEAST_PAIRS` such questions before `now`.
    """
    from mlsd_lib.modeling.text_encoder import trained  # late: a service that runs needs no torch

    pairs = (stream.questions["time"] < now).to_numpy() & (stream.truth["noted_id"] != NOBODY).to_numpy()
    if pairs.sum() < LEAST_PAIRS:
        raise AssistantError(
            f"{pairs.sum()} questions before {now:%Y-%m-%d} have an agent's document; an encoder learns from "
            f"{LEAST_PAIRS} or more. Give a longer stream, or more questions a day."
        )
    texts = documents_at(stream.documents, now).set_index("document_id")["text"]
    asked = [words_of(text) for text in stream.questions["text"][pairs]]
    answered = [words_of(texts[number]) for number in stream.truth["noted_id"].to_numpy()[pairs]]
    return WordVectors.of(trained(rng, answered, lambda at: asked[at], steps))


def fit_judge(found: pd.DataFrame, label: np.ndarray, weight: np.ndarray, seed: int = 0) -> Any:
    """A judge of passages found one way; `found` holds `JUDGED`. Raises `AssistantError` where labels are all alike."""
    if label.all() or not label.any():
        raise AssistantError(
            f"All {len(label):,} passages have the same label; a judge needs right and wrong ones. Give more days."
        )
    return fit_weighted(small_trees(60, seed, learning_rate=0.1), found[list(JUDGED)].to_numpy(), label, weight)


@dataclass(frozen=True)
class Release:
    """All that decides about a question.

    `documents`: as they were valid when the index was built, on the day `built`. `lag_days`: how old the copy of the
    documents is that the build reads; 0 is right.
    """

    model_name: str
    vectors: WordVectors
    judges: Mapping[str, Any]
    documents: pd.DataFrame
    built: pd.Timestamp
    policy: AnswerPolicy
    lag_days: int = 0

    @cached_property
    def index(self) -> Index:
        """The index of the documents; built when first asked for."""
        return Index(self.documents, self.vectors)

    def with_index(self, documents: pd.DataFrame, now: pd.Timestamp, lag_days: int | None = None) -> "Release":
        """The same release with an index built at `now` from the versions in `documents`, as its build reads them."""
        lag = self.lag_days if lag_days is None else lag_days
        return replace(self, documents=documents_at(documents, now - lag * DAY), built=now, lag_days=lag)

    def find(self, text: str, customer_id: int, dealer: bool, afford: bool = True) -> Found:
        """The best passage that this customer may read; a cascade asks the encoder where words are not sure enough.

        Where the encoder cannot be afforded, words alone search.
        """
        who = (text, customer_id, dealer)
        if self.model_name == "hybrid" and afford:
            return self.index.find(*who, encoder=True)
        found = self.index.find(*who, encoder=False)
        return self._or_encoder(who, found, self.support(found), afford)

    def _or_encoder(self, who: tuple[str, int, bool], found: Found, support: float, afford: bool) -> Found:
        """What words found, or what the encoder finds where the release would ask it."""
        asks = afford and self.model_name == "cascade" and support < self.policy.ask_until
        return self.index.find(*who, encoder=True) if asks else found

    def pick(self, found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Of what both searches found, see `searched`, what this release would have taken, without cache and budget."""
        if self.model_name != "cascade":
            return found[self.model_name]
        unsure = self.score(found["words"]) < self.policy.ask_until
        return pd.concat([found["words"][~unsure], found["hybrid"][unsure]]).loc[found["words"].index]

    def support(self, found: Found) -> float:
        """The judge's probability that one passage answers its question."""
        return float(self.judges[NAMES[found.asked]].predict_proba(np.array([found.judged]))[0, 1])

    def score(self, found: pd.DataFrame) -> np.ndarray:
        """The same of a table with `JUDGED` and `asked`, (n,)."""
        score, asked = np.zeros(len(found)), found["asked"].to_numpy().astype(int)
        for which, name in NAMES.items():
            rows = asked == which
            if rows.any():
                score[rows] = self.judges[name].predict_proba(found.loc[rows, list(JUDGED)].to_numpy())[:, 1]
        return score

    def search(self, questions: pd.DataFrame, cache: AnswerCache | None = None) -> pd.DataFrame:
        """What is found for questions, in their order, see `features_of`; with a new cache if none is given.

        As `find`, question by question, but the judge is asked about all that words found at once.
        """
        cache = AnswerCache(self.policy.cache_hours, self.policy.budget_eur) if cache is None else cache
        if self.model_name == "hybrid":
            return features_of(questions, self.find, self.index.may_read, cache)
        asked = set(
            zip(questions["text"], questions["customer_id"].tolist(), questions["dealer"].tolist(), strict=True)
        )
        words = {who: self.index.find(*who, encoder=False) for who in asked}
        judged = self.judges["words"].predict_proba(np.array([found.judged for found in words.values()]))[:, 1]
        support = dict(zip(words, judged, strict=True))

        def find(text: str, customer_id: int, dealer: bool, afford: bool) -> Found:
            who = (text, customer_id, dealer)
            return self._or_encoder(who, words[who], support[who], afford)

        return features_of(questions, find, self.index.may_read, cache)

    def save(self, folder: Path) -> None:
        """Writes the release into `folder`."""
        model = {"vectors": self.vectors, "judges": dict(self.judges), "documents": self.documents}
        document = {"model_name": self.model_name, "built": self.built.isoformat(), "lag_days": self.lag_days}
        save_artefact(folder, model, policy=asdict(self.policy), **document)

    @classmethod
    def read(cls, folder: Path) -> "Release":
        """The release in `folder`; raises `ModelingError` if it is not complete and unchanged."""
        model, document = read_artefact(folder)
        built, policy = pd.Timestamp(document["built"]), AnswerPolicy(**document["policy"])
        return cls(document["model_name"], **model, built=built, policy=policy, lag_days=document["lag_days"])


def searched(
    stream: DeskStream, vectors: WordVectors, first: pd.Timestamp, end: pd.Timestamp
) -> dict[str, pd.DataFrame]:
    """What each of the two searches would have found from `first` until before `end`, "words" and "hybrid".

    By an index rebuilt each midnight, without a cache. A row a question: what the judge of that search learns from.
    """
    asked = stream.questions[between(stream.questions["time"], first, end)]
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in NAMES.values()}
    for day, today in asked.groupby(asked["time"].dt.normalize()):
        index = Index(documents_at(stream.documents, day), vectors)
        for encoder, name in NAMES.items():
            find = partial(_find, index, bool(encoder))
            found[name].append(features_of(today, find, index.may_read, AnswerCache(0.0)))
    return {name: pd.concat(blocks) for name, blocks in found.items()}


def _find(index: Index, encoder: bool, text: str, customer_id: int, dealer: bool, afford: bool) -> Found:
    return index.find(text, customer_id, dealer, encoder)


def fit_release(
    stream: DeskStream,
    found: Mapping[str, pd.DataFrame],
    vectors: WordVectors,
    now: pd.Timestamp,
    name: str = "cascade",
    policy: AnswerPolicy | None = None,
) -> Release:
    """The release that could be made at `now`, after days in which agents answered everything.

    `found`: what the searches of these days found, see `searched`; of it and of the stream nothing later is looked at.
    """
    require_one_of("The model", name, MODELS, AssistantError)
    judges = {}
    for search, table in found.items():
        time, truth = times_of(stream, table), stream.truth.loc[table.index]
        learned = training_labels(time, table, truth, np.zeros(len(table), dtype=bool), now)
        judges[search] = fit_judge(table[learned.use], learned.label[learned.use], learned.weight[learned.use])
    return Release(name, vectors, judges, documents_at(stream.documents, now), now, policy or AnswerPolicy())


def times_of(stream: DeskStream, found: pd.DataFrame) -> pd.Series:
    """When the questions of `found` were asked."""
    return stream.questions.set_index("question_id")["time"].loc[found.index]
