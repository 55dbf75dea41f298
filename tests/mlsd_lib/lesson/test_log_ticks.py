"""A tick of a logarithmic axis says its value in as few signs as can be."""

import pytest
from matplotlib.figure import Figure

from mlsd_lib.lesson.log_ticks import log_text


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (0.5, "0.5"), (500_000, "500,000"), (0.0002, "0.0002"), (-1, ""),
        (1e6, "10^{6}"), (2e6, r"2 \times 10^{6}"), (5e-5, r"5 \times 10^{-5}"), (2.5e7, r"2.5 \times 10^{7}"),
    ],
)  # fmt: skip
def test_a_tick_is_a_plain_number_or_so_many_times_a_power_of_ten(value, says):
    plain = log_text(value).removeprefix(r"$\mathdefault{").removesuffix("}$")
    assert plain == says
    Figure().text(0, 0, log_text(value)).get_window_extent()  # which raises where matplotlib cannot read it
