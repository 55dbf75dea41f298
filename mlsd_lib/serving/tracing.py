"""Which request of whose a piece of work belongs to, by the header that processes hand on (W3C Trace Context, 2021).

A trace has one identity in all processes that work for it; the header holds it, and which step called. The services of
the course hand it on or write it down, and open no steps of their own.
"""

import re

TRACEPARENT = "traceparent"
FORM = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


def trace_of(header: str | None) -> str | None:
    """The identity of the trace, 32 hexadecimal digits, from a `traceparent`; None without one that is valid.

    As the standard asks, one that is not valid is left aside, and one of a later version may hold more.
    """
    found = FORM.fullmatch(header or "")
    if found is None or (found[1] == "00" and found[3]):
        return None
    return found[2]
