"""No place on a ladder: the share follows from the minutes measured at each share so far, by version.

kind = "alternative"
"""

# %% step
RUNGS = (0.05, 0.25, 0.5)
NONE = {"copies": 0, "minutes": [0, 0, 0], "full": 0, "last": [], "over": ""}


def excess(mine, other):
    """Whether a slice has clearly more bad answers of a kind than expected."""
    for kind, normal in (("errors", 0.01), ("slow", 0.02)):
        rate = max(normal, other[kind] / other["requests"]) if other else normal
        if mine[kind] > 1.5 + mine["requests"] * (rate + 0.01) + 2 * (mine["requests"] * rate) ** 0.5:
            return 1
    return 0


def learn(book, name, active, seen):
    """What is known of a version, with the last minute."""
    known, share = book.get(name, NONE), seen["routed"].get(name, 0)
    if seen["metrics"] and name in seen["metrics"]:
        arm = seen["metrics"].get(active, {})
        bad = max(excess(counts, arm.get(part)) for part, counts in seen["metrics"][name].items())
        known = {
            "copies": known["copies"] + (share == 0),
            "minutes": [n + (share >= rung) for n, rung in zip(known["minutes"], RUNGS)],
            "full": known["full"] + 1 if share == 1 else 0,
            "last": (known["last"] + [bad])[-4:],
            "over": known["over"],
        }
    if sum(known["last"]) >= 3:
        known = {**known, "over": "three of four minutes were bad"}
    return known


def allowed(known):
    """The share that the evidence allows: nothing before seven copied minutes."""
    if known["copies"] < 7:
        return 0.0
    reached = [rung for rung, before in zip((0.25, 0.5, 1.0), known["minutes"]) if before >= 6]
    return max(reached, default=0.05)


def step(state, seen):
    state = state or {"active": next(iter(seen["routed"])), "book": {}, "released": []}
    book, active, released, actions = dict(state["book"]), state["active"], state["released"], []
    turn = next((release for release in seen["asked"] if release["version"] not in [*seen["refused"], *released]), None)
    wanted, share = None, 0.0
    if turn:
        wanted = turn["version"]
        book[wanted] = learn(book, wanted, active, seen)
        health, known = seen["health"].get(wanted, "absent"), book[wanted]
        if turn["needs"] > seen["schema"] or health == "failed" or known["over"]:
            actions.append({"refuse": wanted, "why": known["over"] or "cannot run"})
            wanted = None
        elif known["full"] >= 20:
            active, released, wanted = wanted, [*released, wanted], None
        elif health == "absent":
            actions.append({"start": wanted})
        elif health == "ready":
            now = seen["routed"].get(wanted, 0.0)
            share = min(allowed(known), now) if seen["metrics"] is None else allowed(known)
            actions += [{"shadow": wanted}] if share == 0 else [{"shadow": None}]
    split = {active: 1.0 - share, wanted: share} if share else {active: 1.0}
    actions.append({"route": {name: part for name, part in split.items() if part > 0}})
    for name in seen["health"]:
        if name not in (active, wanted) and not seen["routed"].get(name):
            actions.append({"stop": name})
    return {"active": active, "book": book, "released": released}, actions
