"""The service against the offline table, its own metrics, and what it remembers of the history."""

import numpy as np
import pytest

from case_studies.fraud.data import Adapter, messages
from case_studies.fraud.models import Release
from case_studies.fraud.service import app_of
from case_studies.kit import key_header, replay
from tests.case_studies.fraud import hooks
from tests.case_studies.services import with_key


@pytest.fixture
def client(run):
    return with_key(app_of(run), run)


def test_the_service_decides_as_the_offline_table_does(case_study, run, stream, stream_features):
    first_release = Release.read(run.registry().path("v1"))
    with case_study("fraud").served(run) as server:
        for number in (0, 1):
            requests, reports, _ = hooks.day(number)
            answers, rows = replay(server.url, requests, reports, headers=key_header(run)), hooks.rows(number)
            offline = first_release.decide(stream_features.iloc[rows], stream.payments["time"].iloc[rows])
            score, value, reviewed = offline
            np.testing.assert_allclose(answers["score"], score, atol=1e-9)  # no split that roundings could cross
            np.testing.assert_allclose(answers["value"], value, atol=1e-6)
            assert answers["review"].tolist() == reviewed.tolist()
            assert reviewed.any()


def test_a_payment_of_the_history_keeps_its_content_too(client, stream, release_day):
    old = stream.payments[stream.payments["time"] < release_day].tail(1)
    (message,) = messages(old, Adapter.of())
    assert client.post("/predict", json={**message, "amount": message["amount"] + 1}).status_code == 409
    assert client.post("/predict", json=message).status_code == 200


def test_metrics_tell_the_reviews_and_the_amounts_as_parsed(client, stream, release_day):
    requests = hooks.day(0)[0]
    answers = client.post("/predict", json={"rows": requests[:200]}).get_json()["rows"]
    text = client.get("/metrics").get_data(as_text=True)
    assert f'reviews_total{{release="v1"}} {sum(answer["review"] for answer in answers):.1f}' in text
    assert "payment_amount_eur_count 200.0" in text
    today = stream.payments[stream.payments["time"] >= release_day].head(200)
    assert f'payment_amount_eur_bucket{{le="20.0"}} {(today["amount"] <= 20).sum():.1f}' in text
