"""Keeps a ladder of its own: repeats each order every minute, holds each share twice as long, never reads `routed`.

kind = "wrong"
points = { test-releases = 3, test-restarts = 0 }
says = ["v1 was stopped while it was the version to go back to (rule 8)", "The router restarted in minute"]
"""

# %% step
PLACES, HOLD, ROUTER_MIN = [0.0, 0.05, 0.25, 0.5, 1.0], [7, 10, 10, 10, 26], 5


def step(state, seen):
    state = state or {"active": "v1", "released": [], "version": None, "since": 0}
    ended = [*state["released"], *seen["refused"]]
    turn = next((release for release in seen["asked"] if release["version"] not in ended), {"version": None})
    active, version, metrics = state["active"], turn["version"], seen["metrics"]
    if version != state["version"]:
        since = seen["minute"] if state["version"] else state["since"]  # a refused one still gets requests for a while
        state = {**state, "version": version, "since": since, "place": 0, "held": 0, "last": [], "no": ""}
    over = [other for other in seen["health"] if other not in (active, version)]
    stops = [{"stop": other} for other in over if seen["minute"] - state["since"] > ROUTER_MIN]
    if version is None:
        return state, [{"route": {active: 1.0}}, *stops]
    health = seen["health"].get(version)
    if health == "ready" and metrics and version in metrics:
        last = [*state["last"], speaks_against(metrics, version, active)][-5:]
        state = {**state, "last": last, "held": state["held"] + 1, "no": "bad" if sum(last) >= 3 else state["no"]}
    if turn["needs"] > seen["schema"] or health == "failed" or state["no"]:
        return state, [{"route": {active: 1.0}}, {"refuse": version, "why": state["no"] or "it cannot run"}, *stops]
    if health != "ready":
        return state, [*stops, *([] if health else [{"start": version}])]
    if state["held"] >= HOLD[state["place"]] and state["place"] == 4:
        released = [*state["released"], version]
        return {**state, "active": version, "released": released, "version": None, "since": 0}, stops
    if state["held"] >= HOLD[state["place"]]:
        state = {**state, "place": state["place"] + 1, "held": 0}
    share = PLACES[state["place"]]
    route = {name: part for name, part in ((active, 1 - share), (version, share)) if part}
    return state, [{"shadow": None if share else version}, {"route": route}, *stops]
