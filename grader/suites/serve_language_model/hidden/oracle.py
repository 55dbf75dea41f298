"""What no policy can do better: how many promises can be kept, with everything known in advance."""

from collections.abc import Iterable
from itertools import accumulate

from grader.suites.serve_language_model.world import Request, Scenario, Server


def most_kept(server: Server, scenario: Scenario) -> int:
    """The most requests whose promise can be kept: those that need least, as long as the slots and the time last.

    A request whose promise is kept needs a slot for the step that gives its first token, and then for a step a token
    until it is complete or the scenario ends. No step is shorter than the reading of the weights, nor than the work on
    its tokens. That memory and late arrivals cost more is left out, so no policy keeps more.
    """
    requests, end_s = scenario["requests"], scenario["end_s"]
    by_slots = _fit((_slot_s(server, request, end_s) for request in requests), server["slots"] * end_s)
    return min(by_slots, _fit((_work_s(server, request, end_s) for request in requests), end_s))


def _fit(needed_s: Iterable[float], there_s: float) -> int:
    return sum(total_s <= there_s for total_s in accumulate(sorted(needed_s)))


def _slot_s(server: Server, request: Request, end_s: float) -> float:
    further_s = (request["output"] - 1) * server["weights_s"]
    return float(server["weights_s"] + min(further_s, _streams_s(server, request, end_s)))


def _work_s(server: Server, request: Request, end_s: float) -> float:
    """The work on its prompt, and on the tokens that it must have by the end, if each is as late as it may be."""
    further = min(request["output"] - 1, int(_streams_s(server, request, end_s) / server["gap_s"]))
    context_s = further * request["prompt"] * server["context_s"]
    return float((request["prompt"] + further) * server["token_s"] + context_s)


def _streams_s(server: Server, request: Request, end_s: float) -> float:
    """How long its stream goes on at least, unless it is complete before."""
    return float(max(end_s - request["arrived_s"] - server["first_s"], 0.0))
