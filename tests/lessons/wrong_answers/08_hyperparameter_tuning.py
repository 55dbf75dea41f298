"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "halving": [
        (
            """
def halving(curves, keep):  # keeps by the error at the end, which nobody has seen yet
    rungs = [list(curves)]
    for _ in range(len(next(iter(curves.values()))) - 1):
        ordered = sorted(rungs[-1], key=lambda name: curves[name][-1])
        rungs.append(ordered[: max(len(ordered) // keep, 1)])
    return rungs
""",
            "kept by its error at the rung just measured",
        ),
        (
            """
def halving(curves, keep):  # orders every rung by the first
    rungs = [list(curves)]
    for _ in range(len(next(iter(curves.values()))) - 1):
        ordered = sorted(rungs[-1], key=lambda name: curves[name][0])
        rungs.append(ordered[: max(len(ordered) // keep, 1)])
    return rungs
""",
            "ordered by its own errors",
        ),
        (
            """
def halving(curves, keep):  # leaves those kept in their first order
    rungs = [list(curves)]
    for rung in range(len(next(iter(curves.values()))) - 1):
        best = sorted(rungs[-1], key=lambda name: curves[name][rung])[: max(len(rungs[-1]) // keep, 1)]
        rungs.append([name for name in rungs[-1] if name in best])
    return rungs
""",
            "from the best to the worst",
        ),
        (
            """
def halving(curves, keep):  # goes on after the last rung
    rungs = [list(curves)]
    for rung in range(len(next(iter(curves.values())))):
        ordered = sorted(rungs[-1], key=lambda name: curves[name][rung])
        rungs.append(ordered[: max(len(ordered) // keep, 1)])
    return rungs
""",
            "Stop after the last rung",
        ),
        (
            """
def halving(curves, keep):  # of equals the last
    rungs = [list(curves)]
    for rung in range(len(next(iter(curves.values()))) - 1):
        ordered = sorted(reversed(rungs[-1]), key=lambda name: curves[name][rung])
        rungs.append(ordered[: max(len(ordered) // keep, 1)])
    return rungs
""",
            "the one that came first",
        ),
        (
            """
def halving(curves, keep):  # may keep nobody
    rungs = [list(curves)]
    for rung in range(len(next(iter(curves.values()))) - 1):
        ordered = sorted(rungs[-1], key=lambda name: curves[name][rung])
        rungs.append(ordered[: len(ordered) // keep])
    return rungs
""",
            "At least one is kept",
        ),
    ],
    "brackets": [
        (
            """
def brackets(longest, keep):  # forgets the bracket in which nothing is stopped
    last = 0
    while keep ** (last + 1) <= longest:
        last += 1
    return [(-(-(last + 1) * keep**s // (s + 1)), longest // keep**s) for s in range(last, 0, -1)]
""",
            "s goes down to 0",
        ),
        (
            """
def brackets(longest, keep):  # rounds down
    last = 0
    while keep ** (last + 1) <= longest:
        last += 1
    return [((last + 1) * keep**s // (s + 1), longest // keep**s) for s in range(last, -1, -1)]
""",
            "rounded up, not down",
        ),
        (
            """
import math
def brackets(longest, keep):  # trusts the logarithm
    last = int(math.log(longest) / math.log(keep))
    return [(-(-(last + 1) * keep**s // (s + 1)), longest // keep**s) for s in range(last, -1, -1)]
""",
            "one too small",
        ),
    ],
    "seeds": [
        (
            """
def seeds_needed(difference, sd):  # one mean instead of the difference of two
    return max(2, int(np.ceil((2.8 * sd / difference) ** 2)))
""",
            "Both means are uncertain",
        ),
        (
            """
def seeds_needed(difference, sd):  # the difference just reaches the limit: found in half of the cases
    return max(2, int(np.ceil(2 * (1.96 * sd / difference) ** 2)))
""",
            "finds half of the differences",
        ),
        (
            """
def seeds_needed(difference, sd):  # without the square
    return max(2, int(np.ceil(2 * 2.8 * sd / difference)))
""",
            "four times the seeds",
        ),
        (
            """
def seeds_needed(difference, sd):  # one training each where the difference is large
    return int(np.ceil(2 * (2.8 * sd / difference) ** 2))
""",
            "has no spread",
        ),
        (
            """
def seeds_needed(difference, sd):  # rounds to the nearest
    return max(2, round(2 * (2.8 * sd / difference) ** 2))
""",
            "Round up",
        ),
    ],
}
