"""Stages by name, and no count of bad minutes: the median of the last five minutes' excess over the active version.

kind = "alternative"
"""

# %% verdict
from statistics import median


def speaks_against(metrics, version, active):
    """The largest excess of a share of bad answers, of any slice, less one answer and what chance can make."""
    worst = 0.0
    for part, mine in metrics[version].items():
        base = metrics[active][part] if active in metrics else {"requests": 10_000, "errors": 100, "slow": 200}
        for what in ("errors", "slow"):
            usual, n = base[what] / base["requests"], max(mine["requests"], 1)
            worst = max(worst, (mine[what] - 1) / n - usual - 2.5 * (max(usual, 0.01) / n) ** 0.5)
    return worst

# %% step
STAGES = {"shadow": (0.0, 6, "canary"), "canary": (0.05, 6, "quarter"), "quarter": (0.25, 6, "half"), "half": (0.5, 6, "full")}


def fresh(version):
    return {"name": version, "stage": "shadow", "excess": [], "minutes": 0}


def measured(release, seen, active):
    """The release after the last minute's metrics."""
    name = release["name"]
    if not seen["metrics"] or name not in seen["metrics"]:
        return release
    release = {**release, "excess": [*release["excess"], speaks_against(seen["metrics"], name, active)][-5:]}
    share = STAGES[release["stage"]][0] if release["stage"] != "full" else 1.0
    arrived = seen["shadow"] == name if share == 0 else abs(seen["routed"].get(name, 0) - share) < 1e-9
    minutes = release["minutes"] + 1 if arrived else 0
    if release["stage"] != "full" and minutes >= STAGES[release["stage"]][1] and median(release["excess"]) < 0.02:
        return {**release, "stage": STAGES[release["stage"]][2], "minutes": 0}
    return {**release, "minutes": minutes}


def verdict(release, seen):
    """"go on", "released", or why not."""
    need = {request["version"]: request["needs"] for request in seen["asked"]}[release["name"]]
    if need > seen["schema"] or seen["health"].get(release["name"]) == "failed":
        return "does not run here"
    if len(release["excess"]) >= 3 and median(release["excess"][-5:]) > 0.03:
        return "worse than the active version"
    return "released" if release["stage"] == "full" and release["minutes"] >= 21 else "go on"


def step(state, seen):
    memory = state or {"active": "v1", "old": [], "release": None}
    over = [*seen["refused"], *memory["old"], memory["active"]]
    queue = [request["version"] for request in seen["asked"] if request["version"] not in over]
    release = memory["release"]
    if release and release["name"] in over or release is None:
        release = fresh(queue[0]) if queue else None
    out = []
    if release:
        release = measured(release, seen, memory["active"])
        said = verdict(release, seen)
        if said == "released":
            memory = {**memory, "active": release["name"], "old": [*memory["old"], memory["active"]]}
            release = None
        elif said != "go on":  # what was found stays in the state until the refusal is seen
            out.append({"refuse": release["name"], "why": said})
    target = {memory["active"]: 1.0}
    if release and not out:
        name, ready = release["name"], seen["health"].get(release["name"]) == "ready"
        if name not in seen["health"]:
            out.append({"start": name})
        if ready and release["stage"] == "shadow" and seen["shadow"] != name:
            out.append({"shadow": name})
        if ready and release["stage"] == "full":
            target = {name: 1.0}
        elif ready and release["stage"] != "shadow":
            share = STAGES[release["stage"]][0]
            target = {memory["active"]: 1 - share, name: share}
    if target != seen["routed"]:
        out.append({"route": target})
    kept = {*target, *seen["routed"], memory["active"], release["name"] if release else ""}
    return {**memory, "release": release}, out + [{"stop": running} for running in seen["health"] if running not in kept]
