"""A made-up language with right answers: sentences of facts, and sentences of words that say nothing.

A fact reads: ask relation name is value stop. Names and relations are drawn at random, the value is the right answer.
Other sentences are chains of words, each drawn from four that may follow the one before.
"""

from dataclasses import dataclass

import numpy as np

ASK, IS, STOP = 0, 1, 2
RELATIONS, NAMES, VALUES, WORDS = 3, 120, 20, 60
FIRST_RELATION = 3
FIRST_NAME = FIRST_RELATION + RELATIONS
FIRST_VALUE = FIRST_NAME + NAMES  # each relation has values of its own
FIRST_WORD = FIRST_VALUE + RELATIONS * VALUES
VOCABULARY = FIRST_WORD + WORDS
KINDS = np.array(["frame"] * FIRST_NAME + ["name"] * NAMES + ["value"] * (RELATIONS * VALUES) + ["word"] * WORDS)
"""Of each token; the frame of a sentence are its fixed tokens and the relation."""
FACT_SHARE = 0.6
NEXT_WORD = np.array([0.6, 0.25, 0.1, 0.05])
LONGEST = 9  # tokens of a sentence


@dataclass(frozen=True)
class Language:
    """Which value each name has in each relation, and which words may follow which.

    `values`: tokens, shape (relations, names). `successors`: from 0 for the first word, shape (words, 4), the likeliest
    first. `name_chances`: shape (names,), the first name is the most frequent one.
    """

    values: np.ndarray
    successors: np.ndarray
    name_chances: np.ndarray

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Language":
        """A language of its own for each state of `rng`; frequencies of names follow Zipf's law with exponent 0.7."""
        weights = np.arange(1, NAMES + 1) ** -0.7
        first = FIRST_VALUE + VALUES * np.arange(RELATIONS)[:, None]
        successors = np.array([rng.choice(WORDS, 4, replace=False) for _ in range(WORDS)])
        return cls(first + rng.integers(0, VALUES, (RELATIONS, NAMES)), successors, weights / weights.sum())

    def questions(self, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Facts up to "is", shape (count, 4), names by their frequency; and their right values, shape (count,)."""
        relation, name = rng.integers(0, RELATIONS, count), rng.choice(NAMES, count, p=self.name_chances)
        asked = [np.full(count, ASK), FIRST_RELATION + relation, FIRST_NAME + name, np.full(count, IS)]
        return np.stack(asked, axis=1), self.values[relation, name]

    def texts(self, rng: np.random.Generator, rows: int, length: int) -> np.ndarray:
        """Cuts of `length` tokens from one long text, shape (rows, length): a row may begin within a sentence."""
        count = rows * length // 4 + 1  # no sentence is shorter
        sentences = np.full((count, LONGEST), -1)
        asked, value = self.questions(rng, count)
        sentences[:, :4], sentences[:, 4], sentences[:, 5] = asked, value, STOP
        chain, words = self._chains(rng, count), rng.integers(3, LONGEST, count)
        place = np.arange(LONGEST)
        chain = np.where(place < words[:, None], chain, np.where(place == words[:, None], STOP, -1))
        is_fact = rng.random(count) < FACT_SHARE
        text = np.where(is_fact[:, None], sentences, chain)
        return text[text >= 0][: rows * length].reshape(rows, length)

    def _chains(self, rng: np.random.Generator, count: int) -> np.ndarray:
        word = rng.integers(0, WORDS, count)
        chain = [word]
        for _ in range(LONGEST - 1):
            word = self.successors[word, rng.choice(4, count, p=NEXT_WORD)]
            chain.append(word)
        return FIRST_WORD + np.stack(chain, axis=1)
