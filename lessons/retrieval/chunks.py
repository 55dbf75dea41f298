"""Long documents cut into chunks, with or without their title in each."""

from dataclasses import dataclass

import numpy as np

from lessons.retrieval.corpus import TOPICS, Shop


@dataclass(frozen=True)
class Document:
    """All that the shop says of one product: its name, once, then a paragraph a topic."""

    title: tuple[str, ...]
    words: tuple[str, ...]
    facts: dict[int, int]
    """Where the passage of each place of the shop's list has its term in `words`; the answer is the next word."""


@dataclass(frozen=True)
class Chunk:
    """A chunk's words, and the places of the passages whose term and answer it holds."""

    words: tuple[str, ...]
    holds: frozenset[int]


def document(rng: np.random.Generator, shop: Shop, product: int, ordinary: int = 18) -> Document:
    """The document of a product: paragraphs of a term, an answer and so many ordinary words, in random order."""
    words: list[str] = []
    facts: dict[int, int] = {}
    for topic in rng.permutation(len(TOPICS)):
        place = product * len(TOPICS) + int(topic)
        facts[place] = len(words)
        words += [shop.passages[place].term, shop.passages[place].answer, *shop.ordinary_words(rng, ordinary)]
    return Document(shop.names[product], tuple(words), facts)


def chunks(document: Document, size: int, titled: bool) -> list[Chunk]:
    """The document in chunks of `size` words, the title before the first alone or, where `titled`, before each."""
    starts = range(0, len(document.words), size)
    found = []
    for start in starts:
        held = frozenset(place for place, at in document.facts.items() if start <= at and at + 1 < start + size)
        title = document.title if titled or start == 0 else ()
        found.append(Chunk((*title, *document.words[start : start + size]), held))
    return found
