"""From the bytes of a request to validated rows, or to a `BadRequest` that says what to change.

Two readers look at each body. Python's own finds what a fast parser lets pass, or refuses without the field's name:
duplicate keys, NaN, numbers that overflow to infinity, half a pair of surrogates. Pydantic then checks types and ranges
in its strict JSON mode.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pydantic

NOT_JSON = "the body is one JSON object (RFC 8259) in UTF-8"
HALF_PAIR = re.compile("[\ud800-\udfff]")
LONGEST_WHOLE = 400
"""A whole number with so many digits is beyond every float; reading thousands of them exactly takes long."""


class BadRequest(Exception):
    """A request that is the client's to fix: an HTTP status of 4xx, the field, its value, the rule, the fix.

    `also`: what else is wrong with it, so that the client need not find one fault after the other.
    """

    def __init__(
        self, status: int, field: str | None, value: object, rule: str, fix: str, also: Sequence["BadRequest"] = ()
    ):
        super().__init__(rule)
        self.status, self.field, self.value, self.rule, self.fix, self.also = status, field, value, rule, fix, also


class RowReader:
    """Reads bodies into rows of one pydantic model: one object, or {"rows": [objects]} up to `max_rows`."""

    def __init__(self, model: type[pydantic.BaseModel], max_rows: int):
        self.fields, self.max_rows = list(model.model_fields), max_rows
        self._rows = pydantic.TypeAdapter(list[model])  # type: ignore[valid-type]

    def read(self, raw: bytes) -> tuple[list[pydantic.BaseModel], bool]:
        """The rows of a body, and whether they came as a list; raises `BadRequest`, which names all that is wrong."""
        try:
            document = parse_object(raw)
            faults = list(not_kept(document))
            many = "rows" in document
            listed = self._listed(document) if many else [document]
            rows = json.dumps(listed, ensure_ascii=False).encode("utf-8", "replace")
        except RecursionError:
            raise BadRequest(400, None, None, NOT_JSON, "Send a flatter object.") from None
        try:  # from text again, because only the JSON mode reads dates and tuples strictly
            read = self._rows.validate_json(rows, strict=True, extra="forbid")
        except pydantic.ValidationError as error:
            known = {fault.field for fault in faults}
            explained = (self._explained(one, many) for one in error.errors(include_url=False))
            faults += [fault for fault in explained if fault.field not in known]
        if faults:
            first, *first.also = faults
            raise first
        return read, many

    def _listed(self, document: dict[str, Any]) -> list[Any]:
        rows = document["rows"]
        for name in document:
            if name != "rows":
                raise BadRequest(422, name, document[name], "`rows` stands alone", f"Remove {name}.")
        if not isinstance(rows, list) or not 1 <= len(rows) <= self.max_rows:
            rule = f"rows is a list of 1 to {self.max_rows} objects"
            raise BadRequest(422, "rows", rows, rule, f"Send at most {self.max_rows} rows in a request, at least one.")
        return rows

    def _explained(self, error: Any, many: bool) -> BadRequest:
        location = ("rows", *error["loc"]) if many else error["loc"][1:]
        field, kind, value = dotted(location) or None, error["type"], error["input"]
        if kind == "json_invalid":
            return BadRequest(400, None, None, NOT_JSON, f"{error['msg']}. Fix it.")
        if kind == "missing":
            return BadRequest(422, field, None, "the field is required", f"Add {field}.")
        if kind == "extra_forbidden":
            fix = f"Remove it; the fields are {', '.join(self.fields)}."
            return BadRequest(422, field, value, "unknown fields are refused", fix)
        return BadRequest(422, field, value, error["msg"], f"Change {field or 'the row'} to what the rule asks.")


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`; raises `BadRequest` for anything else, duplicate keys included."""
    try:
        document = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_int=_whole)
    except ValueError as error:
        shown = raw[:40].decode("utf-8", "replace")
        raise BadRequest(400, None, shown, NOT_JSON, f"Fix the JSON: {error}.") from None
    if not isinstance(document, dict):
        raise BadRequest(400, None, document, NOT_JSON, "Put the fields in one object: {...}.")
    return document


def not_kept(value: object, path: tuple[str | int, ...] = ()) -> Iterator[BadRequest]:
    """A refusal for each value of a parsed document that no float or UTF-8 holds: NaN, infinity, half a character."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from not_kept(inner, (*path, name))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from not_kept(inner, (*path, i))
    elif isinstance(value, str):
        if not value.isascii() and HALF_PAIR.search(value):
            fix = f"Send the whole character in {dotted(path)}."
            yield BadRequest(422, dotted(path), value, "a text has no half of a surrogate pair", fix)
    elif isinstance(value, float | int) and not -sys.float_info.max <= value <= sys.float_info.max:  # also for NaN
        yield BadRequest(422, dotted(path), value, "numbers are finite", f"Send a finite number in {dotted(path)}.")


def dotted(location: tuple[str | int, ...]) -> str:
    """A path as people write it: `rows[3].amount`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < LONGEST_WHOLE else float(digits)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise BadRequest(400, name, value, "each key stands once", f"Send {name} once.")
        found[name] = value
    return found
