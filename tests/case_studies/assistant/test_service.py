"""The service's own: a stream that is the decision, a cache that asks for rights, a restored answer with its text."""

import itertools
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import closing

import pytest

from case_studies.assistant import service
from case_studies.assistant.data import messages
from case_studies.assistant.features import AnswerCache
from case_studies.assistant.incident import MONTH
from case_studies.kit import promote_after_restore, roll_back
from tests.case_studies.assistant.hooks import asked, prepared, stream
from tests.case_studies.services import with_key
from tests.waiting import PATIENCE_S

WRITTEN = (
    "{0}{1}{2}", "{0}-{1}{2}", "{0} {1}{2}", "{0}/{1}{2}", "{0}.{1}{2}", "{0}_{1}{2}", "{0} - {1}{2}", "{0}-{1}-{2}",
    "{0}\N{EN DASH}{1}{2}", "{0}\N{FULLWIDTH HYPHEN-MINUS}{1}{2}", "#{0}{1} {2}", "no. {0}-{1}{2}", "number {0}{1}{2}",
    "({0}{1}{2})",
)  # fmt: skip
"""How customers write the number of an order: its letter, and its digits in pairs."""


def client_of(run):
    """A client with the key of the run."""
    return with_key(service.app_of(run), run)


@pytest.fixture(scope="module")
def client(case_study, tmp_path_factory):
    """Of a service that tests share."""
    return client_of(case_study("assistant").copied(tmp_path_factory.mktemp("shared")))


