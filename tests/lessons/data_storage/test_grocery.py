"""The grocery receipts: no line is lost or added, and what a line does not know is None."""

import pytest

from lessons.data_storage.grocery import HEAD, NAMES, SOLD, purchases, receipts_with_products


@pytest.fixture(scope="module")
def first_week():
    return receipts_with_products(1)


def test_every_purchase_is_a_line_whether_its_product_is_known_or_not(first_week):
    lines, products = first_week
    week = purchases().to_pandas().query("week == 1")
    assert len(lines) == len(week)
    assert lines["sales_value"].sum() == pytest.approx(week["sales_value"].sum())
    unknown = ~lines["product_id"].isin(products["product_id"])
    assert all(value is None for value in lines.loc[unknown, list(NAMES)].to_numpy().ravel())


def test_a_receipt_has_one_head_and_plain_values(first_week):
    lines, _ = first_week
    assert list(lines) == [*HEAD, *SOLD, *NAMES]
    assert lines[list(HEAD)].drop_duplicates()["basket_id"].is_unique
    assert {type(value) for value in lines["basket_id"]} == {int}
    assert {type(value) for value in lines["transaction_timestamp"]} == {str}


def test_products_are_those_of_the_lines_each_once(first_week):
    lines, products = first_week
    assert products["product_id"].is_unique
    assert set(products["product_id"]) <= set(lines["product_id"])
