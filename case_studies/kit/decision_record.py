"""The one page that says what was decided, against what, on which assumption, and how to go back."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from case_studies.kit.runs import Learned, Run
from mlsd_lib.modeling.comparison import Interval

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class DecisionRecord:
    """What a release was chosen from and why; `str()` of it is the page, in Markdown.

    `chosen` names the candidate and its settings in words. `candidates`: a table with one row a candidate, the columns
    `judged_by` and `tied`. `unit`: of that column and of `test`. `restored`: what else a way back needs, in words.
    `models`: the candidates that may be released; where others, which cost less, are tied with the best, `why_a_model`
    says why one of these is released all the same.
    """

    chosen: str
    candidates: "pd.DataFrame"
    test: Interval
    weakest_assumption: str
    restored: str
    models: Sequence[str]
    why_a_model: str
    unit: str = "EUR saved a day"
    judged_by: str = "seen_eur"
    tested_on: str = "the days after the release"
    release: str = "v1"

    def __str__(self) -> str:
        judged = "\n".join(
            f"- {name}: {row[self.judged_by]:,.0f} {self.unit}{', tied with the best' if row['tied'] else ''}"
            for name, row in self.candidates.iterrows()
        )
        tied = [str(name) for name, row in self.candidates.iterrows() if row["tied"] and name not in self.models]
        passed_over = f"\nTied and not taken: {', '.join(tied)}. {self.why_a_model}\n" if tied else ""
        return f"""# Decision: release {self.release}

Chosen: {self.chosen}.

Candidates, judged on the days before the release by the labels known then; of the models tied with the best, the
cheapest to serve is taken:
{judged}
{passed_over}
Test, on {self.tested_on}: {self.test.mean:,.0f} {self.unit} (95 % interval {self.test.low:,.0f} to
{self.test.high:,.0f}).

Weakest assumption: {self.weakest_assumption}

Rolling back: `releases/` keeps every release; the verb `rollback` puts the last one back, and {self.restored}.
"""

    def file(
        self, run: Run, learned: Learned, save: Callable[[Path], Any], remember: Callable[[], Any], **metrics: Any
    ) -> None:
        """Adds a release to a run, with this page, what it `learned` from, the candidates and the test: see `Run.file`.

        `metrics`: what else was measured, plain values.
        """
        measured = {"comparison": self.candidates.reset_index().to_dict("records"), "test_eur_a_day": asdict(self.test)}
        run.file(learned, save, remember, measured | metrics, lambda release: replace(self, release=release))
