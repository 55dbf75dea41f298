"""A model of 20 ms a call behind Flask and a batcher: `python batched_service.py PORT MOST_ROWS QUEUE_LIMIT`."""

import sys
import time

import flask
import pydantic

from mlsd_lib.serving import create_app, serve
from mlsd_lib.serving.batcher import DynamicBatcher

WRONG = []


class Row(pydantic.BaseModel):
    x: float


def model(xs: list[float]) -> list[float]:
    time.sleep(0.02)
    return [2 * x for x in xs]


def main() -> None:
    port, most_rows, queue_limit = map(int, sys.argv[1:])
    batcher = DynamicBatcher(model, most_rows, queue_limit=queue_limit)

    def predict(rows: list[Row]) -> list[dict]:
        answers = [batcher.submit(row.x) for row in rows]
        WRONG.extend(row for row, answer in zip(rows, answers, strict=True) if answer != 2 * row.x)
        return [{"y": answer} for answer in answers]

    def routes(app: flask.Flask) -> None:
        @app.get("/wrong")
        def wrong() -> str:
            return str(len(WRONG))

    serve(create_app(Row, predict, name="doubles", version="v1", routes=routes), port, threads=64)


if __name__ == "__main__":
    main()
