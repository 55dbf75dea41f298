"""What is the shop's own in its service: slates that are answered again alike, and answers without a feature store."""

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from case_studies.kit import Run, key_header
from case_studies.recommendation import service
from case_studies.recommendation.models import Release
from mlsd_lib.serving import ServerProcess, ServingError, open_loop, post
from tests.case_studies.recommendation import hooks
from tests.case_studies.services import with_key

PATIENCE_S = 60.0  # a busy machine is no failure of the feature store


def test_a_slate_is_ten_codes_of_the_catalogue_each_once(run):
    client = with_key(service.app_of(run), run)
    answer = client.post("/predict", json=hooks.day(0)[0][0]).get_json()
    known = set(Release.read(run.registry().path("v1")).catalogue.codes.tolist())
    assert len(set(answer["items"])) == 10
    assert set(answer["items"]) <= known
    assert answer["degraded"] is False
    assert "names" not in answer  # a simulated item has none


def test_a_slate_says_the_names_that_the_file_has(run):
    registry = run.registry()
    release = Release.read(registry.path("v1"))
    named = replace(
        release.catalogue, name=np.array([f"item {code}" for code in release.catalogue.codes], dtype=object)
    )
    registry.add("v2", release.with_catalogue(named).save)
    registry.promote("v2", "its items have names")
    answer = with_key(service.app_of(run), run).post("/predict", json=hooks.day(0)[0][0]).get_json()
    assert answer["names"] == [f"item {code}" for code in answer["items"]]
    assert named.names(np.array([-1, named.codes[0]])) == {"names": ["", f"item {named.codes[0]}"]}


def test_a_visit_of_the_last_century_is_answered(run):
    """MovieLens ends in 1998 in its oldest release."""
    visit = {**hooks.day(0)[0][0], "time": "1998-04-22T23:10:38"}
    assert with_key(service.app_of(run), run).post("/predict", json=visit).status_code == 200


def test_a_purchase_is_stored_under_its_code_and_its_place_and_taken_from_the_stock(run):
    client = with_key(service.app_of(run), run)
    visit, report = hooks.day(0)[0][0], hooks.day(0)[1][0]
    client.post("/predict", json=visit)
    assert client.post("/stock", json={"item": report["item"], "units": 2}).status_code == 200
    assert [client.post("/reports", json=report).status_code for _ in range(2)] == [200, 200]
    store = service.ShopStore(run.store)
    query = "SELECT purchases.code, item, units FROM purchases JOIN stock USING (code) WHERE visit_id = ?"
    code, place, units = store.connection.execute(query, (report["visit_id"],)).fetchone()
    store.close()
    assert Release.read(run.registry().path("v1")).catalogue.codes[place] == code == report["item"]
    assert units == 1


def test_what_is_sold_out_leaves_the_slates_until_it_is_back(run):
    client, ids = with_key(service.app_of(run), run), iter(range(10**9, 2 * 10**9))

    def slate():
        return client.post("/predict", json={**hooks.day(0)[0][0], "visit_id": next(ids)}).get_json()["items"][:9]

    first = slate()
    client.post("/stock", json={"item": first[0], "units": 0})
    assert slate()[:8] == first[1:]
    client.post("/stock", json={"item": first[0], "units": 5})
    assert slate() == first
    assert client.post("/stock", json={"item": first[0], "units": -1}).get_json()["error"]["field"] == "units"


def test_an_item_that_the_release_does_not_know_gets_its_place_from_the_next(run):
    app, registry = with_key(service.app_of(run), run), run.registry()
    release = Release.read(registry.path("v1"))
    old = release.catalogue
    whole = replace(old, **{name: np.append(value, value[-1:]) for name, value in vars(old).items()})
    whole.codes[-1] = 99_999
    index = replace(release.index, catalogue=whole)
    visit, report = hooks.day(0)[0][0], {**hooks.day(0)[1][0], "item": 99_999}
    app.post("/predict", json=visit)
    assert app.post("/reports", json=report).status_code == 200
    store = service.ShopStore(run.store)
    places = [store.connection.execute("SELECT item FROM purchases WHERE code = 99999").fetchone()[0]]
    registry.add("v2", replace(release, index=index).save)
    registry.promote("v2", "a catalogue with a new item")
    app.get("/readyz")
    places.append(store.connection.execute("SELECT item FROM purchases WHERE code = 99999").fetchone()[0])
    store.close()
    assert places == [-1, len(old)]


def test_the_feature_store_gives_the_same_slates_until_it_is_killed_under_load(run):
    requests = hooks.day(0)[0]
    plain = with_key(service.app_of(run), run)
    expected = [plain.post("/predict", json=request).get_json()["items"] for request in requests[:10]]
    with ServerProcess(service.histories_command(run, PATIENCE_S)) as store:
        app = with_key(service.app_of(run), run)
        again = [{**request, "visit_id": request["visit_id"] + 10**9} for request in requests[:10]]
        answers = [app.post("/predict", json=request).get_json() for request in again]
        assert not any(answer["degraded"] for answer in answers)
        # What is explored follows from the visit's id; the rest of the slate does not.
        assert [answer["items"][:9] for answer in answers] == [items[:9] for items in expected]
        os.kill(store.pid, signal.SIGKILL)
        orphan = {**requests[0], "visit_id": 10**10}
        assert app.post("/predict", json=orphan).get_json()["degraded"] is True
    assert "degraded_total 1.0" in app.get("/metrics").get_data(as_text=True)


def test_a_kill_of_the_feature_store_fails_no_request(case_study, run):
    fresh = [{**request, "visit_id": request["visit_id"] + 10**9} for request in hooks.day(1)[0]]
    key = key_header(run)
    with case_study("recommendation").served(run) as server:
        with ServerProcess(service.histories_command(run, PATIENCE_S)) as store:
            assert post(f"{server.url}/predict", fresh[0], headers=key)[1]["degraded"] is False
            os.kill(store.pid, signal.SIGKILL)
            load = open_loop(f"{server.url}/predict", fresh[1:], 30, 2, np.random.default_rng(0), headers=key)
        assert load.error_share() == 0
        assert post(f"{server.url}/predict", {**fresh[0], "visit_id": 10**10}, headers=key)[1]["degraded"] is True


def test_a_feature_store_of_no_run_does_not_start(tmp_path):
    with pytest.raises(ServingError):
        ServerProcess(service.histories_command(Run(tmp_path / "nothing"))).start()
