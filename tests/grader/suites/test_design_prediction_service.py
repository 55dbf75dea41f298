"""What `design_prediction_service` alone must keep: its document, its world, its releases, its app over sockets."""

import json
import os
from unittest.mock import ANY

import flask
import numpy as np
import psutil
import pytest

from grader.sandbox import make_sandbox
from grader.sandbox.level import Level
from grader.suite_kit.designs import RefusedDesign, draw_scenarios
from grader.suites import design_prediction_service as suite
from grader.suites.design_prediction_service import releases, world
from grader.suites.design_prediction_service.api import bodies, raw
from grader.suites.design_prediction_service.document import Canary, ServiceDesign
from grader.suites.design_prediction_service.replies import missed
from grader.suites.design_prediction_service.requirements import TASK
from grader.suites.design_prediction_service.serving import exchange
from tests.grader.suites.contract import bank_of, cells_of, reference_of
from tests.needs import skip_without

NAME = "design_prediction_service"


@pytest.fixture(scope="module")
def reference():
    return cells_of(bank_of(NAME), reference_of(bank_of(NAME)))


# The document


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"replicas": {"start_up_s": 1.0}}, "replicas.start_up_s is 1; the platform starts a replica in 60 s"),
        ({"replicas": {"count": 61}}, "replicas.count is 61; the account has 60 replicas. Ask for no more"),
        (
            {"replicas": {"autoscaler": {"least": 1, "most": 70}}},
            "replicas.autoscaler.most is 70; the account has 60 replicas",
        ),
        ({"cache": {"items": 200_001, "ttl_s": 1.0}}, "cache.items is 200001; there are 200,000 different questions"),
        ({"canary": {"steps": [0.5, 0.1, 1.0]}}, "each must be larger than the one before"),
        ({"canary": {"steps": [0.1, 0.5]}}, "canary.steps end at 0.5"),
        ({"canary": {"steps": {0.1, 1.0}}}, "canary.steps is an object of type set; it must be a list"),
        ({"canary": {"steps": []}}, r"canary.steps is \[\]; it must have 1 or more entries. Add what is missing"),
        ({"canary": {"steps": [0.1] * 9}}, "it must have 8 or fewer entries. Leave some out"),
    ],
)
def test_a_document_that_cannot_be_meant_is_refused_with_what_to_change(document, says):
    with pytest.raises(RefusedDesign, match=says):
        TASK.read(document)


def test_a_design_is_shown_as_yaml_that_can_be_read_again(reference, capsys):
    design = TASK.read(reference["design"]())
    suite.show(reference["design"])
    assert TASK.read(capsys.readouterr().out) == design
    suite.show({"timeout_s": 0})
    assert "timeout_s is 0; it must be greater than 0" in capsys.readouterr().out

    def unfinished():
        raise NotImplementedError

    assert suite.scorecard(unfinished) is None
    assert "still to be written" in capsys.readouterr().out


def test_readers_are_shown_the_judgement_of_the_tests(reference):
    assert suite.scorecard(reference["design"]).points == 12
    assert suite.measures(reference["design"]).shape[0] == 6
    assert suite.changes(reference["design"]) == suite.changes(reference["design"]()) != []
    assert set(suite.scenarios().index) == set(TASK.scenarios)
    assert set(suite.criteria().index) == set(TASK.requirements)


# The world


def test_magnitudes_do_what_they_say():
    draws = {family: some[0] for family, some in draw_scenarios(world.FAMILIES, 3).items()}
    usual = world.RATE * world.SECONDS
    plain = ServiceDesign()
    came = {family: len(world.story(plain, draws[family]).arrived) / usual for family in list(draws)[:6]}
    pulse, overload = draws["pulse"], draws["overload"]
    assert came["ordinary"] == pytest.approx(1, abs=0.03)
    assert came["growth"] == pytest.approx((1 + 3 * draws["growth"]["times"]) / 4, abs=0.03)
    assert came["pulse"] == pytest.approx(1 + (pulse["times"] - 1) * pulse["for"] / 300, abs=0.03)
    assert came["overload"] == pytest.approx(1 + (overload["times"] - 1) * overload["for"] / 300, abs=0.1)
    assert world.story(plain, draws["slow"]).slow[0].factor == draws["slow"]["times"]
    spot = TASK.read({"replicas": {"count": 9, "spot": True}})
    assert [world.story(design, draws["crash"]).failures[0].replicas for design in (plain, spot)] == [2, 60]
    twice = world.story(plain, draws["ordinary"], 2.0)
    assert len(twice.arrived) / usual == pytest.approx(2, abs=0.04)


