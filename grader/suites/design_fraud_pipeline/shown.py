"""What the notebook shows of the public scenarios: ranges, and a scenario by day."""

from typing import TYPE_CHECKING, Any

import numpy as np

from grader.suite_kit.designs import skipped_while_grading
from grader.suite_kit.exercise import ExerciseError
from grader.suites.design_fraud_pipeline.cases import CASES
from grader.suites.design_fraud_pipeline.requirements import TASK
from grader.suites.design_fraud_pipeline.scenarios import BASELINE, ORACLE, late_days, story_of
from grader.suites.design_fraud_pipeline.signs import table_of
from grader.suites.design_fraud_pipeline.simulate import run
from notebook_runner.errors import require_one_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@skipped_while_grading
def timeline(design: Any, family: str = "new scheme") -> "Axes":
    """Alerts, reviews and the frauds among them by day of a public scenario."""
    from mlsd_lib.lesson.plotting import lines

    require_one_of("The scenario", family, TASK.scenarios, ExerciseError)
    (draw, *_) = CASES.public().draws[family]
    made = run(TASK.given(design), table_of(story_of(draw)), late_days(draw))
    frauds = made.table.fraud
    found = {"frauds": frauds, "alerts": made.alerted, "frauds reviewed": made.reviewed & frauds}
    series = {name: made.by_day(rows).astype(float) for name, rows in found.items()}
    title = f"{TASK.scenarios[family].title.capitalize()}: what came, what was held, what was found"
    return lines(
        series, title, "days since the first release", "payments a day", at=np.arange(len(made.by_day(frauds)))
    )


@skipped_while_grading
def scenarios() -> "pd.DataFrame":
    """The scenarios with the ranges from which the hidden ones are drawn, and the public ones' money."""
    import pandas as pd

    rows = []
    for family, (draw, *_) in CASES.public().draws.items():
        scenario = TASK.scenarios[family]
        rows.append([scenario.title, scenario.told(), round(draw[ORACLE]), round(draw[BASELINE])])
    return pd.DataFrame(rows, columns=["scenario", "drawn from", ORACLE, BASELINE]).set_index("scenario")
