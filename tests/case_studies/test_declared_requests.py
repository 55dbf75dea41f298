"""Bodies made from what a case's endpoints declare, right ones and broken ones, sent to its app in this process.

Which model an endpoint reads shows in the fields that it asks for where there are none. A body that the model takes is
answered, or refused by a field of it. Of a body that breaks it each broken field is named, and nothing is kept. Nothing
makes the service fail, and the honest are answered as before. Without the key of the run nothing is changed.
"""

import json
import re
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from case_studies.kit import DecisionStore
from case_studies.kit.decision_service import AHEAD_S, QUEUE_LIMIT
from mlsd_lib.serving.app import NEVER_WAIT, endpoints
from tests.case_studies.services import with_key
from tests.case_studies.test_contract import CASES

OPEN_TO_STRANGERS = {"assistant": {"POST /predict", "POST /stream"}}
NO_TIMES = ["2026-04-05T10:00:00Z", "1850-04-05T10:00:00", "2100-01-01T00:00:00", "1700000000", "yesterday"]
KEY_ASKED = ("Authorization", "Basic")
HALF_PAIR = re.compile("[\ud800-\udfff]")
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=9),
        st.sampled_from([10**400, -1, 2**53, "x" * 5_000, "\ud800", *NO_TIMES]),
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(["Authorization", "traceparent", "X-Forwarded-For", "Date"]),
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])) | st.sampled_from(["Basic Og==", "Basic /zr/"]),
    max_size=2,
)


def right(field):
    """The values that the schema of a field takes."""
    if "enum" in field:
        return st.sampled_from(field["enum"])
    if "format" in field:
        return st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31)).map(datetime.isoformat)
    bounds = field.get("minimum"), field.get("maximum", field.get("exclusiveMaximum", 1) - 1)
    return {
        "boolean": lambda: st.booleans(),
        "integer": lambda: st.integers(*bounds),
        "number": lambda: st.floats(*bounds),
        "string": lambda: st.text(st.characters(codec="utf-8"), min_size=1, max_size=field["maxLength"]),
    }[field["type"]]()


def broken(field):
    """Values that it does not take: a whole number is not 1.0, and no UTF-8 holds half of a pair."""

    def is_taken(value):
        if "format" in field or value != value or (field["type"] == "integer" and isinstance(value, float)):
            return False
        half = isinstance(value, str) and HALF_PAIR.search(value)
        return not half and Draft202012Validator(field).is_valid(value)

    return VALUES.filter(lambda value: not is_taken(value))


def named(answer):
    """The fields that a refusal names, without what leads to them."""
    faults = [answer["error"], *answer["error"].get("also", [])]
    return {re.sub(r"^rows\[\d+\]\.", "", str(fault["field"])).split(".")[0].split("[")[0] for fault in faults}


class Attacked:
    """The app of a case's run, a client with and one without the key, and the schema of each endpoint's body."""

    def __init__(self, case, run):
        service = case.module("service")
        app = service.app_of(run)
        self.store, self.id_field, self.fresh = DecisionStore(run.store), case.hooks.ID, count(10**12)
        self.clients = [with_key(app, run), app.test_client()]
        requests, reports, _ = case.hooks.day(0)
        self.known = [*requests[:40], *reports[:10]]
        self.honest = [(request, self.post("/predict", request)) for request in requests[:5]]
        models = [kind for kind in vars(service).values() if isinstance(kind, type) and issubclass(kind, BaseModel)]
        self.schemas = {}
        for route in (words.removeprefix("POST ") for words in endpoints(app) if words.startswith("POST ")):
            asked = named(self.post(route, {})[1])
            (self.schemas[route],) = (
                kind.model_json_schema()["properties"] for kind in models if kind.model_fields.keys() == asked
            )

    def post(self, route, body, client=0, headers=None):
        sent = {"data": json.dumps(body), "headers": headers, "content_type": "application/json"}
        answer = self.clients[client].post(route, **sent)
        return answer.status_code, answer.get_json() if answer.is_json else answer.get_data(as_text=True)

    def kept(self):
        """The number of rows of each table."""
        tables = self.store.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: self.store.connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone() for (name,) in tables}

    def body(self, data, route):
        """What an honest sender sends, but for some fields, which have any value that is right."""
        schema = self.schemas[route]
        honest = [body for body in self.known if body.keys() == schema.keys()]
        body = data.draw(st.sampled_from(honest)) if honest else {}
        changed = data.draw(st.lists(st.sampled_from(sorted(schema)), unique=True))
        return {
            name: data.draw(right(field)) if name in changed or not honest else body[name]
            for name, field in schema.items()
        }

    def require_sound(self):
        assert self.clients[0].get("/readyz").status_code == 200
        for request, answer in self.honest:
            assert self.post("/predict", request) == answer
        assert self.post("/predict", {**self.honest[0][0], self.id_field: next(self.fresh)})[0] == 200


