"""Why promises were broken in a run, in words. No criterion and no limit may enter here."""

from collections import Counter, defaultdict

from grader.suite_kit.designs import FailureReason
from grader.suites.serve_language_model.simulator import Run, Stream

PREEMPTED = "streams were preempted: they stood still, and what they had held was computed again"
LONG_STEP = "steps took longer than the promised gap, because of the prompts in them"
LEFT_OUT = "streams were left out of steps that others were in"
FREE = "requests waited although slots and memory were free"
FEW_TOKENS = "prompts waited while steps computed few tokens, although slots and memory were free"
OTHER = "requests of the steady tenant waited while those of the other were admitted"
SPENT = "requests were admitted when their promise was broken already, while others waited until theirs was broken too"
SLOW = "prompts were admitted in time and computed in pieces so small that their first token came late"
FULL = "requests waited while the server was full"
FREE_MEMORY, FREE_SLOTS, FEW = 0.7, 0.9, 0.7


def moment(run: Run, streams: list[Stream]) -> FailureReason | None:
    """The cause of most of the broken promises among `streams`, and when it began; None where all were kept."""
    broken = [stream for stream in streams if not run.kept(stream)]
    causes = defaultdict[str, list[Stream]](list)
    for stream in broken:
        causes[cause_of(run, stream)].append(stream)
    if not broken:
        return None
    cause = max(causes, key=lambda name: len(causes[name]))
    first = min(causes[cause], key=lambda stream: stream.arrived_s)
    waited = f"got its first token after {first.first_s:.2f} s" if first.token_s else "got no token"
    detail = (
        f"{len(causes[cause])} of {len(broken)} broken promises have this cause. The first is request {first.number} "
        f"of {first.tenant}, with a prompt of {first.prompt:,}: it {waited}, its longest gap was "
        f"{first.gap_s(run.scenario['end_s']):.2f} s."
    )
    return FailureReason(f"from {first.arrived_s:.1f} s on", cause, detail)


def cause_of(run: Run, stream: Stream) -> str:
    """Why the promise to a stream was broken."""
    server = run.server
    if stream.first_s <= server["first_s"] or run.interrupted(stream):
        if stream.preempted:
            return PREEMPTED
        from_s, to_s = stream.longest_gap(run.scenario["end_s"])
        steps = [step for step in run.steps if from_s - 1e-9 <= step.at_s < to_s]
        longest_s = max((step.takes_s for step in steps), default=0.0)
        return LONG_STEP if longest_s > max(server["gap_s"], (to_s - from_s) / 2) else LEFT_OUT
    if stream.admitted_s <= stream.arrived_s + 0.7 * server["first_s"]:
        return SLOW
    return _why_it_waited(run, stream)


def _why_it_waited(run: Run, stream: Stream) -> str:
    server, until_s = run.server, stream.arrived_s + run.server["first_s"]
    steps = [step for step in run.steps if stream.arrived_s <= step.at_s <= until_s]
    free = Counter(
        step.used_tokens < FREE_MEMORY * server["memory_tokens"] and step.running < FREE_SLOTS * server["slots"]
        for step in steps
    )
    if free[True] > free[False]:
        hidden = server["weights_s"] / server["token_s"]  # tokens whose arithmetic hides under the weights
        return FEW_TOKENS if sum(step.tokens for step in steps) < FEW * hidden * len(steps) else FREE
    admitted = [one for one in run.streams if stream.arrived_s <= one.admitted_s <= until_s]
    if "steady" in run.scenario:
        others = sum(one.tenant != stream.tenant for one in admitted)
        return OTHER if 2 * others >= len(admitted) else FULL
    late = sum(one.admitted_s > one.arrived_s + 0.9 * server["first_s"] for one in admitted)
    return SPENT if 3 * late >= len(admitted) else FULL


def given_less(run: Run, private: bool) -> str:
    """The tenant with fewer tokens: whether it sent more requests or fewer, and where nothing is hidden its name."""
    given, sent = run.given(), Counter(stream.tenant for stream in run.streams)
    fewest = min(given, key=lambda tenant: given[tenant])
    which = "more" if sent[fewest] == max(sent.values()) else "fewer"
    name = "" if private else f" ({fewest}: {given[fewest]:,} tokens of {sum(given.values()):,})"
    return f"the one that sent {which} requests{name} was given"
