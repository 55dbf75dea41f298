import pytest

from lessons.compute_requirements import roofline


@pytest.fixture
def one_second_a_call(monkeypatch):
    calls = []
    monkeypatch.setattr(roofline, "quickest_s", lambda work, at_least_s: calls.append(work()) or 1.0)
    return calls


def test_a_product_counts_a_multiplication_and_an_addition_for_each_of_its_terms(one_second_a_call):
    assert roofline.product_gflops(100) == pytest.approx(2 * 100**3 / 1e9)
    assert one_second_a_call[0].shape == (100, 100)


def test_reading_touches_every_number_of_the_array_once(one_second_a_call):
    assert roofline.read_gb_per_s(0.5) == pytest.approx(0.5 * 2**20 / 1e9)
    assert one_second_a_call[0].item() == 0.5 * 2**20 / 4  # the sum of as many ones


def test_a_copy_moves_each_byte_twice(one_second_a_call):
    assert roofline.copy_gb_per_s(0.5) == pytest.approx(2 * 0.5 * 2**20 / 1e9)
    assert one_second_a_call[0].sum().item() == 0.5 * 2**20 / 4
