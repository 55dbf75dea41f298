"""What the history does not hold: a release that never met some wordings or products, and rules that refuse these."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from case_studies.assistant.features import telling, words_of
from case_studies.assistant.models import Release, fit_release
from case_studies.assistant.policy import AnswerPolicy, saved_eur
from case_studies.assistant.support_desk import SERIES, TOPICS, UNANSWERED, DeskStream
from case_studies.assistant.train import lived, prepared

NAMES = frozenset(name.lower() for name in SERIES)


def draw_new(stream: DeskStream, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Which questions are in one of 13 "wordings", or name one of 12 "products", that are drawn; (n,) of bool each.

    Drawn are one of the last three wordings of each topic, five of those that no document answers, two series.
    """
    wordings = [str(rng.choice(topic.asked[2:])) for topic in TOPICS.values()]
    wordings += rng.choice(UNANSWERED, 5, replace=False).tolist()
    products = "|".join(rng.choice(SERIES, 2, replace=False))
    text, wording = stream.questions["text"], stream.truth["wording"]
    return {"wordings": wording.isin(wordings).to_numpy(), "products": text.str.contains(products).to_numpy()}


def lived_without(
    stream: DeskStream, rows: np.ndarray, now: pd.Timestamp, end: pd.Timestamp, rng: np.random.Generator
) -> tuple[Release, pd.DataFrame]:
    """A release made at `now` that never met the questions at `rows`, (n,) of bool, and all questions until `end` under
    it, see `lived`."""
    asked = stream.questions[~rows | (stream.questions["time"] >= now).to_numpy()]
    history = replace(stream, questions=asked, truth=stream.truth.loc[asked["question_id"]])
    fitted, found = prepared(history, now, rng)
    release = fit_release(history, found, fitted.vectors, now)
    return release, lived(stream, release, now, end)


def figures(rows: pd.DataFrame, threshold: float = AnswerPolicy().threshold) -> dict[str, float]:
    """What some rows of `lived` find, and what they save if answered from `threshold`; shares in %."""
    answered, can = rows["score"] >= threshold, ~rows["kind"].isin(["no document", "not allowed"])
    return {
        "right passage": 100 * rows["right"][can].mean(),
        "answered": 100 * answered.mean(),
        "wrong among answered": 100 * (1 - rows["right"][answered].mean()),
        "EUR a question": saved_eur(answered, rows["right"], rows["cost_eur"]).mean(),
    }


def curve(rows: pd.DataFrame, thresholds: Iterable[float]) -> list[float]:
    """What these rows save if answered from each threshold, EUR a question."""
    return [figures(rows, one)["EUR a question"] for one in thresholds]


def phrase(text: str) -> frozenset[str]:
    """The wording of a question as a service sees it: the words that tell something, no product, number or order."""
    words = telling(words_of(text))
    return frozenset(word for word in words if word not in NAMES and not any(letter.isdigit() for letter in word))


def likeness(texts: Iterable[str], past: Iterable[str]) -> np.ndarray:
    """For each text the largest share of words that its phrase has in common with one of the past (Jaccard), (n,)."""
    known = {phrase(text) for text in past}
    return np.array([max(len(one & old) / max(1, len(one | old)) for old in known) for one in map(phrase, texts)])


def slipped(texts: Iterable[str], share: float, rng: np.random.Generator) -> list[str]:
    """The texts, with two neighbouring letters of `share` of them exchanged."""
    places = [(text, int(rng.integers(len(text) - 1)), rng.random() < share) for text in texts]
    return [text[:at] + text[at : at + 2][::-1] + text[at + 2 :] if slips else text for text, at, slips in places]