def parsed(text):
    """Server-sent events as pairs of name and data."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [(event.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for event, data in blocks]


def test_what_is_streamed_is_the_decision_in_sentences_and_a_repeat_is_the_same(run):
    client, bodies = client_of(run), messages(asked(0))
    for body in bodies[:12]:
        streamed = client.post("/stream", json=body)
        assert streamed.mimetype == "text/event-stream"
        *sentences, (last, done) = parsed(streamed.get_data(as_text=True))
        whole = client.post("/predict", json=body).get_json()
        assert last == "done"
        assert {name for name, _ in sentences} == {"sentence"}
        assert " ".join(data["text"] for _, data in sentences) == whole.pop("text")
        assert done == whole
        assert all(data["source"] == whole["source"] for _, data in sentences)
    assert len(sentences) == 2


def test_a_stream_is_refused_as_a_question_is(run):
    answer = client_of(run).post("/stream", json={**messages(asked(0))[0], "text": ""})
    assert (answer.status_code, answer.get_json()["error"]["field"]) == (422, "text")


def test_an_answer_names_its_source_and_a_refusal_none(run):
    answers = client_of(run).post("/predict", json={"rows": messages(asked(0))}).get_json()["rows"]
    texts = {action: {one["text"] for one in answers if one["action"] == action} for action in ("answer", "refuse")}
    assert texts["refuse"] == {service.REFUSAL}
    documents = run_documents(run)
    for one in answers:
        if one["action"] == "answer":
            assert documents[one["source"]] == one["text"]
        else:
            assert (one["source"], one["valid_from"]) == (-1, "")


def run_documents(run):
    return service.Release.read(run.registry().path("v1")).documents.set_index("document_id")["text"].to_dict()


@pytest.mark.parametrize("text", ["?", " ", "\N{THINKING FACE}"])
def test_a_question_without_a_word_is_refused(client, text):
    body = {**messages(asked(0))[0], "question_id": 10**11 + ord(text), "text": text}
    assert client.post("/predict", json=body).get_json()["action"] == "refuse"


@pytest.mark.parametrize("written", WRITTEN)
def test_an_order_is_told_to_its_owner_alone_however_its_number_is_written(client, written):
    """Each way with an order of its own, asked first by a stranger, whose answer the cache keeps."""
    documents, way = prepared()[0].documents, WRITTEN.index(written)
    order = documents[documents["readers"] >= 0].iloc[way]
    code, owner = order["text"].split()[1], int(order["readers"])
    text = f"when does order {written.format(code[0], code[1:3], code[3:])} leave the warehouse?"
    body = {**messages(asked(0))[0], "text": text, "dealer": False}
    bodies = [{**body, "question_id": 10**9 + 4 * way + at, "customer_id": owner + 1 - at % 2} for at in range(4)]
    answers = [client.post("/predict", json=question).get_json() for question in bodies]
    assert [answer["text"] for answer in answers] == 2 * [service.REFUSAL, order["text"]]
    assert [answer["search"] == "cache" for answer in answers] == [False, False, True, True]


def test_after_a_rollback_the_cache_answers_with_the_text_of_the_restored_version(run):
    release, registry = prepared()[0], run.registry()
    registry.add("v2", release.with_index(stream().documents, release.built, MONTH).save)
    promote_after_restore(run, "v2", "an old index", service.restore)
    client, bodies = client_of(run), messages(asked(0))
    client.post("/predict", json={"rows": bodies})
    changed = roll_back(run, "old answers", service.restore)[1]
    with closing(service.AssistantStore(run.store)) as store:
        rows = store.connection.execute("SELECT document_id, text FROM cached").fetchall()
    texts = run_documents(run)
    assert changed > 0
    assert all(texts[int(document)] == text for document, text in rows)
    found = release.search(asked(0), AnswerCache(24.0, release.policy.budget_eur))
    assert len(rows) == (~found["cached"]).sum()


def test_metrics_count_actions_and_where_an_answer_came_from(run):
    client = client_of(run)
    client.post("/predict", json={"rows": messages(asked(0))})
    metrics = client.get("/metrics").get_data(as_text=True)
    for line in ('actions_total{action="refuse",release="v1"}', 'searches_total{search="cache"}'):
        assert line in metrics


def test_who_asks_is_believed_with_the_key_alone_and_a_stranger_takes_no_id(run):
    client, known = service.app_of(run).test_client(), client_of(run)
    body = {**messages(asked(0))[0], "dealer": True, "text": "what do dealers pay for the Aldera 200?"}
    price = next(text for text in prepared()[0].documents["text"] if text.startswith("Dealers buy the Aldera 200"))
    answers = [client.post("/predict", json=body).get_json()]
    assert known.post("/predict", json=body).get_json()["text"] == price  # the id is still the shop's
    answers.append(client.post("/predict", json=body).get_json())  # and its answer is not repeated to a stranger
    assert [(answer["text"], answer["search"]) for answer in answers] == 2 * [(service.REFUSAL, "words")]
    assert known.post("/predict", json={**body, "question_id": 10**9}).get_json()["search"] == "cache"
    with closing(service.AssistantStore(run.store)) as store:
        assert store.connection.execute("SELECT COUNT(*) FROM cached").fetchone() == (1,)
    public = {**body, "question_id": 10**9 + 1, "dealer": False, "text": "What is the price of the Aldera 300?"}
    known.post("/predict", json=public)
    assert (
        client.post("/predict", json=public).get_json()["search"] == "words"
    )  # who hears "cache" learns what is asked


def test_strangers_keep_no_place_in_the_queue_from_the_shop(run):
    """Of a queue of 8 they take 2, and each asks one question at a time."""
    app = service.app_of(run)
    app.config["QUEUE_LIMIT"] = 8
    bodies = messages(asked(0))
    assert app.test_client().post("/predict", json={"rows": bodies[:2]}).status_code == 401
    with closing(sqlite3.connect(run.store, isolation_level=None)) as other, ThreadPoolExecutor(16) as pool:
        other.execute("BEGIN IMMEDIATE")
        strangers = {pool.submit(app.test_client().post, "/stream", json=body) for body in bodies[:8]}
        refused = list(itertools.islice(as_completed(strangers, PATIENCE_S), 5))
        callers = [pool.submit(with_key(app, run).post, "/predict", json=body) for body in bodies[:6]]
        assert not wait(callers, 0.2).done
        other.close()
        assert {future.result(PATIENCE_S).status_code for future in refused} == {503}
        answered = [*callers, *strangers.difference(refused)]
        assert {future.result(PATIENCE_S).status_code for future in answered} == {200}


def test_an_entry_of_a_later_question_answers_no_earlier_one(run):
    client, (first, *_, last) = client_of(run), messages(asked(0))
    searches = [
        client.post("/predict", json={**first, "question_id": 10**9 + at, "time": time}).get_json()["search"]
        for at, time in enumerate((last["time"], first["time"], last["time"]))
    ]
    assert searches[1] != "cache"
    assert searches[2] == "cache"
