"""Wald's test: for each slice and measure, how much likelier a fault makes all the counts than chance, as a sum.

kind = "alternative"
"""

# %% verdict
from math import log

WORSE, MOST, ENOUGH = 0.06, 3.0, 7.5  # a minute adds MOST at most, so that one alone is never ENOUGH


def speaks_against(metrics, version, active):
    """The log likelihood ratio of a fault, by slice and measure, of what a minute counted."""
    found, others = {}, metrics.get(active, {})
    asked = sum(other["requests"] for other in others.values())
    for part, mine in metrics[version].items():
        other = others.get(part, {"requests": 0, "errors": 0, "slow": 0})
        for what, normal in (("errors", 0.01), ("slow", 0.02)):
            if sum(counts[what] for counts in others.values()) > 3 * normal * asked:  # trouble of both says nothing
                found[f"{part} {what}"] = 0.0
                continue
            usual = max(normal, (other[what] + 200 * normal) / (other["requests"] + 200))
            worse, bad = min(usual + WORSE, 0.99), mine[what]
            ratio = bad * log(worse / usual) + (mine["requests"] - bad) * log((1 - worse) / (1 - usual))
            found[f"{part} {what}"] = min(max(ratio, -MOST), MOST)
    return found

# %% watch
LADDER = [0.05, 0.25, 0.5, 1.0]
HOLD_MIN = [6, 5, 5, 5, 20]


def watch(state, seen):
    """The state after a look at what was measured in the last minute: it climbs only while nothing is suspected."""
    version, metrics = state["version"], seen["metrics"]
    if metrics is None or version not in metrics:
        return state
    sums = state["bad"] or {}
    new = speaks_against(metrics, version, state["active"])
    sums = {reason: round(max(sums.get(reason, 0.0) + more, 0.0), 3) for reason, more in new.items()}
    place, share = state["place"], seen["routed"].get(version, 0)
    there = seen["shadow"] == version if place == 0 else share >= LADDER[place - 1]
    state = {**state, "bad": sums, "held": state["held"] + 1 if there else 0}
    if state["held"] < HOLD_MIN[place] or max(sums.values()) > MOST:
        return state
    if place < len(LADDER):
        return {**state, "place": place + 1, "held": 0}
    return {**state, "active": version, "released": [*state["released"], version]}

# %% why-not
def why_not(state, seen):
    """Why the version whose turn it is will not be released; empty while nothing speaks against it."""
    needs = {release["version"]: release["needs"] for release in seen["asked"]}
    if needs[state["version"]] > seen["schema"]:
        return "it needs a later schema"
    if seen["health"].get(state["version"]) == "failed":
        return "it failed when it started"
    return next((reason for reason, total in (state["bad"] or {}).items() if total >= ENOUGH), "")
