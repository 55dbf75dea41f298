"""What the student's app is sent: requests by family, ordinary and hostile ones. What is right is not known here.

A request is plain data: `method`, `path`, `type` (its content type), `body` (one byte a character), `pad`, so many
blanks more at the end of the body, and `many`, as how many orders it is sent. `about` says what it is about.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.suites.design_prediction_service.document import EXERCISE

COUNTRIES = ("AT", "DE", "FR", "PL")
FIELDS = ("request_id", "amount_eur", "items", "country")
MOST_BYTES, MOST_ID_CHARACTERS, MOST_EUR, MOST_ITEMS = (
    int(EXERCISE.limit(name)) for name in ("most_bytes", "most_id_characters", "most_eur", "most_items")
)
MANY, MORE = (5_100, 5_600), (10_300, 11_000)
"""So many other orders come before one is sent again, in public and to the grader: a store of a usual size has
forgotten it by then, and one that is made to fit the public number has in the grader's requests."""
NUMBER = "#####"
"""Stands in the body of a request that is sent as many orders, where each of them has its own five digits."""
Request = dict[str, Any]


class Model:
    """The model that an app is given: a risk for each row. It learns meanwhile, and raises while it is down.

    Asked again about a row it answers otherwise than before; its first `down` calls raise RuntimeError.
    """

    def __init__(self, down: int = 0) -> None:
        self.down, self.asked = down, dict[str, int]()

    def __call__(self, rows: list[dict[str, Any]]) -> list[float]:
        if self.down > 0:
            self.down -= 1
            raise RuntimeError("the model is down")
        return [self._risk(row) for row in rows]

    def _risk(self, row: dict[str, Any]) -> float:
        key = json.dumps([row[name] for name in FIELDS[1:]])
        self.asked[key] = self.asked.get(key, 0) + 1
        return risk(row) + 0.01 * (self.asked[key] - 1)


def risk(row: dict[str, Any]) -> float:
    """The risk of an order that the model sees for the first time."""
    return round(0.9 * row["amount_eur"] / (row["amount_eur"] + 40 * row["items"]) + 0.02 * len(row["country"]), 6)


@dataclass
class Writer:
    """Writes requests; every order has an id and an amount that no other has."""

    rng: np.random.Generator
    orders: int = 0

    def order(self) -> dict[str, Any]:
        """A new order, as it must be."""
        self.orders += 1
        name = f"r{self.orders}-{int(self.rng.integers(10**6))}"
        amount, items = round(float(self.rng.uniform(1, 9_000)), 2), int(self.rng.integers(1, MOST_ITEMS))
        return {"request_id": name, "amount_eur": amount, "items": items, "country": str(self.rng.choice(COUNTRIES))}

    def post(self, order: Any, about: str, **changed: Any) -> Request:
        """A request with a body of JSON."""
        return raw(json.dumps(order), about, **changed)

    def with_field(self, name: str, value: Any) -> Request:
        """An order in which one field is not as it must be."""
        return self.post({**self.order(), name: value}, f"{name} {json.dumps(value)}")

    def good(self) -> Request:
        """An ordinary request, after others that were not."""
        return self.post(self.order(), "an ordinary request after these")


def raw(body: str, about: str, **changed: Any) -> Request:
    """A request with any body."""
    first = {"method": "POST", "path": "/predict", "type": "application/json", "body": body, "pad": 0, "many": 1}
    return {**first, "about": about, **changed}


def bodies(request: Request) -> list[str]:
    """The bodies of a request without its blanks: one, or that of each order as which it is sent."""
    if request["many"] == 1:
        return [request["body"]]
    return [request["body"].replace(NUMBER, f"{number:05}") for number in range(request["many"])]


def draw_requests(rng: np.random.Generator, many: tuple[int, int] = MANY) -> dict[str, list[Request]]:
    """New requests of every family; those of a family go to one process of the app, in their order.

    `many` bounds the number of other orders that come before one is sent again; the upper end is left out.
    """
    return {
        "answers": _ordinary(Writer(rng)),
        "wrong values": _wrong_values(Writer(rng)),
        "missing and unknown": _missing(Writer(rng)),
        "broken bodies": _broken(Writer(rng)),
        "sent twice": _twice(Writer(rng), many),
        "elsewhere": _elsewhere(Writer(rng)),
    }


def _ordinary(write: Writer) -> list[Request]:
    edges: list[dict[str, Any]] = [
        {"items": 1},
        {"items": MOST_ITEMS},
        {"amount_eur": MOST_EUR},
        {"amount_eur": 0.01},
        {"request_id": "x" * MOST_ID_CHARACTERS},
    ]
    made = [write.post(write.order(), "an ordinary request") for _ in range(6)]
    made += [write.post({**write.order(), **edge}, f"at the edge: {json.dumps(edge)}") for edge in edges]
    made.append(write.post(dict(reversed(write.order().items())), "fields in another order"))
    made.append(write.post(write.order(), "a type with its charset", type="application/json; charset=utf-8"))
    return [raw("", "the health of the service", method="GET", path="/healthz"), *made]


