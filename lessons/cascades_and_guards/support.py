"""Questions to a shop's assistant: which product, which of its properties, and many ways to ask the same thing.

Everything is made up: products that differ in a number, properties that share words, wordings drawn at random. The
right answer to a question is known, as it depends on product and property alone.
"""

import re
from dataclasses import dataclass

import numpy as np

SERIES = ["Aldera", "Borvik", "Calnor", "Dunmere", "Eskil", "Fjordline", "Grantham", "Halvor", "Isel", "Jorvik"]
NUMBERS = [200, 210, 300, 310, 400, 500]
PROPERTIES = {
    "warranty": ["the warranty", "the guarantee period", "the length of the warranty"],
    "warranty on the battery": ["the warranty on the battery", "the guarantee for the battery"],
    "battery life": ["the battery life", "the running time on one charge", "how long the battery lasts"],
    "delivery": ["the delivery time", "how long delivery takes", "the time until it arrives"],
    "returns": ["the return period", "how long I can send it back", "the time for returns"],
    "price": ["the price", "the cost", "how much it costs"],
    "price of a spare battery": ["the price of a spare battery", "the cost of another battery"],
    "weight": ["the weight", "how heavy it is"],
}
FRAMES = [
    "What is {wanted} of the {product}?",
    "Tell me {wanted} for the {product}.",
    "I need to know {wanted} of my {product}.",
    "{product}: {wanted}?",
    "Could you look up {wanted} for {product}?",
]
NEW_FRAMES = [
    "Would you happen to have {wanted} for {product} at hand?",
    "I was wondering about {wanted}; mine is a {product}.",
    "A colleague asks about our {product}: {wanted}, roughly?",
    "Any idea about {wanted}? It is for a {product}.",
]
"""Ways to ask that nobody knew when the list of empty words was made."""
OPENINGS = ["", "Hello, ", "Hi there. ", "Good morning. ", "Quick question. "]
ENDINGS = ["", " Thanks", " Thank you very much.", " I could not find it on the page."]
SLIPS = 1 / 7
"""Share of the questions in which two neighbouring letters have changed places."""
EMPTY = frozenset(
    ["what", "is", "of", "the", "tell", "me", "for", "i", "need", "to", "know", "my", "could", "you", "look", "up",
     "hello", "hi", "there", "good", "morning", "quick", "question", "thanks", "thank", "very", "much", "not", "find",
     "it", "on", "page"]
)  # fmt: skip
"""Words that say nothing about product or property, as somebody would list them after reading a log."""


@dataclass(frozen=True)
class Questions:
    """A log in order of arrival: texts, and the `intent` of each, a number, shape (questions,)."""

    texts: list[str]
    intent: np.ndarray


def draw_questions(
    rng: np.random.Generator, count: int, frames: list[str] = FRAMES, exponent: float = 0.9
) -> Questions:
    """`count` questions in `frames`; how often each product and property comes follows Zipf's law with `exponent`."""
    products = [f"{series} {number}" for series in SERIES for number in NUMBERS]
    properties = list(PROPERTIES.values())
    intents = len(products) * len(properties)
    weights = np.arange(1, intents + 1) ** -exponent
    intent = rng.permutation(intents)[rng.choice(intents, count, p=weights / weights.sum())]
    product, wanted = np.divmod(intent, len(properties))
    texts = [_worded(rng, frames, products[one], properties[which]) for one, which in zip(product, wanted, strict=True)]
    return Questions(texts, intent)


def normalised(text: str) -> str:
    """The words of `text` that say something, in alphabetical order: the key of a careful exact cache."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return " ".join(sorted(word for word in words if word not in EMPTY))


def named_product(text: str) -> str:
    """The product that `text` names, as it is written in the catalogue; empty where it names none letter by letter."""
    named = re.search(rf"\b(?:{'|'.join(SERIES)}) (?:{'|'.join(map(str, NUMBERS))})\b", text)
    return named[0] if named else ""


def _worded(rng: np.random.Generator, frames: list[str], product: str, wordings: list[str]) -> str:
    opening, frame, wanted, ending = (str(rng.choice(part)) for part in (OPENINGS, frames, wordings, ENDINGS))
    text = opening + frame.format(wanted=wanted, product=product) + ending
    return _with_slip(rng, text) if rng.random() < SLIPS else text


def _with_slip(rng: np.random.Generator, text: str) -> str:
    places = [at for at in range(len(text) - 1) if text[at].isalpha() and text[at + 1].isalpha()]
    at = int(rng.choice(places))
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
