"""Readers of the published shopping files: by published names, and telling when a file is not the published one."""

import os
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from case_studies.recommendation.cli import app
from case_studies.recommendation.shopping import RETAIL_SHEETS, load
from case_studies.recommendation.train import films
from mlsd_lib.datasets import DataError


def retail_table():
    return pd.DataFrame(
        {
            "Invoice": ["489434", "489434", "489434", "C489435", "489436", "489437"],
            "StockCode": ["85048", "79323P", "85048", "85048", "22041", "22041"],
            "Description": "a thing",
            "Quantity": [12, 1, 3, -12, 2, 5],
            "InvoiceDate": pd.Timestamp("2009-12-01 07:45") + pd.to_timedelta([0, 0, 0, 5, 9, 12], unit="min"),
            "Price": [6.95, 6.75, 6.95, 6.95, 2.1, 2.1],
            "Customer ID": [13085.0, 13085.0, 13085.0, 13085.0, np.nan, 13078.0],
            "Country": "United Kingdom",
        }
    )


@pytest.fixture
def retail(tmp_path):
    path = tmp_path / "online_retail_II.csv"
    retail_table().to_csv(path, index=False)
    return path


def test_a_sheet_is_read_without_cancellations_and_strangers(retail):
    log = load(retail)
    assert log.visits["household_id"].tolist() == [13085, 13078]
    named = log.purchases.assign(name=log.purchases["item"].map(log.names))
    assert named.groupby("visit_id")["name"].apply(set).tolist() == [{"85048", "79323P"}, {"22041"}]
    assert (log.visits["viewing"] == len(log.items)).all()  # of a first visit no page is known
    assert "1 cancelled, 1 without a customer" in str(log.card)
    assert "6 rows, published 525,461" in log.card.differences[0]
    assert log.items["name"].tolist() == ["22041 a thing", "79323P a thing", "85048 a thing"]


def test_the_first_edition_reads_alike(retail, tmp_path):
    old = {"Invoice": "InvoiceNo", "Price": "UnitPrice", "Customer ID": "CustomerID"}
    path = tmp_path / "first.parquet"
    retail_table().rename(columns=old).to_parquet(path)
    for part in ("visits", "purchases", "items"):
        assert getattr(load(path), part).equals(getattr(load(retail), part))


@pytest.mark.parametrize("column", ["StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID"])
def test_a_missing_column_is_named(retail, column):
    retail_table().drop(columns=column).to_csv(retail, index=False)
    with pytest.raises(DataError, match=f"lacks the column {column}"):
        load(retail)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("Quantity", "many"), ("Price", "?"), ("Price", np.inf), ("Customer ID", np.inf), ("Customer ID", "C17")),
        *(("InvoiceDate", value) for value in ("yesterday", "12/1/2009 7:45", "2009-12-01T07:45+01:00")),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_its_row(retail, column, value):
    table = retail_table().astype(object)
    table.loc[2, column] = value
    table.to_csv(retail, index=False)
    with pytest.raises(DataError, match=f"column {column}: .* in row 2"):
        load(retail)


@pytest.mark.parametrize(("days", "form"), [(0, "%d/%m/%Y %H:%M"), (14, "%d/%m/%Y %H:%M"), (14, "%m/%d/%Y %H:%M")])
def test_months_come_first_only_where_a_day_above_12_proves_it(retail, days, form):
    time = retail_table()["InvoiceDate"] + pd.to_timedelta([0, 0, 0, 0, 0, days], unit="D")
    retail_table().assign(InvoiceDate=time.dt.strftime(form)).to_csv(retail, index=False)
    with nullcontext() if days and form.startswith("%m") else pytest.raises(DataError, match="ISO 8601"):
        assert load(retail).visits["time"].iloc[-1] == time.iloc[-1]


def test_an_altered_sheet_is_said(retail, monkeypatch):
    whole = (11, 42.3, 2, 4)
    monkeypatch.setitem(RETAIL_SHEETS, 6, whole)
    assert load(retail).card.differences == ()
    table = retail_table()
    changed = {
        "11 as the sum of quantities, published 12": ({}, (12, *whole[1:])),
        "GBP as the sum of quantity times price": ({"Price": table["Price"].to_numpy()[[1, 0, 2, 3, 4, 5]]}, whole),
        "1 customers, published 2": ({"Customer ID": 13085.0}, whole),
        "1 invoices, published 4": ({"Invoice": "489434"}, whole),
    }
    for told, (columns, published) in changed.items():
        monkeypatch.setitem(RETAIL_SHEETS, 6, published)
        table.assign(**columns).to_csv(retail, index=False)
        assert any(told in difference for difference in load(retail).card.differences), told


def test_u_data_with_semicolons_is_told_so(tmp_path):
    (tmp_path / "u.data").write_text("196;242;3;881250949\n")
    with pytest.raises(DataError, match=r"is separated by ';'; the published file is by '\\t'"):
        load(tmp_path / "u.data")


@pytest.mark.parametrize("installed", [False, True])
def test_a_workbook_is_read_sheet_by_sheet_or_the_package_that_is_missing_named(
    retail, tmp_path, monkeypatch, installed
):
    """No reader of workbooks is among the project's packages, so its answer is played here."""
    (tmp_path / "online_retail_II.xlsx").write_bytes(b"a workbook")

    def read(path, sheet_name):
        assert sheet_name is None
        if not installed:
            raise ImportError("Missing optional dependency 'openpyxl'.")
        return {"Year 2009-2010": retail_table()[:3], "Year 2010-2011": retail_table()[3:]}

    monkeypatch.setattr(pd, "read_excel", read)
    if installed:
        assert load(tmp_path / "online_retail_II.xlsx").purchases.equals(load(retail).purchases)
    else:
        with pytest.raises(DataError, match=r"pip install openpyxl.*separated by commas"):
            load(tmp_path / "online_retail_II.xlsx")


