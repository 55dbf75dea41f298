"""A first afternoon: phases in the state, all users together, a limit of five points, minutes counted from the order on.

kind = "wrong"
first_try = true
points = { test-releases = 3, test-faults = 5, test-restarts = 0 }
says = ["A version that errs for a small slice only", "the router had done at once what was ordered"]
"""

# %% step
STEPS = [0.05, 0.25, 0.5, 1.0]
LIMIT = 0.05


def bad_rate(slices):
    total = sum(part["requests"] for part in slices.values())
    return sum(part["errors"] + part["slow"] for part in slices.values()) / total if total else 0.0


def step(state, seen):
    state = state or {"active": "v1", "version": None, "phase": "idle", "minutes": 0, "released": []}
    version, active = state["version"], state["active"]
    if state["phase"] == "idle":
        queue = [release for release in seen["asked"] if release["version"] not in seen["refused"] + state["released"]]
        if not queue:
            return state, []
        version = queue[0]["version"]
        if queue[0]["needs"] > seen["schema"]:
            return state, [{"refuse": version, "why": "schema"}]
        return {**state, "version": version, "phase": "starting", "minutes": 0}, [{"start": version}]
    if state["phase"] == "starting":
        health = seen["health"].get(version)
        if health == "failed":
            return {**state, "phase": "idle"}, [{"refuse": version, "why": "failed"}, {"stop": version}]
        if health == "ready":
            return {**state, "phase": "shadow", "minutes": 0}, [{"shadow": version}]
        return state, []
    metrics = seen["metrics"]
    if not metrics or version not in metrics:
        return state, []
    usual = bad_rate(metrics[active]) if active in metrics else 0.03
    if bad_rate(metrics[version]) > usual + LIMIT:
        state = {**state, "bad": state.get("bad", 0) + 1}
        if state["bad"] >= 2:
            back = [{"shadow": None}, {"route": {active: 1.0}}, {"refuse": version, "why": "bad"}, {"stop": version}]
            return {**state, "phase": "idle", "bad": 0}, back
        return state, []
    state = {**state, "bad": 0, "minutes": state["minutes"] + 1}
    if state["phase"] == "shadow":
        if state["minutes"] >= 5:
            return {**state, "phase": "ladder", "place": 0, "minutes": 0}, [
                {"shadow": None}, {"route": {active: 1 - STEPS[0], version: STEPS[0]}}
            ]
        return state, []
    place = state["place"]
    if place == 3:
        if state["minutes"] >= 21:
            released = [*state["released"], version]
            return {**state, "phase": "idle", "active": version, "released": released}, [{"stop": active}]
        return state, []
    if state["minutes"] >= 6:
        share = STEPS[place + 1]
        route = {version: 1.0} if share == 1 else {active: 1 - share, version: share}
        return {**state, "place": place + 1, "minutes": 0}, [{"route": route}]
    return state, []
