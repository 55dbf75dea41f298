"""The scenarios of `serve_language_model`: a server, nine families of requests, each with its published ranges.

Everything is plain data. The server's figures lie around those that the data sheet of an L4 gives for a decoder of
eight thousand million weights: the lesson *Serving language models* computes them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.suite_kit.designs import Range, ScenarioFamily

Server = dict[str, Any]
Scenario = dict[str, Any]
Request = dict[str, Any]

FIRST_S, GAP_S = 2.0, 0.11
SLOTS = 40
SERVER = {
    "memory_tokens": Range(21_000, 23_000, "tokens", whole=True),
    "weights_s": Range(0.050, 0.056, "s"),
    "token_s": Range(0.000125, 0.00014, "s a token"),
    "context_s": Range(4e-7, 4.8e-7, "s a token"),
}
"""A step takes max(weights_s, tokens * token_s) + context * context_s."""


@dataclass(frozen=True)
class Lengths:
    """Tokens, lognormal around a mean with a spread of the logarithm, cut to the range."""

    mean: float
    spread: float
    low: int
    high: int

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """(count,) whole numbers."""
        drawn = self.mean * np.exp(rng.normal(-(self.spread**2) / 2, self.spread, count))
        return np.clip(np.round(drawn), self.low, self.high).astype(int)


QUESTION = Lengths(250, 0.6, 30, 1_000)
DOCUMENT, PAGES = Lengths(3_000, 0.3, 1_500, 6_000), Lengths(1_500, 0.2, 1_000, 2_500)
ANSWER = Lengths(60, 0.7, 4, 300)
TASK, ESSAY = Lengths(600, 0.15, 400, 900), Lengths(180, 0.6, 20, 500)
IDEA, PLOT = Lengths(60, 0.3, 30, 120), Lengths(1_100, 0.15, 800, 1_500)
STORY, TITLE = Lengths(550, 0.15, 400, 800), Lengths(40, 0.5, 4, 120)
IDEAS, TITLES = 26, 0.4
"""The first so many stories are asked for with an idea, the others with a plot; this share asks for a title only."""
LIMITS = (400, 1_000)
"""The most tokens that an answer, and an essay, may have; all clients of a scenario ask for the same."""

FAMILIES = {
    family.name: family
    for family in (
        ScenarioFamily("ordinary", "ordinary", {
            "rate": Range(6.5, 7.5, "requests a second"), "documents": Range(0.04, 0.06, "of them")}),
        ScenarioFamily("documents", "many documents", {
            "rate": Range(2.9, 3.3, "requests a second"), "documents": Range(0.28, 0.34, "of them")}),
        ScenarioFamily("essays", "essays, all asked for at once", {
            "count": Range(95, 105, "requests", whole=True)}),
        ScenarioFamily("stories", "stories, longer than any thrifty reserve", {
            "count": Range(95, 105, "requests", whole=True)}),
        ScenarioFamily("flood", "a tenant floods the server", {
            "rate": Range(3.6, 4.2, "requests a second"), "at": Range(2, 4, "s"),
            "other": Range(19, 21, "requests a second")}),
        ScenarioFamily("returns", "a tenant is back after a pause", {
            "rate": Range(3.9, 4.4, "requests a second"), "at": Range(22, 24, "s"),
            "other": Range(19, 21, "requests a second")}),
        ScenarioFamily("unequal", "a tenant sends pages, the other questions", {
            "rate": Range(4.8, 5.4, "requests a second"), "at": Range(2, 4, "s"),
            "other": Range(9.5, 10.5, "requests with pages a second")}),
        ScenarioFamily("both", "both tenants send too much", {
            "rate": Range(13, 14, "requests a second"), "other": Range(32, 34, "requests a second")}),
        ScenarioFamily("overload", "more than can be answered", {
            "rate": Range(8.6, 9.4, "requests a second"), "prompt": Range(850, 950, "tokens each", whole=True)}),
    )
}  # fmt: skip
TENANTS = ("amber", "blue", "cyan", "green", "red", "violet")
"""Names of tenants, drawn a scenario: none is always the steady one."""
STEADY_S, CONTEST_S, BOTH_S, DRAIN_S, ESSAYS_S = 18.0, 11.0, 12.0, 4.0, 30.0
"""Seconds in which requests arrive, in which two tenants compete; how long a scenario goes on afterwards."""


EARLY, EVEN_FROM_S = 2, 2.5
"""Questions that the other tenant may have at the beginning; from then on both tenants' queues are never empty."""


def draw_server(rng: np.random.Generator) -> Server:
    """A server within the published ranges, and the promise."""
    drawn = {name: span.draw(rng) for name, span in SERVER.items()}
    memory = int(drawn.pop("memory_tokens"))
    figures = {name: float(f"{value:.3g}") for name, value in drawn.items()}
    return {"slots": SLOTS, "memory_tokens": memory, **figures, "first_s": FIRST_S, "gap_s": GAP_S}


