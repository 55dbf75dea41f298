"""The header of a trace, by the rules of the W3C's recommendation."""

import pytest

from mlsd_lib.serving.tracing import trace_of

TRACE, STEP = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "header", [f"00-{TRACE}-{STEP}-01", f"00-{TRACE}-{STEP}-00", f"cc-{TRACE}-{STEP}-01-what-comes"]
)
def test_a_valid_header_gives_its_trace(header):
    assert trace_of(header) == TRACE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        f"ff-{TRACE}-{STEP}-01",
        f"00-{'0' * 32}-{STEP}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{STEP}-01",
        f"00-{TRACE[:-1]}-{STEP}-01",
        f"00-{TRACE}-{STEP}-1",
        f"00-{TRACE}-{STEP}-01-more",
        f"cc-{TRACE}-{STEP}-01.more",
        f"00-{TRACE}-{STEP}-01\n",
        f"00-{'g' * 32}-{STEP}-01",
    ],
)
def test_what_is_not_valid_has_no_trace(header):
    assert trace_of(header) is None
