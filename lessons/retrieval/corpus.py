"""A made-up shop's support passages, and questions whose right passage is known."""

from dataclasses import dataclass, replace

import numpy as np

TOPICS = {
    "refund": ("refund reimbursement repayment", "money cash return"),
    "warranty": ("warranty guarantee coverage", "broke faulty defect"),
    "delivery": ("delivery shipping dispatch", "arrive parcel postman"),
    "battery": ("battery accumulator charge", "lasts unplugged empty"),
    "cleaning": ("cleaning descaling rinsing", "dirty stains wash"),
    "noise": ("noise decibels acoustics", "loud quiet hum"),
    "dimensions": ("dimensions width height", "fit big narrow"),
    "consumption": ("consumption wattage power", "electricity bill socket"),
    "weight": ("weight mass kilograms", "heavy carry lift"),
    "parts": ("spare replacement component", "lost missing snapped"),
    "assembly": ("assembly installation mounting", "screws build wall"),
    "safety": ("safety lock protection", "child toddler danger"),
}
"""Each topic with three words of the shop's passages and three of its customers; the last is in no training pair."""
KINDS = ("exact words", "paraphrase", "new paraphrase", "rare code")
"""A question names the product and uses the passage's word, a customer's, one never trained on; or it is a number."""
CONSONANTS, VOWELS = list("bdfgklmnprstvz"), list("aeiou")
ORDINARY = 1_500
BRANDS, SORTS = 60, 60


@dataclass(frozen=True)
class Passage:
    """A passage about one topic of one product: its words, the answer that it holds, and its number as a code."""

    product: int
    topic: int
    term: str
    answer: str
    code: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """The words of a question, and the place of its right passage in the shop's list."""

    words: tuple[str, ...]
    target: int


class Shop:
    """The passages of `products` products, one a topic, each of `ordinary` words besides name, term, answer and code.

    A product's name is two words that it shares with others. Ordinary words are made up; the k-th comes 1 / k as often
    as the first (Zipf), in passages and in questions.
    """

    def __init__(self, rng: np.random.Generator, products: int, ordinary: int = 30) -> None:
        made_up = _made_up(rng, BRANDS + SORTS + ORDINARY)
        self._ordinary = np.array(made_up[BRANDS + SORTS :])
        up_to = np.cumsum(1 / np.arange(1, ORDINARY + 1))
        self._up_to = up_to / up_to[-1]
        pairs = rng.choice(BRANDS * SORTS, products, replace=False)
        self.names = [(made_up[pair // SORTS], made_up[BRANDS + pair % SORTS]) for pair in pairs]
        codes = rng.choice(9_000, products * len(TOPICS), replace=False) + 1_000
        self.passages = [
            self._passage(rng, number // len(TOPICS), number % len(TOPICS), code, ordinary)
            for number, code in enumerate(codes)
        ]

    def _passage(self, rng: np.random.Generator, product: int, topic: int, code: int, ordinary: int) -> Passage:
        term = str(rng.choice(list(TOPICS.values())[topic][0].split()))
        answer, label = str(rng.integers(1, 200)), f"{rng.choice(CONSONANTS)}{rng.choice(CONSONANTS)}{code}"
        words = (*self.names[product], term, answer, label, *self.ordinary_words(rng, ordinary))
        return Passage(product, topic, term, answer, label, words)

    def ordinary_words(self, rng: np.random.Generator, count: int) -> list[str]:
        """So many words by their shares, drawn as `rng.choice` draws them, which adds the shares up for each call."""
        return self._ordinary[np.searchsorted(self._up_to, rng.random(count), side="right")].tolist()

    def revised(self, rng: np.random.Generator, place: int) -> Passage:
        """The passage at `place`, written anew with another answer: same product, topic, term and code."""
        old = self.passages[place]
        answer = str(int(old.answer) + 200)
        words = (*old.words[:3], answer, old.code, *self.ordinary_words(rng, len(old.words) - 5))
        return replace(old, answer=answer, words=words)

    def readable(self, rng: np.random.Generator, share: float, without: int | None = None) -> np.ndarray:
        """What a user may read, (passages,): the share of all, by chance, of no passage of the topic `without`."""
        other = np.array([passage.topic != without for passage in self.passages])
        return (rng.random(len(other)) < share / other.mean()) & other

    def question(self, rng: np.random.Generator, target: int, kind: str, ordinary: int = 3) -> Question:
        """A question of one of `KINDS` for the passage at `target`, with some ordinary words."""
        passage = self.passages[target]
        customers = list(TOPICS.values())[passage.topic][1].split()
        name = self.names[passage.product]
        asked = {
            "exact words": (*name, passage.term),
            "paraphrase": (*name, customers[rng.integers(2)]),
            "new paraphrase": (*name, customers[2]),
            "rare code": (passage.code,),
        }
        return Question((*asked[kind], *self.ordinary_words(rng, ordinary)), target)


def _made_up(rng: np.random.Generator, count: int) -> list[str]:
    """So many different words of two or three syllables, none of them a word of a topic."""
    taken = {word for both in TOPICS.values() for words in both for word in words.split()}
    found: dict[str, None] = {}
    while len(found) < count:
        word = "".join(str(rng.choice(CONSONANTS)) + str(rng.choice(VOWELS)) for _ in range(rng.integers(2, 4)))
        if word not in taken:
            found[word] = None
    return list(found)
