"""Every payment of the diagram goes one way: reviewed or not, fraud or not, counted per day."""

import numpy as np

from lessons.model_selection.review_flow import review_flow


def test_each_way_of_a_payment_is_counted_for_a_day():
    reviewed, fraud = np.zeros(20, dtype=bool), np.zeros(20, dtype=bool)
    reviewed[:8], fraud[6:16] = True, True
    text = repr(review_flow("trees", reviewed, fraud, days=2))
    assert "payments to trees; trees to reviewed; trees to let pass" in text
    assert "in payments: 10 a day" in text
    assert "reviewed to frauds stopped (1 a day)" in text
    assert "reviewed to honest customers (3 a day)" in text
    assert "let pass to frauds missed (4 a day)" in text
