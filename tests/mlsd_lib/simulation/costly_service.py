"""A service whose batches take a known time; its arguments: PORT FIXED_MS ROW_MS."""

import sys
import time

import pydantic

from mlsd_lib.serving import create_app, serve


class Row(pydantic.BaseModel):
    """A request: its number."""

    number: int


def main(port: int, fixed_ms: float, row_ms: float) -> None:
    """Serves until it is ended."""

    def predict(rows: list[Row]) -> list[dict[str, object]]:
        time.sleep((fixed_ms + row_ms * len(rows)) / 1e3)
        return [{"score": 0.5} for _ in rows]

    serve(create_app(Row, predict, name="costly", version="1", max_rows=16), port)


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(float, sys.argv[2:]))
