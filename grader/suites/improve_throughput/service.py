"""The scorer that is right and slow: will this visit end with a purchase?

This is the code that `improve_throughput` hands to the student, as a team might have left it. Nothing here may be
faster than it was found, and nothing of the tests may enter.
"""

import csv
import json
import math
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DECAY = 0.9
TINY = 1e-5


class SlowScorer:
    """Scores visits one row at a time."""

    def __init__(self) -> None:
        """Reads the model: `pages` and their `vectors`, of which the first is that of any unknown page; two layers."""
        with open(HERE / "pages.csv", newline="") as file:
            table = list(csv.reader(file))
        self.pages = [name for name, *_ in table]
        self.vectors = [[float(number) for number in numbers] for _, *numbers in table]
        model = json.loads((HERE / "model.json").read_text())
        self.hidden, self.hidden_bias = model["hidden"], model["hidden_bias"]  # a row of weights a hidden unit
        self.output, self.output_bias = model["output"], model["output_bias"]

    def predict_many(self, rows: list[Any]) -> list[float | None]:
        """For each row the probability of a purchase, None for a row that is no visit."""
        answers: list[float | None] = []
        for row in rows:
            try:
                answers.append(self.predict(row))
            except ValueError:
                answers.append(None)
        return answers

    def predict(self, row: Any) -> float:
        """The probability for one row. Raises ValueError for what is no text, or has no page."""
        if not isinstance(row, str) or not row.split():
            raise ValueError(f"a visit is a text with the names of its pages, not {row!r}")
        vectors = [self.vector(name) for name in self.names(row)]
        self.banner = self.nearest(vectors[-1])
        return self.score(self.mean(vectors) + self.largest(vectors))

    def names(self, row: str) -> list[str]:
        """The names of the pages in small letters, read character by character."""
        names, name = [], ""
        for character in row.lower() + " ":
            if not character.isspace():
                name += character
            elif name:
                names.append(name)
                name = ""
        return names

    def vector(self, name: str) -> list[float]:
        """The vector of a page, scaled to length one."""
        found = self.vectors[self.pages.index(name) if name in self.pages else 0]
        length = math.sqrt(sum(number**2 for number in found))
        return [number / length for number in found]

    def nearest(self, vector: list[float], number: int = 3) -> list[str]:
        """The pages most like one, for the banner below it. The banner was switched off in May."""
        likeness = [sum(one * other for one, other in zip(vector, found, strict=True)) for found in self.vectors]
        order = sorted(range(len(likeness)), key=lambda page: -likeness[page])
        return [self.pages[page] for page in order[:number]]

    def mean(self, vectors: list[list[float]]) -> list[float]:
        """The weighted mean: the last page has weight 1, each page before it 0.9 times the weight of the next."""
        weights = [DECAY**back for back in range(len(vectors))][::-1]
        total = [0.0] * len(vectors[0])
        for weight, vector in zip(weights, vectors, strict=True):
            for place, number in enumerate(vector):
                total[place] += weight * number
        return [number / sum(weights) for number in total]

    def largest(self, vectors: list[list[float]]) -> list[float]:
        """The largest number at each place of the vectors."""
        return [max(vector[place] for vector in vectors) for place in range(len(vectors[0]))]

    def normalised(self, numbers: list[float]) -> list[float]:
        """The numbers of one row with mean 0 and standard deviation 1, as a layer normalisation makes them."""
        mean = sum(numbers) / len(numbers)
        variance = sum((number - mean) ** 2 for number in numbers) / len(numbers)
        return [(number - mean) / math.sqrt(variance + TINY) for number in numbers]

    def score(self, inputs: list[float]) -> float:
        """A layer of hidden units, cut off at zero, then one output, as a probability; what goes in is normalised."""
        units = []
        inputs = self.normalised(inputs)
        for weights, bias in zip(self.hidden, self.hidden_bias, strict=True):
            unit = bias
            for weight, number in zip(weights, inputs, strict=True):
                unit += weight * number
            units.append(max(unit, 0.0))
        total = self.output_bias
        for weight, unit in zip(self.output, self.normalised(units), strict=True):
            total += weight * unit
        return 1.0 / (1.0 + math.exp(-total))
