"""The formula of the exercise *how long until a fault shows*, against simulated canaries."""

import re

import numpy as np
import pytest

from notebook_runner import course_root
from tests.lessons.lesson_cells import Lesson, run

NOTEBOOK = course_root() / "chapters/05_key_takeaways/03_deployment.ipynb"


@pytest.mark.parametrize(("base", "more", "share"), [(0.2, 0.03, 0.05), (0.2, 0.03, 0.5), (0.3, 0.05, 0.25)])
def test_a_rule_of_three_standard_errors_finds_four_of_five_faults_after_that_time(base, more, share):
    namespace = {"__name__": "__main__"}
    run(Lesson(NOTEBOOK).solution("show"), namespace, "show-solution")
    per_s, rng = 100.0, np.random.default_rng(0)
    seconds = namespace["seconds_to_show"](base, more, share, per_s)
    new, old = round(seconds * per_s * share), round(seconds * per_s * (1 - share))
    bad_new, bad_old = rng.binomial(new, base + more, 20_000) / new, rng.binomial(old, base, 20_000) / old
    error = np.sqrt(bad_new * (1 - bad_new) / new + bad_old * (1 - bad_old) / old)
    assert ((bad_new - bad_old) / error > 3).mean() == pytest.approx(0.8, abs=0.03)


def test_the_text_says_how_much_longer_half_the_fault_of_the_lesson_takes():
    namespace = {"__name__": "__main__"}
    run(Lesson(NOTEBOOK).solution("show"), namespace, "show-solution")
    [said] = re.findall(r"it is ([\d.]+) to ([\d.]+) times for canaries of one to fifty", NOTEBOOK.read_text("utf-8"))
    seconds = namespace["seconds_to_show"]
    ratios = [seconds(0.005, 0.0225, share, 100) / seconds(0.005, 0.045, share, 100) for share in (0.01, 0.5)]
    assert ratios == pytest.approx([float(number) for number in said], abs=0.06)