@pytest.mark.parametrize(
    ("ttl_s", "says"), [(60.0, "the queue has no limit"), (600.0, "the cache gave answers that were no longer right")]
)
def test_a_cause_is_what_took_most_of_the_good_answers(ttl_s, says):
    """Some answers of any cache are outdated: more than the level allows, in the minute that a long queue lost."""
    document = {
        "replicas": {"count": 6}, "batching": {"most_rows": 2, "wait_s": 0.01}, "timeout_s": 0.4,
        "retries": {"most": 1, "backoff_s": 0.05, "budget": 0.1}, "cache": {"items": 10_000, "ttl_s": ttl_s},
    }  # fmt: skip
    (pulse,) = suite.CASES.public().draws["pulse"]
    assert TASK.outcome(TASK.read(document), pulse).moments["good"].cause.startswith(says)


def test_the_price_is_that_of_replicas_and_cache(reference):
    outcome = TASK.outcome(TASK.read(reference["design"]()), draw_scenarios(world.FAMILIES, 3)["ordinary"][0])
    assert outcome.measures["price"] == pytest.approx(6 * 0.40 + 2 * 0.02)


def test_how_a_version_goes_out_concerns_the_releases_alone(reference):
    document, draws = reference["design"](), draw_scenarios(world.FAMILIES, 3)
    designs = [TASK.read(document | {"canary": canary}) for canary in (document["canary"], {})]
    pulse, bad = ([world.run(design, draws[family][0]) for design in designs] for family in ("pulse", "bad version"))
    assert pulse[0] is pulse[1]  # run once
    assert bad[0].measures["bad answers"] < bad[1].measures["bad answers"] / 10


# Releases


def test_a_release_for_everybody_harms_until_people_notice():
    found = releases.released(Canary(), 80.0, 0.105, 1)
    assert (found.share == 1).all()
    assert found.harm == pytest.approx(0.1 * 80 * 600)


def test_a_canary_harms_its_share_until_the_metrics_are_there():
    canary = Canary(steps=(0.5, 1.0), step_s=600.0, z_limit=3.0, least_requests=1)
    found = releases.released(canary, 80.0, 0.205, 1)
    assert (found.share == 0.5).all()
    assert 70 <= np.median(found.ended_s) <= 80  # a tick is enough, once it is seen
    assert np.median(found.harm) == pytest.approx(0.2 * 40 * np.median(found.ended_s), rel=0.1)


def test_a_good_version_is_taken_back_by_chance_the_more_often_the_lower_the_limit():
    back = [
        releases.good_version(Canary(steps=(0.05, 1.0), step_s=900.0, z_limit=limit), 80.0, 1).measures["taken back"]
        for limit in (1.0, 2.0, 3.0, 5.0)
    ]
    assert back == sorted(back, reverse=True)
    assert back[0] > 0.5 > 0.05 > back[2]
    assert back[3] < 0.01


# The app over sockets


def sent(create_app, *requests, down=0):
    made = [raw("", "") | (request if isinstance(request, dict) else {"body": request}) for request in requests]
    return exchange(create_app, made, down)


def echo(model):
    app = flask.Flask("echo")

    @app.post("/predict")
    def predict():
        if flask.request.get_data() == b"die":
            os._exit(1)
        return {"bytes": len(flask.request.get_data()), "process": os.getpid(), "type": flask.request.content_type}

    return app


def test_requests_reach_a_process_of_its_own_as_they_were_sent():
    replies = sent(echo, "abc", {"body": "\xff", "pad": 300_000, "type": "text/x"}, {"path": "/?a=b", "method": "GET"})
    first, large = (json.loads(body) for _, _, body in replies[:2])
    assert first == {"bytes": 3, "process": first["process"], "type": "application/json"}
    assert first["process"] != os.getpid()
    assert large == {"bytes": 300_001, "process": first["process"], "type": "text/x"}
    assert replies[2][:2] == [404, "text/html"]


def test_a_process_that_dies_gives_no_reply_and_nothing_is_left_of_any():
    of_others = set(psutil.Process().children())  # other tests of this process may have left some
    replies = sent(echo, "abc", "die", "abc")
    assert [reply[0] for reply in replies] == [200, 0, 0]
    assert set(psutil.Process().children()) <= of_others


def test_a_server_that_refuses_a_body_unread_is_still_heard():
    def small(model):
        app = flask.Flask("small")
        app.config["MAX_CONTENT_LENGTH"] = 10
        app.add_url_rule("/predict", view_func=lambda: flask.request.get_data(), methods=["POST"])
        return app

    assert sent(small, {"body": "x", "pad": 5_000_000})[0][0] == 413


