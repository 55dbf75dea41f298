"""The scenarios of `serve_language_model`: a server, eight families of requests, each with its published ranges.

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
DOCUMENT = Lengths(3_000, 0.3, 1_500, 6_000)
ANSWER = Lengths(60, 0.7, 4, 300)
TASK, ESSAY = Lengths(600, 0.15, 400, 900), Lengths(180, 0.6, 20, 500)
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
        ScenarioFamily("flood", "a tenant floods the server", {
            "rate": Range(3.6, 4.2, "requests a second"), "at": Range(2, 4, "s"),
            "other": Range(19, 21, "requests a second")}),
        ScenarioFamily("returns", "a tenant is back after a pause", {
            "rate": Range(3.9, 4.4, "requests a second"), "at": Range(22, 24, "s"),
            "other": Range(19, 21, "requests a second")}),
        ScenarioFamily("unequal", "a tenant sends documents, the other questions", {
            "rate": Range(4.8, 5.4, "requests a second"), "at": Range(2, 4, "s"),
            "other": Range(4.5, 5.5, "documents a second")}),
        ScenarioFamily("both", "both tenants send too much", {
            "rate": Range(13, 14, "requests a second"), "other": Range(32, 34, "requests a second")}),
        ScenarioFamily("overload", "more than can be answered", {"rate": Range(19, 21, "requests a second")}),
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


def _stream(
    rng: np.random.Generator, rate: float, seconds: float, documents: float, tenant: str, from_s: float = 0.0
) -> list[Request]:
    """Questions, and a share of documents, spread evenly over them, as they come."""
    at_s = _poisson(rng, rate, seconds)
    long = np.diff(np.floor(np.arange(len(at_s) + 1) * documents + rng.random())) > 0
    prompt = np.where(long, DOCUMENT.draw(rng, len(at_s)), QUESTION.draw(rng, len(at_s)))
    return _requests(from_s + at_s, tenant, prompt, ANSWER.draw(rng, len(at_s)), LIMITS[0])


def _early(rng: np.random.Generator, tenant: str) -> list[Request]:
    """Two questions at the very beginning, or none: who came first says nothing of who is the steady tenant."""
    count = EARLY * int(rng.integers(2))
    return _requests(np.zeros(count), tenant, QUESTION.draw(rng, count), ANSWER.draw(rng, count), LIMITS[0])


def draw_scenario(rng: np.random.Generator, family: str) -> Scenario:
    """A scenario of a family: its requests, its end; of two tenants the steady one, and when the other comes."""
    drawn, contest = dict(FAMILIES[family].draw(rng).magnitudes), {}
    steady, other = (str(name) for name in rng.permutation(TENANTS)[:2])
    if family == "essays":
        count = int(drawn["count"])
        some = _requests(np.zeros(count), steady, TASK.draw(rng, count), ESSAY.draw(rng, count), LIMITS[1])
    elif "other" in drawn:
        at_s = drawn.get("at", 0.0)
        seconds = CONTEST_S if "at" in drawn else BOTH_S
        some = _stream(rng, drawn["rate"], at_s + seconds, 0.0, steady)
        some += _stream(rng, drawn["other"], seconds, float(family == "unequal"), other, at_s)
        if "at" in drawn:
            contest = {"steady": steady, "at_s": round(at_s, 4)}
            some += _early(rng, other)
    else:
        some = _stream(rng, drawn["rate"], STEADY_S, drawn.get("documents", 0.0), steady)
    some.sort(key=lambda request: request["arrived_s"])
    end_s = some[-1]["arrived_s"] + {"essays": ESSAYS_S, "both": 0.0}.get(family, DRAIN_S)
    return {"family": family, "requests": some, "end_s": round(end_s, 3), **contest}


def draw_world(seed: int) -> tuple[Server, dict[str, Scenario]]:
    """The server and a scenario of each family that a seed gives."""
    server = draw_server(np.random.default_rng([seed, 0]))
    return server, {name: draw_scenario(np.random.default_rng([seed, *name.encode()]), name) for name in FAMILIES}
