"""How the versions of a scenario must end: written from the statement alone, by the titles of the scenarios."""

BAD_FIRST = {
    "late, bad", "meanwhile", "errors", "slow", "slice", "load", "late", "newer schema", "start", "first request",
    "out as a canary", "dies, bad",
}  # fmt: skip
TWO_GOOD = {"at once"}


def expected(name: str) -> dict[str, str]:
    """By version: "released" or "refused". After a bad version a good one is asked for."""
    if name in BAD_FIRST:
        return {"v2": "refused", "v3": "released"}
    return dict.fromkeys(("v2", "v3") if name in TWO_GOOD else ("v2",), "released")
