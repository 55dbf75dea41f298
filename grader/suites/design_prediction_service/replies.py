"""Replies of an app against those that are right, and a wrong one in words."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from grader.suite_kit.comparison import agrees
from grader.suites.design_prediction_service.api import Request, bodies

NAMED, SHOWN = 3, 160
JSON = "application/json"


@dataclass(frozen=True)
class Miss:
    """A reply that is not right: what the request was about, what came, what is right."""

    about: str
    came: str
    right: str


def missed(requests: list[Request], replies: Any, expected: list[dict[str, Any]]) -> list[Miss]:
    """The wrong ones among the replies to `requests`."""
    if not isinstance(replies, list | tuple) or len(replies) != len(requests):
        replies = [None] * len(requests)
    found = []
    for request, reply, right in zip(requests, replies, expected, strict=True):
        status, kind, text = reply if _well_formed(reply) else (0, "", "")
        if why := _wrong(status, kind, text, right, request):
            found.append(Miss(request["about"], f"{status or 'no reply'}{why}", _told(right)))
    return found


def _well_formed(reply: Any) -> bool:
    return isinstance(reply, list | tuple) and [type(part) for part in reply] == [int, str, str]


def _wrong(status: int, kind: str, text: str, right: dict[str, Any], request: Request) -> str:
    """What is wrong with a reply, to stand behind its status; empty if it is right."""
    if status not in right["status"]:
        return " "
    if kind != JSON:
        return f" of the type {kind[:30] or 'none'}, which is no JSON"
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return " whose body is no JSON"
    if not isinstance(body, dict):
        return " whose body is no object"
    if status >= 400:
        return _wrong_error(body.get("error"), right)
    if "risk" in right:
        same = agrees(body.get("risk"), right["risk"], 1e-9)
        name = json.loads(bodies(request)[-1])["request_id"]
        return "" if same and body.get("request_id") == name else f" with {text[:60]}"
    return "" if body.get("ready") is True else ' without "ready": true'


def _wrong_error(error: Any, right: dict[str, Any]) -> str:
    if not isinstance(error, dict) or not isinstance(error.get("rule"), str) or not error["rule"]:
        return ' without {"error": {"field": ..., "rule": ...}}'
    if "Traceback" in error["rule"]:
        return " with a traceback"
    if "field" in right and error.get("field") != right["field"]:
        return f" that names the field {str(error.get('field'))[:30]!r}"
    return ""


def _told(right: dict[str, Any]) -> str:
    said = " or ".join(map(str, right["status"]))
    if "field" in right:
        return f"{said} with the field {right['field']!r}"
    return f"{said} with the risk {right['risk']}" if "risk" in right else said


def explanation(family: str, misses: list[Miss], private: bool) -> str:
    """The wrong replies in words; what was sent and what came only where nothing is hidden."""
    if not misses:
        return ""
    if private:
        many = f"{len(misses)} replies" if len(misses) > 1 else "1 reply"
        return f'Not right in "{family}": {many}. The public requests of this family show such ones.'
    kinds = Counter((miss.came.strip(), miss.right) for miss in misses)
    said = []
    for (came, right), count in kinds.most_common(NAMED):
        about = next(miss.about for miss in misses if (miss.came.strip(), miss.right) == (came, right))
        said.append(f"{about[:SHOWN]}: {came}, right is {right}" + (f" ({count} such)" if count > 1 else ""))
    rest = len(kinds) - len(said)
    return f'Wrong in "{family}": {"; ".join(said)}' + (f"; and {rest} kinds more." if rest else ".")
