"""The diagrams of the lessons on data storage: each number stands where it was measured."""

import pandas as pd

from lessons.data_storage.flows import erasure_flow, lake_flow


def test_a_lake_shows_the_reads_of_its_last_layout_against_those_of_the_first():
    costs = {"files opened": [1, 2], "reads": [3, 4], "footers (kB)": [131, 75], "data (kB)": [14_619, 25]}
    text = repr(lake_flow(pd.DataFrame(costs), files=53))
    assert "in folder names: 2 of 53 files opened" in text
    assert "in footers: 75 kB, 75 % of what is read" in text
    assert "in row groups: 25 kB of 14,619" in text


def test_an_erasure_shows_where_the_lines_are_still_held():
    text = repr(erasure_flow({"deleted": 40, "listed": 0, "on disk": 38, "on disk after the vacuum": 1}, 98.6))
    assert "in commit: writes 99 % of the rows again" in text
    assert "in current version: 0 of 40 lines left" in text
    assert "in old files: 38 lines left" in text
    assert "in vacuum: 1 lines left, and no past" in text
