"""A service with two doors to one model: `/predict` holds each row against a schema, `/lax` reads what it finds.

A program: `python -m lessons.data_processing.checked_service SCHEMA.py MODEL.joblib PORT`. The schema file defines
`Row`, a pydantic model with the model's features in order. Each answer holds the `score` and the values `used`.
"""

import runpy
import sys
from typing import Any

import flask
import joblib
import pydantic

from mlsd_lib.serving.app import create_app, json_body
from mlsd_lib.serving.body import parse_object
from mlsd_lib.serving.serve import serve


def two_doors(model: Any, schema: type[pydantic.BaseModel]) -> flask.Flask:
    """The app: POST /predict as in `create_app`, POST /lax with {"rows": [objects]}.

    At /lax a field that is missing or null counts as zero and one that is unknown is passed over.
    """

    def answer(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        used = [[float(row.get(name) or 0) for name in schema.model_fields] for row in rows]
        scores = model.predict_proba(used)[:, 1].tolist()
        return [{"score": score, "used": values} for score, values in zip(scores, used, strict=True)]

    def lax(app: flask.Flask) -> None:
        @app.post("/lax")
        def anything() -> dict[str, Any]:
            return {"rows": answer(parse_object(json_body())["rows"])}

    def strict(rows: list[Any]) -> list[dict[str, Any]]:
        return answer([row.model_dump() for row in rows])

    return create_app(schema, strict, name="two-doors", version="1", routes=lax)


if __name__ == "__main__":
    serve(two_doors(joblib.load(sys.argv[2]), runpy.run_path(sys.argv[1])["Row"]), int(sys.argv[3]))
