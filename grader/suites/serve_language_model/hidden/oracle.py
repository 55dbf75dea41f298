"""What no policy can do better: how many promises can be kept, with everything known in advance."""

from grader.suites.serve_language_model.world import Request, Scenario, Server


def most_kept(server: Server, scenario: Scenario) -> int:
    """The most requests whose promise can be kept: those with the fewest steps, as long as the slots last.

    A request whose promise is kept needs a slot for the step that gives its first token, and then for a step a token
    until it is complete or the scenario ends. No step is shorter than the reading of the weights. That a prompt, the
    memory and late arrivals cost more is left out, so no policy keeps more.
    """
    needed = sorted(_slot_s(server, request, scenario["end_s"]) for request in scenario["requests"])
    left_s, kept = server["slots"] * scenario["end_s"], 0
    for slot_s in needed:
        left_s -= slot_s
        kept += left_s >= 0
    return kept


def _slot_s(server: Server, request: Request, end_s: float) -> float:
    further_s = (request["output"] - 1) * server["weights_s"]
    to_the_end_s = max(end_s - request["arrived_s"] - server["first_s"], 0.0)
    return float(server["weights_s"] + min(further_s, to_the_end_s))
