"""A simulated support desk: documents that change from day to day, customers who ask, agents who note the document.

Everything is drawn here: products, what the documents say, who may read them, how customers word a question, and which
questions no document answers. So the right document of each question is known, and when it changed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataCard

EVERYBODY, DEALERS, NOBODY = -1, -2, -1
"""Readers of a document that belongs to no single customer; the document of a question that none answers."""
SERIES = ("Aldera", "Borvik", "Calnor", "Dunmere", "Eskil", "Fjordline", "Grantham", "Halvor", "Isel", "Jorvik")
NUMBERS = (200, 210, 300, 310, 400, 500)
OPENINGS = ("", "", "Hello, ", "Good morning. ", "Quick question: ")
ENDINGS = ("", "", " Thanks.", " I could not find it.")


@dataclass(frozen=True)
class Topic:
    """What a document says of its product, what follows, how customers ask, and the smallest and largest value.

    The first two wordings use the document's own words, the others do not. For an order, the product is its code.
    """

    says: str
    adds: str
    asked: tuple[str, ...]
    values: tuple[int, int]


TOPICS = {
    "price": Topic(
        "The price of the {product} is {value} euros.", "Prices include value added tax.",
        ("what is the price of the {product}", "the current price of a {product} please",
         "how much does a {product} cost", "what do I pay for the {product}", "how expensive is the {product}"),
        (60, 900),
    ),
    "delivery": Topic(
        "Delivery of the {product} takes {value} working days.", "We send it from our own warehouse.",
        ("what is the delivery time of the {product}", "how many days does delivery of a {product} take",
         "when would a {product} arrive", "how long until I get the {product}", "how fast do you ship a {product}"),
        (1, 30),
    ),
    "returns": Topic(
        "The {product} may be returned within {value} days.", "Keep the box for it.",
        ("within how many days may the {product} be returned", "may a {product} be returned",
         "can I send the {product} back", "I do not like my {product}, until when can I get my money back",
         "how long may I try the {product} out"),
        (14, 90),
    ),
    "warranty": Topic(
        "The warranty on the {product} lasts {value} months.", "It covers faults of material.",
        ("how many months does the warranty on the {product} last", "what is the warranty on a {product}",
         "my {product} broke, is it covered", "how long is the {product} guaranteed",
         "who pays if the {product} is defective"),
        (12, 84),
    ),
    "battery": Topic(
        "One charge of the battery runs the {product} for {value} hours.", "The battery can be changed without tools.",
        ("how many hours does one charge run the {product}", "battery of the {product} hours",
         "how long does the {product} work unplugged", "how soon is the {product} empty",
         "how long can I use the {product} on the road"),
        (2, 60),
    ),
    "software": Topic(
        "The current software of the {product} is version {value}.", "It installs itself at night.",
        ("which software version is current for the {product}", "current version of the {product} software",
         "what is the latest update of the {product}", "which firmware should my {product} have",
         "is there something newer to install on the {product}"),
        (100, 990),
    ),
    "dealer price": Topic(
        "Dealers buy the {product} for {value} euros net.", "The terms hold for orders of ten or more.",
        ("what do dealers buy the {product} for", "net euros of the {product} for dealers",
         "our purchase conditions for the {product}", "what does the {product} cost a reseller",
         "wholesale figure of the {product}"),
        (40, 600),
    ),
    "order": Topic(
        "Order {product} leaves our warehouse in {value} days.", "You may change the address until then.",
        ("when does order {product} leave the warehouse", "order {product} leaves in how many days",
         "where is my parcel {product}", "has {product} been sent yet", "what about {product}, I am still waiting"),
        (1, 60),
    ),
}  # fmt: skip
UNANSWERED = (  # the last eight come close to what a document says
    "is the {product} made of recycled plastic",
    "may the {product} go into the dishwasher",
    "does the {product} come in green",
    "how loud is the {product}",
    "is the {product} safe for small children",
    "what is the price of a spare battery for the {product}",
    "how much does a case for the {product} cost",
    "how long is the battery of the {product} guaranteed",
    "when would a spare lid for the {product} arrive",
    "may the opened filter of the {product} be returned",
    "is a cracked screen of the {product} covered",
    "which software do I need on my telephone for the {product}",
    "can I send the {product} back to a shop abroad",
)
KINDS = {"document's words": 0.3, "other words": 0.36, "own order": 0.1, "no document": 0.16, "not allowed": 0.08}
"""How often each kind of question comes; the last asks for the order of another, or as no dealer for their price."""


@dataclass(frozen=True)
class DeskStream:
    """`questions` in order of time, their `truth` by question, and every version of every `documents`."""

    questions: pd.DataFrame
    truth: pd.DataFrame
    documents: pd.DataFrame
    card: DataCard


def documents_at(documents: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """The version of each document that was valid at `moment`, in the order of their numbers."""
    known = documents[documents["valid_from"] <= moment]
    return known.groupby("document_id", sort=True).tail(1).sort_values("document_id", ignore_index=True)


class DeskSimulator:
    """A shop's documents and its customers' questions, from 2026-01-05 on; each `advance` draws the next days.

    `change_rate`: the share of the documents that is rewritten each night. A tenth of the `customers` are dealers.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        questions_a_day: int = 160,
        customers: int = 400,
        change_rate: float = 0.01,
        orders: int = 150,
    ):
        self.rng, self.questions_a_day, self.change_rate = rng, questions_a_day, change_rate
        self.dealer = rng.permutation(customers) < customers // 10
        self.day, self._next_id = pd.Timestamp("2026-01-05"), 1
        names = [f"{series} {number}" for series in SERIES for number in NUMBERS]
        public = [(topic, name) for name in names for topic in TOPICS if topic != "order"]
        codes = rng.choice(9_000, orders, replace=False) + 1_000
        private = [("order", f"{'ABCDEFGH'[code % 8]}{code}") for code in codes]
        self.topics, self.names = map(np.array, zip(*public, *private, strict=True))
        owner = rng.integers(customers, size=orders)
        shared = np.where(self.topics[: len(public)] == "dealer price", DEALERS, EVERYBODY)
        self.readers = np.concatenate([shared, owner])
        self._often = (weight := 1 / np.arange(1, len(public) + 1) ** 0.8) / weight.sum()
        self._order = rng.permutation(len(public))
        aged = self.day - pd.to_timedelta(rng.geometric(change_rate, len(self.names)), unit="D")
        self.documents = self._versions(np.arange(len(self.names)), aged)

    def _versions(self, numbers: np.ndarray, valid_from: object) -> pd.DataFrame:
        texts = []
        for number in numbers:
            topic = TOPICS[self.topics[number]]
            value = self.rng.integers(topic.values[0], topic.values[1] + 1)
            texts.append(f"{topic.says.format(product=self.names[number], value=value)} {topic.adds}")
        version = {"document_id": numbers, "readers": self.readers[numbers], "valid_from": valid_from, "text": texts}
        return pd.DataFrame(version).astype({"valid_from": "datetime64[us]"})

    def advance(self, days: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The questions of the next `days` and their truth; what was rewritten meanwhile stands in `documents`."""
        made = [self._day() for _ in range(days)]
        questions, truth = (pd.concat(parts) for parts in zip(*made, strict=True))
        return questions.reset_index(drop=True), truth

    def stream(self, days: int) -> DeskStream:
        """The stream of the next `days`."""
        questions, truth = self.advance(days)
        return DeskStream(questions, truth, self.documents, simulator_card(len(questions)))

    def _day(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        rng = self.rng
        changed = np.flatnonzero(rng.random(len(self.names)) < self.change_rate)
        self.documents = pd.concat([self.documents, self._versions(changed, self.day)], ignore_index=True)
        count = rng.poisson(self.questions_a_day)
        kinds = rng.choice(list(KINDS), count, p=list(KINDS.values()))
        rows = [self._question(kind) for kind in kinds]
        seconds = np.sort(rng.integers(6 * 3600, 23 * 3600, count))
        ids = np.arange(self._next_id, self._next_id + count)
        customer, target, text, wording = zip(*rows, strict=True)
        questions = pd.DataFrame({
            "question_id": ids,
            "time": (self.day + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us]"),
            "customer_id": np.array(customer, dtype=np.int64),
            "dealer": self.dealer[list(customer)],
            "text": text,
        })  # fmt: skip
        truth = self._truth(kinds, np.array(target), questions).assign(wording=wording)
        self._next_id, self.day = self._next_id + count, self.day + pd.Timedelta(days=1)
        return questions, truth

    def _question(self, kind: str) -> tuple[int, int, str, str]:
        """Who asks, which document answers it for this customer, the text, and its wording without a product."""
        rng = self.rng
        customer = int(rng.integers(len(self.dealer)))
        private = np.flatnonzero(self.readers >= 0)
        number = int(self._order[rng.choice(len(self._order), p=self._often)])
        if kind == "own order":
            number = int(rng.choice(private))
            customer = int(self.readers[number])
        elif kind == "not allowed":
            number = int(rng.choice(private if rng.random() < 0.6 else np.flatnonzero(self.readers == DEALERS)))
            while self._may_read(customer, number):
                customer = int(rng.integers(len(self.dealer)))
        elif self.readers[number] == DEALERS and not self.dealer[customer]:
            customer = int(rng.choice(np.flatnonzero(self.dealer)))
        asked = TOPICS[self.topics[number]].asked
        wordings = {"document's words": asked[:2], "other words": asked[2:], "no document": UNANSWERED}
        wording = str(rng.choice(wordings.get(kind, asked)))
        text = f"{rng.choice(OPENINGS)}{wording.format(product=self.names[number])}?{rng.choice(ENDINGS)}"
        return customer, NOBODY if kind in ("no document", "not allowed") else number, text, wording

    def _may_read(self, customer: int, number: int) -> bool:
        readers = self.readers[number]
        return readers == customer or (readers == DEALERS and bool(self.dealer[customer]))

    def _truth(self, kinds: np.ndarray, target: np.ndarray, questions: pd.DataFrame) -> pd.DataFrame:
        rng, count = self.rng, len(questions)
        valid_from = documents_at(self.documents, self.day)["valid_from"].to_numpy()
        noted = np.where(rng.random(count) < 0.02, rng.integers(len(self._order), size=count), target)
        minutes, days = rng.exponential(20, count), rng.exponential(2, count)
        return pd.DataFrame({
            "kind": kinds,
            "document_id": target,
            "valid_from": np.where(target == NOBODY, np.datetime64("NaT", "us"), valid_from[target]),
            "noted_id": noted,  # by an agent who answers or audits; one in fifty notes another document
            "noted_after": pd.to_timedelta(minutes, unit="m"),
            "lottery": rng.random(count),
            "complains": rng.random(count),
            "complains_after": pd.to_timedelta(days, unit="D"),
        }, index=pd.Index(questions["question_id"], name="question_id"))  # fmt: skip


def simulator_card(rows: int) -> DataCard:
    """The card of `rows` simulated questions."""
    notes = ("documents, questions and customers are drawn from lists of wordings", "agents err in one of fifty notes")
    source = "case_studies.assistant.support_desk"
    return DataCard("simulated support questions", rows, "MIT", real=False, source=source, notes=notes)