def _wrong_values(write: Writer) -> list[Request]:
    number, below, above = (round(float(write.rng.uniform(*span)), 1) for span in ((2, 90), (0.1, 1), (1, 9_000)))
    count, more, far = (
        int(write.rng.integers(*span)) for span in ((2, 90), (MOST_ID_CHARACTERS + 1, 60), (300, 9_000))
    )
    abroad = [
        str(country) for country in write.rng.choice(["ES", "IT", "NL", "CZ", "DK", "SE", "EN", "XX"], 2, replace=False)
    ]
    wrong = [
        ("amount_eur", str(number)), ("amount_eur", True), ("amount_eur", None), ("amount_eur", 0),
        ("amount_eur", -below), ("amount_eur", -number), ("amount_eur", MOST_EUR + below),
        ("amount_eur", MOST_EUR + above), ("amount_eur", [number]), ("items", 0), ("items", -count),
        ("items", MOST_ITEMS + 1), ("items", far), ("items", count + 0.5), ("items", str(count)), ("items", True),
        ("items", None), ("items", [count]), *(("country", country) for country in abroad),
        ("country", str(write.rng.choice(COUNTRIES)).lower()), ("country", count), ("country", ["DE"]),
        ("country", None), ("request_id", ""), ("request_id", "y" * (MOST_ID_CHARACTERS + 1)),
        ("request_id", "y" * more), ("request_id", count), ("request_id", None), ("request_id", ["y"]),
    ]  # fmt: skip
    return [*(write.with_field(*wrong[int(k)]) for k in write.rng.permutation(len(wrong))), write.good()]


def _missing(write: Writer) -> list[Request]:
    made = []
    for name in FIELDS:
        order = {field: value for field, value in write.order().items() if field != name}
        made.append(write.post(order, f"{name} is missing"))
    unknown = str(write.rng.choice(["discount", "amount", "Items", "currency"]))
    made += [write.with_field(unknown, None), write.with_field("note", "x" * int(write.rng.integers(1, 90)))]
    return [*made, write.good()]


def _broken(write: Writer) -> list[Request]:
    whole = json.dumps(write.order())
    bodies = {
        "no body": "", "cut short": whole[: int(write.rng.integers(2, len(whole) - 1))], "two objects": whole + whole,
        "bytes that are no UTF-8": whole.replace("request_id", "\xff\xfe"), "a list": f"[{whole}]", "a text": '"order"',
        "null": "null", "4,000 open brackets": "[" * 4_000,
    }  # fmt: skip
    made = [raw(body, about) for about, body in bodies.items()]
    for literal in ("NaN", "Infinity", "-Infinity"):
        text = json.dumps({**write.order(), "amount_eur": 12345}).replace("12345", literal)
        made.append(raw(text, f"amount_eur {literal}"))
    made.append(write.post(write.order(), "too large", pad=int(write.rng.integers(200_000, 900_000))))
    made.append(write.post(write.order(), "a byte too large", pad=0))
    made[-1]["pad"] = MOST_BYTES + 1 - len(made[-1]["body"])
    made += [write.post(write.order(), f"the type {kind}", type=kind) for kind in ("text/plain", "application/xml")]
    made.append(write.post(write.order(), "as large as may be", pad=0))
    made[-1]["pad"] = MOST_BYTES - len(made[-1]["body"])
    return [*made, write.good()]


def _twice(write: Writer, between: tuple[int, int]) -> list[Request]:
    first, second, third = write.order(), write.order(), write.order()
    others = [
        {**first, "amount_eur": round(first["amount_eur"] + float(write.rng.uniform(0.01, 900)), 2)},
        {**first, "items": first["items"] + int(write.rng.choice([-1, 1])) if first["items"] > 1 else 2},
        {**first, "country": str(write.rng.choice([country for country in COUNTRIES if country != first["country"]]))},
    ]
    others = [others[int(k)] for k in write.rng.permutation(len(others))]
    body = json.dumps({**write.order(), "request_id": f"many-{NUMBER}"})
    body = re.sub(r'"amount_eur": [0-9.]+', f'"amount_eur": {int(write.rng.integers(1, 9_000))}.{NUMBER}', body)
    number = int(write.rng.integers(*between))
    many = raw(body, f"{number:,} orders, each with a number in place of {NUMBER}", many=number)
    return [
        write.post(first, "an ordinary request"), write.post(second, "an ordinary request"),
        write.post(first, "the same request again"),
        write.post(dict(reversed(first.items())), "the same request again, fields in another order"),
        *(write.post(other, "its id with another order") for other in others),
        write.post(first, "the same request again, after these"),
        write.post({**third, "items": 0}, "items 0"), write.post(third, "an id that was refused before"),
        many, write.post(second, "the same request again, after many others"),
        write.post(others[0], "another order, after many others"), write.good(),
    ]  # fmt: skip


def _elsewhere(write: Writer) -> list[Request]:
    order, other = write.order(), write.order()
    path = str(write.rng.choice(["/", "/predictions", "/predict/7", "/admin", "/Predict"]))
    return [
        write.post(order, "the model is down"), write.post(order, "the same request, the model up again"),
        raw("", f"GET {path}", method="GET", path=path), write.post(other, "POST /nowhere", path="/nowhere"),
        raw("", "GET /predict", method="GET"), write.post(other, "PUT /predict", method="PUT"),
        raw("", "DELETE /healthz", method="DELETE", path="/healthz"),
        raw("", "the health of the service", method="GET", path="/healthz"), write.good(),
    ]  # fmt: skip


DOWN = {"elsewhere": 1}
"""By family, how many calls the model is down for."""