def test_u_data_and_ratings_read_alike(tmp_path):
    ratings = pd.DataFrame({"userId": [2, 1, 2], "movieId": [50, 31, 31], "rating": [5, 3, 4]})
    ratings["timestamp"] = [881250949, 891717742, 881250950]
    ratings.to_csv(tmp_path / "u.data", sep="\t", header=False, index=False)
    ratings.to_csv(tmp_path / "ratings.csv", index=False)
    plain, named = (load(tmp_path / name) for name in ("u.data", "ratings.csv"))
    assert plain.purchases.equals(named.purchases)
    assert plain.purchases["household_id"].tolist() == [2, 2, 1]
    assert plain.purchases["item"].map(plain.names).tolist() == ["50", "31", "31"]
    assert plain.items["name"].tolist() == ["31", "50"]
    (tmp_path / "u.item").write_bytes("31|Amélie (2001)|x\n50|Star Wars (1977)|x\n".encode("latin-1"))
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n50,Star Wars (1977),x\n", encoding="utf-8")
    assert load(tmp_path / "u.data").items["name"].tolist() == ["31 Amélie (2001)", "50 Star Wars (1977)"]
    assert load(tmp_path / "ratings.csv").items["name"].tolist() == ["31", "50 Star Wars (1977)"]
    (tmp_path / "u.item").write_bytes(b"")
    with pytest.raises(DataError, match=r"u\.item cannot be read"):
        load(tmp_path / "u.data")
    assert "3 rows, published 100,000" in plain.card.differences
    assert "3 rows, published 100,836" in named.card.differences
    assert "12 as the sum of ratings, published 352,986" in plain.card.differences
    assert "2 ratings by one user, published 737" in plain.card.differences
    assert "2 ratings of one film, published 329" in named.card.differences


@pytest.mark.parametrize("value", [np.inf, 1.5, -1, 10**18, "x"])
@pytest.mark.parametrize("column", ["userId", "movieId", "timestamp"])
def test_a_rating_without_whole_numbers_is_named_with_its_row(tmp_path, column, value):
    table = pd.DataFrame({"userId": [2, 1], "movieId": 50, "rating": 5, "timestamp": 881250949}).astype(object)
    table.loc[1, column] = value
    table.to_csv(tmp_path / "ratings.csv", index=False)
    with pytest.raises(DataError, match=f"column {column}: .* in row 1 .* whole numbers from 0 to"):
        load(tmp_path / "ratings.csv")


def test_films_that_were_rated_are_hidden_from_the_protocol_of_movielens(tmp_path):
    """Everybody rates the same twelve films in the same order: the two that come last can be foreseen, if the ten rated
    before take no places."""
    rows = [(user, film, 4, 881_250_949 + 86_400 * film + user) for user in range(40) for film in range(12)]
    rows += [(user, film, 4, 881_250_000 - user) for user in (98, 99) for film in range(12)]  # so that all are known
    table = pd.DataFrame(rows, columns=["userId", "movieId", "rating", "timestamp"])
    table.to_csv(tmp_path / "ratings.csv", index=False)
    result = CliRunner().invoke(app, ["report", "--protocol", "movielens", "--source", str(tmp_path / "ratings.csv")])
    assert result.exit_code == 0, result.output
    found = films(load(tmp_path / "ratings.csv"), np.random.default_rng(0))
    assert found.loc["popularity", "NDCG@10"] == 1
    assert found["households"].tolist() == [40] * len(found)
    assert "buy again" not in found.index


def test_u_data_of_another_form_and_ratings_without_a_column_are_refused(tmp_path):
    (tmp_path / "u.data").write_text("1\t2\t3\n")
    with pytest.raises(DataError, match="has 3 columns"):
        load(tmp_path / "u.data")
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating\n1,2,3\n")
    with pytest.raises(DataError, match="lacks the column timestamp"):
        load(tmp_path / "ratings.csv")


def test_what_cannot_be_read_is_said_with_the_way_out(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="does not exist"):
        load(tmp_path / "nothing.csv")
    (tmp_path / "sheet.ods").write_text("")
    with pytest.raises(DataError, match="of no known kind"):
        load(tmp_path / "sheet.ods")
    monkeypatch.setenv("MLSD_DATA_DIR", str(tmp_path))
    with pytest.raises(DataError, match="holds no recommendation/online_retail"):
        load("online-retail")


def test_the_shared_sheet_is_the_published_one():
    folder = os.environ.get("MLSD_DATA_DIR")
    if not folder or not list(Path(folder, "recommendation").glob("online_retail*")):
        pytest.skip("MLSD_DATA_DIR with recommendation/online_retail* is not set")
    log = load("online-retail")
    assert log.card.rows == 525_461
    assert log.card.differences == ()
    assert log.purchases["item"].isin(log.items["item"]).all()


def test_the_installed_groceries_are_the_published_ones():
    log = load("completejourney")
    assert log.card.rows == 1_469_307
    assert log.card.differences == ()
    assert (log.items["margin_eur"] > 0).all()
    assert log.visits["visit_id"].is_unique
