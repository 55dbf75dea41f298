"""A machine of the right form that climbs by shares and waits of any size, and goes back after any number of bad minutes.

kind = "random"
"""

# %% step
import random

rng = random.Random(seed)
shares = sorted(round(rng.uniform(0.01, 0.9), 2) for _ in range(rng.randrange(4))) + [1.0]
wait_min, watch_min, patience, limit = rng.randrange(1, 15), rng.randrange(1, 40), rng.randrange(1, 9), rng.uniform(0.01, 0.3)
shadows, remembers, waits_for_metrics = (rng.random() < 0.5 for _ in range(3))


def bad_share(slices):
    return sum(part["errors"] + part["slow"] for part in slices.values()) / max(sum(part["requests"] for part in slices.values()), 1)


def step(state, seen):
    state = state or {"active": "v1", "version": None, "minutes": 0, "bad": 0, "done": []}
    waiting = [release["version"] for release in seen["asked"] if release["version"] not in seen["refused"] + state["done"]]
    version = waiting[0] if waiting else None
    if version != state["version"]:
        state = state | {"version": version, "minutes": 0, "bad": 0}
    if version is None:
        return state, [{"stop": running} for running in seen["health"] if running not in seen["routed"]]
    health, metrics = seen["health"].get(version), seen["metrics"]
    if health is None:
        return state, [{"start": version}]
    if health != "ready":
        return state, []
    bad = bool(metrics) and version in metrics and bad_share(metrics[version]) > limit
    state = state | {"bad": state["bad"] + 1 if bad else state["bad"] * remembers}
    if state["bad"] >= patience:
        return state, [{"route": {state["active"]: 1.0}}, {"refuse": version, "why": "bad"}]
    state["minutes"] += 1 if metrics or not waits_for_metrics else 0
    place = state["minutes"] // wait_min - shadows
    if place < 0:
        return state, [{"shadow": version}]
    share = shares[min(place, len(shares) - 1)]
    if state["minutes"] > wait_min * (len(shares) + shadows) + watch_min:
        state = state | {"done": [*state["done"], version], "active": version}
    return state, [{"route": {version: share} if share == 1 else {state["active"]: 1 - share, version: share}}]