def _requests(at_s: np.ndarray, tenant: str, prompt: np.ndarray, output: np.ndarray, limit: int) -> list[Request]:
    columns = zip(at_s.tolist(), prompt.tolist(), np.minimum(output, limit).tolist(), strict=True)
    return [
        {"arrived_s": round(at, 4), "tenant": tenant, "prompt": tokens, "output": written, "limit": limit}
        for at, tokens, written in columns
    ]


def _poisson(rng: np.random.Generator, rate: float, seconds: float) -> np.ndarray:
    gaps = rng.exponential(1 / rate, int(3 * rate * seconds) + 20)
    at_s = np.cumsum(gaps)
    return at_s[at_s < seconds]


def _spread(rng: np.random.Generator, count: int, share: float) -> np.ndarray:
    """(count,) whether a request is one of a share of them, spread evenly."""
    return np.diff(np.floor(np.arange(count + 1) * share + rng.random())) > 0


def _stream(
    rng: np.random.Generator, rate: float, seconds: float, documents: float, tenant: str, from_s: float = 0.0,
    question: Lengths = QUESTION,
) -> list[Request]:  # fmt: skip
    """Questions, and a share of documents, spread evenly over them, as they come."""
    at_s = _poisson(rng, rate, seconds)
    long = _spread(rng, len(at_s), documents)
    prompt = np.where(long, DOCUMENT.draw(rng, len(at_s)), question.draw(rng, len(at_s)))
    return _requests(from_s + at_s, tenant, prompt, ANSWER.draw(rng, len(at_s)), LIMITS[0])


def _early(rng: np.random.Generator, tenant: str) -> list[Request]:
    """Two questions at the very beginning, or none: who came first says nothing of who is the steady tenant."""
    count = EARLY * int(rng.integers(2))
    return _requests(np.zeros(count), tenant, QUESTION.draw(rng, count), ANSWER.draw(rng, count), LIMITS[0])


def _stories(rng: np.random.Generator, count: int, tenant: str) -> list[Request]:
    """Stories within a second: those with the least to compute again come first, and none ends before titles do."""
    place = np.arange(count)
    titles = (place >= IDEAS) & _spread(rng, count, TITLES)
    prompt = np.where(place < IDEAS, IDEA.draw(rng, count), PLOT.draw(rng, count))
    output = np.where(titles, TITLE.draw(rng, count), STORY.draw(rng, count))
    return _requests(place / count, tenant, prompt, output, LIMITS[1])


def _overload(rng: np.random.Generator, rate: float, prompt: int, tenant: str) -> list[Request]:
    """Prompts of one length, each longer than a step may take; as many as the rate says, so that draws are alike."""
    count = round(rate * STEADY_S)
    at_s = np.sort(rng.random(count) * STEADY_S)
    return _requests(at_s, tenant, np.full(count, prompt), ANSWER.draw(rng, count), LIMITS[0])


def draw_scenario(rng: np.random.Generator, family: str) -> Scenario:
    """A scenario of a family: its requests, its end; of two tenants the steady one, and when the other comes."""
    drawn, contest = dict(FAMILIES[family].draw(rng).magnitudes), {}
    steady, other = (str(name) for name in rng.permutation(TENANTS)[:2])
    if family == "essays":
        count = int(drawn["count"])
        some = _requests(np.zeros(count), steady, TASK.draw(rng, count), ESSAY.draw(rng, count), LIMITS[1])
    elif family == "stories":
        some = _stories(rng, int(drawn["count"]), steady)
    elif family == "overload":
        some = _overload(rng, drawn["rate"], int(drawn["prompt"]), steady)
    elif "other" in drawn:
        at_s = drawn.get("at", 0.0)
        seconds = CONTEST_S if "at" in drawn else BOTH_S
        some = _stream(rng, drawn["rate"], at_s + seconds, 0.0, steady)
        asks = PAGES if family == "unequal" else QUESTION
        some += _stream(rng, drawn["other"], seconds, 0.0, other, at_s, asks)
        if "at" in drawn:
            contest = {"steady": steady, "at_s": round(at_s, 4)}
            some += _early(rng, other)
    else:
        some = _stream(rng, drawn["rate"], STEADY_S, drawn["documents"], steady)
    some.sort(key=lambda request: request["arrived_s"])
    end_s = some[-1]["arrived_s"] + {"essays": ESSAYS_S, "stories": ESSAYS_S, "both": 0.0}.get(family, DRAIN_S)
    return {"family": family, "requests": some, "end_s": round(end_s, 3), **contest}


def draw_world(seed: int) -> tuple[Server, dict[str, Scenario]]:
    """The server and a scenario of each family that a seed gives."""
    server = draw_server(np.random.default_rng([seed, 0]))
    return server, {name: draw_scenario(np.random.default_rng([seed, *name.encode()]), name) for name in FAMILIES}
