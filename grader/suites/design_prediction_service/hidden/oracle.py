"""What an app must reply, by rules alone: written from the statement, without a web framework.

A right reply is {"status": those that are right, "risk": the number} or {"status": ..., "field": what it must name}.
"""

import json
from typing import Any

from grader.suites.design_prediction_service.api import (
    COUNTRIES,
    MOST_BYTES,
    MOST_EUR,
    MOST_ID_CHARACTERS,
    MOST_ITEMS,
    Request,
    bodies,
    risk,
)

ROUTES = {"/predict": "POST", "/healthz": "GET"}


def expected(requests: list[Request], down: int = 0) -> list[dict[str, Any]]:
    """What is right for each of the requests to one process, whose model raises at its first `down` calls.

    Of a request that is sent as many orders it is what is right for the last.
    """
    right, decided = [], dict[str, dict[str, Any]]()
    for one in requests:
        for body in bodies(one):
            found = _refusal(one) or _order(body)
            if "order" in found:
                order = found["order"]
                before = decided.get(order["request_id"])
                if before is None and down > 0:
                    down, found = down - 1, {"status": [503]}
                elif before is None or before == order:
                    decided[order["request_id"]] = order
                    found = {"status": [200], "risk": risk(order)}
                else:
                    found = {"status": [409]}
        right.append(found)
    return right


def _refusal(request: Request) -> dict[str, Any] | None:
    """What is wrong before the body is read; the health of the service, which has none; or None."""
    if request["path"] not in ROUTES:
        return {"status": [404]}
    if request["method"] != ROUTES[request["path"]]:
        return {"status": [405]}
    if request["path"] == "/healthz":
        return {"status": [200]}
    if len(request["body"]) + request["pad"] > MOST_BYTES:
        return {"status": [413]}
    return None if request["type"].partition(";")[0] == "application/json" else {"status": [415]}


def _order(body: str) -> dict[str, Any]:
    """The order in a body, or how it is refused."""

    def no_json(literal: str) -> None:
        raise ValueError(literal)

    try:
        order = json.loads(body.encode("latin-1").decode("utf-8"), parse_constant=no_json)
    except (ValueError, RecursionError):
        literals = ("NaN", "Infinity")
        return {"status": [400, 422] if any(literal in body for literal in literals) else [400]}
    if not isinstance(order, dict):
        return {"status": [400]}
    rules = {
        "request_id": lambda value: type(value) is str and 1 <= len(value) <= MOST_ID_CHARACTERS,
        "amount_eur": lambda value: type(value) in (int, float) and 0 < value <= MOST_EUR,
        "items": lambda value: type(value) is int and 1 <= value <= MOST_ITEMS,
        "country": lambda value: type(value) is str and value in COUNTRIES,
    }
    for name in {**rules, **order}:
        if name not in order or name not in rules or not rules[name](order[name]):
            return {"status": [422], "field": name}
    return {"order": order}