@pytest.fixture(scope="module", params=CASES)
def attacked(request, case_study, tmp_path_factory):
    case = case_study(request.param)
    return Attacked(case, case.copied(tmp_path_factory.mktemp("declared")))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_body_that_its_schema_takes_is_answered_or_refused_by_a_field(attacked, data):
    route, many = data.draw(st.sampled_from(sorted(attacked.schemas))), data.draw(st.booleans())
    rows = [attacked.body(data, route) for _ in range(2 if many and route == "/predict" else 1)]
    client, headers = data.draw(st.sampled_from([0, 1])), data.draw(HEADERS)
    status, answer = attacked.post(route, rows[0] if len(rows) == 1 else {"rows": rows}, client, headers)
    if status == 200:
        latest = datetime.now() + timedelta(seconds=AHEAD_S)
        assert all(datetime.fromisoformat(row["time"]) <= latest for row in rows if "time" in row)
    else:
        assert 400 <= status < 500, answer
        assert named(answer) <= {*attacked.schemas[route], "Authorization"}
        assert answer["error"]["fix"]
    attacked.require_sound()


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_each_field_that_breaks_its_schema_is_named_and_nothing_is_kept(attacked, data):
    route = data.draw(st.sampled_from(sorted(attacked.schemas)))
    schema, body = attacked.schemas[route], attacked.body(data, route)
    names = data.draw(st.lists(st.sampled_from([*schema, "colour"]), min_size=1, unique=True))
    body |= {name: data.draw(broken(schema[name]) if name in schema else VALUES) for name in names}
    before = attacked.kept()
    status, answer = attacked.post(route, body)
    assert (status // 100, named(answer)) == (4, set(names))
    assert attacked.kept() == before
    attacked.require_sound()


@pytest.mark.parametrize("name", CASES)
def test_without_the_key_no_endpoint_but_those_declared_answers_and_none_changes_a_row(case_study, name, tmp_path):
    """Each method of each path in the app's own map, asked as a stranger, with a wrong key, and with the right one."""
    case = case_study(name)
    run = case.copied(tmp_path)
    app, store = case.module("service").app_of(run), DecisionStore(run.store)
    known, stranger, (requests, reports, _) = with_key(app, run), app.test_client(), case.hooks.day(0)
    assert known.post("/predict", json={"rows": requests[1:50]}).status_code == known.get("/readyz").status_code == 200
    bodies = {"/predict": requests[0], "/stream": requests[0], "/reports": reports[0]}

    def asked_of(client, **shown):
        """The endpoints that answer otherwise than 401."""
        found = set()
        for rule in app.url_map.iter_rules():
            path = re.sub("<.*>", str(requests[1][case.hooks.ID]), rule.rule)
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                answer = client.open(path, method=method, json=bodies.get(path, {}), **shown)
                if answer.status_code != 401:
                    found.add(f"{method} {rule}")
                else:
                    assert (answer.get_json()["error"]["field"], answer.headers["WWW-Authenticate"][:5]) == KEY_ASKED
        return found

    before, open_to_all = list(store.connection.iterdump()), {f"GET {path}" for path in NEVER_WAIT}
    assert asked_of(stranger) == open_to_all | OPEN_TO_STRANGERS.get(name, set())
    for wrong in ({"auth": ("caller", "a guess")}, {"headers": {"Authorization": "Bearer x"}}):
        assert asked_of(stranger, **wrong) == open_to_all
    assert list(store.connection.iterdump()) == before
    app.config["QUEUE_LIMIT"] = -1  # full, whoever comes
    assert known.post("/predict", json=requests[0]).status_code == 503
    assert {stranger.post("/reports", auth=("caller", "a guess")).status_code for _ in range(3)} == {401}
    app.config["QUEUE_LIMIT"] = QUEUE_LIMIT
    assert asked_of(known) == set(endpoints(app))
    assert list(store.connection.iterdump()) != before
