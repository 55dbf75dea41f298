"""What is the shop's own in its service: slates that are answered again alike, and answers without a feature store."""

import os
import signal

import numpy as np
import pytest

from case_studies.recommendation import service
from case_studies.recommendation.models import Release
from mlsd_lib.modeling import Run
from mlsd_lib.serving import ServerProcess, ServingError, open_loop, post
from tests.case_studies.recommendation import hooks


def test_a_slate_is_ten_codes_of_the_catalogue_each_once(run):
    client = service.app_of(run).test_client()
    answer = client.post("/predict", json=hooks.day(0)[0][0]).get_json()
    known = set(Release.read(run.registry().path("v1")).catalogue.codes.tolist())
    assert len(set(answer["items"])) == 10
    assert set(answer["items"]) <= known
    assert answer["degraded"] is False


def test_a_purchase_is_stored_under_its_code_and_its_place(run):
    client = service.app_of(run).test_client()
    visit, report = hooks.day(0)[0][0], hooks.day(0)[1][0]
    client.post("/predict", json=visit)
    assert client.post("/reports", json=report).status_code == 200
    store = service.ShopStore(run.store)
    query = "SELECT code, item FROM purchases WHERE visit_id = ?"
    code, place = store.connection.execute(query, (report["visit_id"],)).fetchone()
    catalogue = Release.read(run.registry().path("v1")).catalogue
    assert code == report["item"]
    assert catalogue.codes[place] == code
    store.close()


def test_the_feature_store_in_a_process_gives_the_same_slates_until_it_is_killed_under_load(run):
    requests = hooks.day(0)[0]
    plain = service.app_of(run).test_client()
    expected = [plain.post("/predict", json=one).get_json()["items"] for one in requests[:10]]
    with ServerProcess(service.histories_command(run)) as store:
        app = service.app_of(run).test_client()
        again = [{**one, "visit_id": one["visit_id"] + 10**9} for one in requests[:10]]
        answers = [app.post("/predict", json=one).get_json() for one in again]
        assert not any(answer["degraded"] for answer in answers)
        # What is explored follows from the visit's id; the rest of the slate does not.
        assert [answer["items"][:9] for answer in answers] == [items[:9] for items in expected]
        os.kill(store.pid, signal.SIGKILL)
        orphan = {**requests[0], "visit_id": 10**10}
        assert app.post("/predict", json=orphan).get_json()["degraded"] is True
    assert "degraded_total 1.0" in app.get("/metrics").get_data(as_text=True)


def test_a_kill_of_the_feature_store_fails_no_request(case_study, run):
    fresh = [{**one, "visit_id": one["visit_id"] + 10**9} for one in hooks.day(1)[0]]
    with case_study("recommendation").served(run) as server:
        with ServerProcess(service.histories_command(run)) as store:
            assert post(f"{server.url}/predict", fresh[0])[1]["degraded"] is False
            os.kill(store.pid, signal.SIGKILL)
            load = open_loop(f"{server.url}/predict", fresh[1:], 30, 2, np.random.default_rng(0))
        assert load.error_share() == 0
        assert post(f"{server.url}/predict", {**fresh[0], "visit_id": 10**10})[1]["degraded"] is True


def test_a_feature_store_of_no_run_does_not_start(tmp_path):
    with pytest.raises(ServingError):
        ServerProcess(service.histories_command(Run(tmp_path / "nothing"))).start()