def test_what_create_app_raises_or_forgets_is_said():
    with pytest.raises(ZeroDivisionError):
        exchange(lambda model: 1 / 0, [])
    with pytest.raises(TypeError, match="Is a return missing"):
        exchange(lambda model: None, [])


AT_LEVELS = """
import flask, os
from grader.suites.design_prediction_service.serving import exchange
from grader.suites.design_prediction_service.api import raw

def create_app(model):
    app = flask.Flask("levels")
    app.add_url_rule("/predict", view_func=lambda: {"process": os.getpid()}, methods=["POST"])
    return app

(status, _, body), = exchange(create_app, [raw("{}", "")])
print(status, str(os.getpid()) not in body)
"""


@pytest.mark.parametrize("level", [Level.LIMITS, Level.LANDLOCK, Level.NAMESPACES])
def test_an_app_is_served_at_every_level_of_the_sandbox(level):
    skip_without(level.name.lower())
    with make_sandbox(["flask", "wsgiref.simple_server"], level=level) as sandbox, sandbox.open() as session:
        ran = session.run_cell(AT_LEVELS)
    assert [output.get("text") for output in ran.outputs] == ["200 True\n"], ran


@pytest.mark.parametrize(
    ("reply", "came"),
    [
        ([200, "application/json", '{"request_id": "a", "risk": 0.5}'], None),
        ([200, "application/json", '{"request_id": "a", "risk": true}'], "200 with"),
        ([200, "application/json", '{"request_id": "b", "risk": 0.5}'], "200 with"),
        ([200, "application/json", "[" * 2_000], "200 whose body is no JSON"),
        ([200, "application/json", "[1]"], "200 whose body is no object"),
        ([200, "text/html", '{"request_id": "a", "risk": 0.5}'], "200 of the type text/html"),
        ([201, "application/json", "{}"], "201"),
        ([0, "", ""], "no reply"),
        ("200", "no reply"),
        ([200.0, "application/json", "{}"], "no reply"),
    ],
)
def test_a_reply_is_right_only_in_every_part(reply, came):
    request = raw('{"request_id": "a"}', "an order")
    found = missed([request], [reply], [{"status": [200], "risk": 0.5}])
    assert [miss.came.startswith(came) for miss in found] == ([True] if came else [])


def test_a_refusal_must_name_the_field_and_a_rule_without_a_traceback():
    right, request = [{"status": [422], "field": "items"}], [raw("{}", "")]
    bodies = {
        '{"error": {"field": "items", "rule": "1 to 200"}}': 0,
        '{"error": {"field": "amount_eur", "rule": "1 to 200"}}': 1,
        '{"error": {"field": "items", "rule": ""}}': 1,
        '{"error": {"field": "items", "rule": "Traceback (most recent call last)"}}': 1,
        '{"error": "items"}': 1,
    }
    for body, wrong in bodies.items():
        assert len(missed(request, [[422, "application/json", body]], right)) == wrong, body


def test_a_store_that_fits_the_public_orders_has_forgotten_one_in_the_graders(secret):
    def between(requests):
        return max(one["many"] for one in requests["sent twice"])

    public = between(suite.CASES.public().requests)
    assert public > 5_000
    assert all(between(suite.CASES.drawn(0, seed).requests) > 1.8 * public for seed in range(3))


def test_the_orders_as_which_a_request_is_sent_are_other_ones_and_shown_as_one(capsys):
    suite.show_requests("sent twice")
    (many,) = [one for one in suite.requests_of("sent twice") if one["many"] > 1]
    orders = [json.loads(body) for body in bodies(many)]
    assert len({one["request_id"] for one in orders}) == len({one["amount_eur"] for one in orders}) == many["many"]
    assert capsys.readouterr().out.count("each with a number in place of #####") == 1


def counting(model):
    """An app that refuses the order of the number 700."""

    def app(environ, start_response):
        number = int(json.load(environ["wsgi.input"])["request_id"])
        start_response(
            "422 Wrong" if number == 700 else "200 OK", [("Content-Type", "application/json; charset=utf-8")]
        )
        return [json.dumps({"number": number}).encode()]

    return app


@pytest.mark.parametrize(
    ("many", "reply"),
    [(600, [200, "application/json", '{"number": 599}']), (900, [422, "application/json", '{"number": 700}'])],
)
def test_of_a_request_sent_as_many_orders_the_first_refusal_comes_back_or_the_last_reply(many, reply):
    assert sent(counting, {"body": '{"request_id": "#####"}', "many": many}) == [reply]


def test_an_app_that_raises_in_one_of_many_orders_is_heard_as_from_a_server():
    def fails(model):
        return lambda environ, start_response: 1 / 0

    assert sent(fails, {"body": "{}", "many": 3}, "{}") == [[500, "", ""], [500, "text/plain", ANY]]
