"""The one page that says what was decided, against what, on which assumption, and how to go back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from case_studies.kit.release_gate import no_gain
from case_studies.kit.runs import Learned, Run
from mlsd_lib.modeling.comparison import Interval
from mlsd_lib.modeling.errors import ModelingError

if TYPE_CHECKING:
    import pandas as pd


class NothingReleased(ModelingError):
    """No gain was shown; `record` is the page that says so."""

    def __init__(self, record: "DecisionRecord") -> None:
        name, over = record.chosen.partition(",")[0], no_gain(record.gains)
        super().__init__(
            f"{name} shows no gain over {over}: the interval must lie above 0. Nothing was released. Keep what runs, "
            'or give --insist "WHY", which the record keeps.'
        )
        self.record = record


@dataclass(frozen=True)
class DecisionRecord:
    """What a release was chosen from and why; `str()` of it is the page, in Markdown.

    `chosen` names the candidate and its settings in words. `candidates`: a table with one row a candidate, the columns
    `judged_by` and `tied`. `unit`: of that column and of `test`. `restored`: what else a way back needs, in words.
    `models`: the candidates that may be released; where others, which cost less, are tied with the best, `why_a_model`
    says why one of these is released all the same. `gains`: what is gained on the test over doing nothing and over the
    release that runs, see `release_gate.gains`; `insist`: why it goes out where none is shown.
    """

    chosen: str
    candidates: "pd.DataFrame"
    test: Interval
    weakest_assumption: str
    restored: str
    models: Sequence[str]
    why_a_model: str
    gains: Mapping[str, Interval]
    unit: str = "EUR saved a day"
    judged_by: str = "seen_eur"
    tested_on: str = "the days after the release"
    release: str = ""
    insist: str = ""

    def __str__(self) -> str:
        judged = "\n".join(
            f"- {name}: {row[self.judged_by]:,.0f} {self.unit}{', tied with the best' if row['tied'] else ''}"
            for name, row in self.candidates.iterrows()
        )
        tied = [str(name) for name, row in self.candidates.iterrows() if row["tied"] and name not in self.models]
        passed_over = f"\nTied and not taken: {', '.join(tied)}. {self.why_a_model}\n" if tied and self.release else ""
        gained = "\n".join(f"- over {name}: {gain} a day" for name, gain in self.gains.items())
        warned = f"\nNo gain is shown over {no_gain(self.gains)}. {self._all_the_same}\n" if no_gain(self.gains) else ""
        return f"""# Decision: release {self.release or "nothing"}

{"Chosen" if self.release else "The best model"}: {self.chosen}.

Candidates, judged on the days before the release by the labels known then; of the models tied with the best, the
cheapest to serve is taken:
{judged}
{passed_over}
Test, on {self.tested_on}: {round(self.test.mean):,} {self.unit} (95 % interval over
{self.test.over} {round(self.test.low):,} to {round(self.test.high):,}).

Gained there, EUR, with its 95 % interval:
{gained}
{warned}
Weakest assumption: {self.weakest_assumption}

{self._way_back}
"""

    @property
    def _all_the_same(self) -> str:
        if self.insist:
            return f"Released all the same: {self.insist}"
        return "It waits for a promotion that insists." if self.release else "Nothing goes out."

    @property
    def _way_back(self) -> str:
        kept = "Rolling back: `releases/` keeps every release; the verb `rollback` puts the last one back, and"
        return f"{kept} {self.restored}." if self.release else "There is nothing to roll back."

    def file(
        self, run: Run, learned: Learned, save: Callable[[Path], Any], remember: Callable[[], Any], **metrics: Any
    ) -> None:
        """Adds a release to a run, with this page, what it `learned` from, the candidates and the test: see `Run.file`.

        `metrics`: what else was measured, plain values. Raises `NothingReleased` where it would be the first of the
        run, which goes out at once, and shows no gain, unless the run insists.
        """
        first = run.registry().current is None
        if first and no_gain(self.gains) and not run.insist:
            raise NothingReleased(self)
        measured = {"comparison": self.candidates.reset_index().to_dict("records"), "test_eur_a_day": asdict(self.test)}
        measured["gains"] = {name: asdict(gain) for name, gain in self.gains.items()}
        page = replace(self, insist=run.insist if first else "")
        run.file(learned, save, remember, measured | metrics, lambda release: replace(page, release=release))
