"""The app without a server: metrics, readiness, and what it refuses to be built from."""

import socket

import pydantic
import pytest
from prometheus_client import CollectorRegistry, Counter

from mlsd_lib.serving import BadRequest, RowReader, ServingError, create_app, json_body, serve
from mlsd_lib.serving.body import dotted


class Row(pydantic.BaseModel):
    x: float


def make(**options):
    answer = options.pop("answer", lambda rows: [{"score": row.x} for row in rows])
    return create_app(Row, answer, name="row", version="1", **options).test_client()


def sample(client, line):
    """The value of one line of /metrics; 0 where it is not there."""
    for shown in client.get("/metrics").get_data(as_text=True).splitlines():
        if shown.startswith(line + " "):
            return float(shown.split()[-1])
    return 0.0


def test_metrics_count_requests_by_route_and_status_and_scores_by_size():
    client = make()
    for x in (0.03, 0.5, 0.97):
        assert client.post("/predict", json={"x": x}).status_code == 200
    client.post("/predict", json={"x": "a"})
    assert sample(client, 'requests_total{route="/predict",status="200"}') == 3
    assert sample(client, 'requests_total{route="/predict",status="422"}') == 1
    assert sample(client, 'request_latency_seconds_count{route="/predict"}') == 4
    assert sample(client, 'prediction_score_bucket{le="0.05"}') == 1
    assert sample(client, "prediction_score_count") == 3


def test_each_app_counts_for_itself():
    one, other = make(), make()
    one.post("/predict", json={"x": 1})
    assert sample(one, "prediction_score_count") == 1
    assert sample(other, "prediction_score_count") == 0


def test_made_up_paths_share_one_time_series():
    client = make()
    for i in range(5):
        assert client.get(f"/no/{i}").status_code == 404
    assert sample(client, 'requests_total{route="unknown",status="404"}') == 5


def test_a_case_keeps_its_own_metrics_and_routes_beside_ours():
    registry = CollectorRegistry()
    Counter("reviews", "Reviews asked for", registry=registry).inc(3)
    client = make(registry=registry, routes=lambda app: app.add_url_rule("/queue", view_func=lambda: {"length": 2}))
    assert sample(client, "reviews_total") == 3
    assert client.get("/queue").json == {"length": 2}


@pytest.mark.parametrize("answer", ["high", True, None])
def test_an_answer_without_a_numeric_score_is_not_in_the_histogram(answer):
    client = make(answer=lambda rows: [{"score": answer}])
    assert client.post("/predict", json={"x": 1}).json == {"score": answer}
    assert sample(client, "prediction_score_count") == 0


def test_an_app_that_lacks_something_is_alive_and_not_ready_until_it_has_it():
    lacks = ["The disk is full."]
    client = make(lacks=lambda: lacks[0] if lacks else None)
    itself = {"name": "row", "version": "1"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {**itself, "ready": False, "lacks": "The disk is full."})
    assert (client.get("/healthz").status_code, client.get("/healthz").json) == (200, itself)
    lacks.clear()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {**itself, "ready": True})


def test_a_model_with_a_field_rows_is_refused():
    class Listing(pydantic.BaseModel):
        rows: int

    with pytest.raises(ServingError, match=r"Listing has a field `rows`.*Rename"):
        create_app(Listing, lambda rows: [], name="listing", version="1")


def test_a_lax_model_is_read_strictly_all_the_same():
    class Lax(pydantic.BaseModel, extra="allow", strict=False):
        x: float

    for body in (b'{"x": "1"}', b'{"x": 1, "y": 2}'):
        with pytest.raises(BadRequest):
            RowReader(Lax, 8).read(body)
    assert RowReader(Lax, 8).read(b'{"x": 1}')[0][0].x == 1


def test_a_port_that_is_taken_is_named():
    app = create_app(Row, lambda rows: [], name="row", version="1")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ServingError, match=f"Port {port} .*Choose another"):
            serve(app, port)


def test_a_route_of_the_case_reads_bodies_as_predict_does():
    def reports(app):
        reader = RowReader(Row, max_rows=1)
        app.add_url_rule("/reports", view_func=lambda: {"x": reader.read(json_body())[0][0].x}, methods=["POST"])

    client = make(routes=reports)
    assert client.post("/reports", json={"x": 2}).json == {"x": 2}
    assert client.post("/reports", data='{"x": 2}').status_code == 415
    assert client.post("/reports", json={"y": 2}).json["error"]["field"] == "x"


def test_paths_are_written_as_people_write_them():
    assert dotted(("rows", 3, "place", "latitude")) == "rows[3].place.latitude"
