"""A service for the tests, run as a process: `python demo_service.py PORT`. Its model can wait, work and fail."""

import datetime
import sys
import threading
import time
from typing import Literal

import flask
import pydantic

from mlsd_lib.serving import create_app, serve

LOCK = threading.Lock()
MEETING = {8: threading.Barrier(8)}


class Place(pydantic.BaseModel):
    latitude: float = pydantic.Field(ge=-90, le=90)


class Payment(pydantic.BaseModel):
    amount: float = pydantic.Field(gt=0)
    items: int = 1
    channel: Literal["card", "wallet"] = "card"
    note: str = pydantic.Field("", max_length=20)
    made_at: datetime.datetime | None = None
    place: Place | None = None
    wait_s: float = 0.0
    work_s: float = 0.0
    pause_s: float = 0.0
    meets: int = 0


def predict(rows: list[Payment]) -> list[dict]:
    for row in rows:
        if row.note == "fail":
            raise RuntimeError("secret detail")
        if row.note == "nan":
            return [{"score": float("nan")}] * len(rows)
        if row.note == "lose":
            return []
        end_s = time.thread_time() + row.work_s
        while time.thread_time() < end_s:
            pass
        if row.meets:
            MEETING[row.meets].wait(60)  # until so many are worked on at once
        if row.pause_s:
            print("pausing", flush=True)
            time.sleep(row.pause_s)
        with LOCK:  # a row that waits holds up all others, as a stalled server does
            time.sleep(row.wait_s)
    return [{"score": min(row.amount / 1000, 1.0)} for row in rows]


def routes(app: flask.Flask) -> None:
    @app.post("/elsewhere")
    def elsewhere() -> flask.Response:
        return flask.redirect("http://192.0.2.1/predict", 307)  # an address that nobody has (RFC 5737)


def make_app(**options) -> flask.Flask:
    return create_app(Payment, predict, name="payments", version=lambda: "v7", max_body_bytes=8_000, **options)


if __name__ == "__main__":
    serve(make_app(max_rows=8, routes=routes), int(sys.argv[1]), threads=8)
