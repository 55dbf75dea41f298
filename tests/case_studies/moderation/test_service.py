"""The service's own verbs: the queue by expected harm, the audit trail, and the erasure of an author."""

import shutil

import pytest

from case_studies.kit import Run
from case_studies.moderation import service
from case_studies.moderation.models import Release
from tests.case_studies.moderation import hooks
from tests.case_studies.services import with_key


@pytest.fixture
def client(run):
    return with_key(service.app_of(run), run)


def all_answers(client):
    requests = hooks.day(0)[0]
    found = [client.post("/predict", json={"rows": requests[i : i + 200]}) for i in range(0, len(requests), 200)]
    return [row for reply in found for row in reply.get_json()["rows"]]


@pytest.fixture
def answers(client):
    return all_answers(client)


def test_the_queue_holds_the_most_harmful_first_until_people_have_looked(client, answers):
    expected = sorted((-answer["harm_eur"], answer["post_id"]) for answer in answers if answer["action"] == "review")
    waiting = client.get("/queue").get_json()["waiting"]
    assert len(expected) > 3
    assert [(-post["harm_eur"], post["post_id"]) for post in waiting] == expected[:50]
    first = next(request for request in hooks.day(0)[0] if request["post_id"] == waiting[0]["post_id"])
    verdict = {"post_id": first["post_id"], "author_id": first["author_id"], "time": first["time"], "against": False}
    assert client.post("/reports", json=verdict).status_code == 200
    assert client.get("/queue").get_json()["waiting"][0] == waiting[1]


def test_a_rollback_empties_the_queue_of_what_was_misread(client, answers, run, tmp_path):
    """The same day before a bad release: what waits afterwards is what would have waited."""
    usual = {post["post_id"]: post["harm_eur"] for post in client.get("/queue").get_json()["waiting"]}
    other = Run(shutil.copytree(run.path, tmp_path / "other"))
    registry, store = other.registry(), service.ModerationStore(other.store)
    with store.transaction():
        for table in ("decisions", "queue"):
            store.connection.execute(f"DELETE FROM {table}")
        store.connection.execute("DELETE FROM posts WHERE post_id >= ?", (answers[0]["post_id"],))
    registry.add("v2", hooks.spoiled(Release.read(registry.path("v1"))).save)
    registry.promote("v2", "a bad release")
    bad = with_key(service.app_of(other), other)
    told = all_answers(bad)
    assert len(store.waiting(1_000)) > 5 * len(usual)
    assert service.restore(other, registry.path("v1")) > 0
    waiting = {post["post_id"]: post["harm_eur"] for post in store.waiting(1_000)}
    by_bad, by_good = (
        {answer["post_id"] for answer in some if answer["action"] == "remove"} for some in (told, answers)
    )
    assert usual.keys() - waiting.keys() <= by_bad  # what was removed at once never waited
    assert waiting.keys() - usual.keys() <= by_good
    assert waiting == pytest.approx(
        {**waiting, **{post_id: usual[post_id] for post_id in usual.keys() & waiting.keys()}}
    )
    store.close()


def test_the_audit_trail_names_model_policy_and_reason(client, answers):
    record = client.get(f"/audit/{answers[0]['post_id']}").get_json()
    assert record == answers[0]
    assert {"model", "policy", "reason", "action", "release"} <= record.keys()
    for unknown in (10**12, 10**30):
        refused = client.get(f"/audit/{unknown}")
        assert (refused.status_code, refused.get_json()["error"]["field"]) == (404, "post_id")


def test_an_erased_author_leaves_decisions_and_no_text(client, answers, run):
    body = hooks.day(0)[0][0]
    report = client.delete(f"/authors/{body['author_id']}").get_json()
    assert report["posts_erased"] >= 1
    assert client.get(f"/audit/{body['post_id']}").get_json() == answers[0]
    refused = client.delete(f"/authors/{body['author_id']}")
    assert (refused.status_code, refused.get_json()["error"]["field"]) == (404, "author_id")
    verdict = {"post_id": body["post_id"], "author_id": body["author_id"], "time": body["time"], "against": True}
    assert client.post("/reports", json=verdict).status_code == 200
    store = service.ModerationStore(run.store)
    assert not any(sent.get("author_id") == body["author_id"] for _, sent in store.all_sent())
    for table in ("posts", "strikes"):
        query = f"SELECT COUNT(*) FROM {table} WHERE author_id = ?"
        assert store.connection.execute(query, (body["author_id"],)).fetchone() == (0,)
    assert service.restore(run, run.registry().path("v1")) == 0
    store.close()


def test_an_erased_text_is_in_no_file_of_the_run(client, run):
    body = {**hooks.day(0)[0][0], "post_id": 10**12, "text": "a text that nobody else would write"}
    assert client.post("/predict", json=body).status_code == 200

    def holding():
        return [
            path.name for path in run.path.rglob("*") if path.is_file() and body["text"].encode() in path.read_bytes()
        ]

    assert holding()
    client.delete(f"/authors/{body['author_id']}")
    assert holding() == []
    assert client.post("/predict", json=body).status_code == 409
    assert holding() == []


def test_half_a_character_is_refused(client):
    body = {**hooks.day(0)[0][0], "post_id": 10**12, "text": "\ud800"}
    assert client.post("/predict", json=body).status_code // 100 == 4
