"""The alert rules of a running service: by which of its figures somebody is woken, burn rates of the error budget too.

Figures and windows are those of `service_figures`; each rule stands here in Python and in PromQL.
"""

import math
from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass
from itertools import islice

from mlsd_lib.operations.scraping import ALARM, INDEX, Scrape
from mlsd_lib.operations.service_figures import ANSWERS, MONITOR, SPENT, Figures

ACTS_BEYOND = "monitor_acts_beyond"
"""The name at /metrics of how many thresholds the service's own monitor acts beyond."""
MOST_METRICS = 30
"""So many alarms of one service are read by a person."""


@dataclass(frozen=True)
class Rule:
    """When a figure wakes somebody: `above` or `below` a limit in `windows` windows one after the other.

    `owner`: who is called. `costs`: what a false alarm of it costs. `runbook`: the first thing to do. `expr`: the same
    in PromQL, for a window of five minutes.
    """

    name: str
    group: str
    figure: str
    limit: float
    owner: str
    costs: str
    runbook: str
    expr: str
    above: bool = True
    windows: int = 2
    lasting: str | None = "5m"
    """For how long it must hold in Prometheus, which has no windows."""

    @property
    def when(self) -> str:
        """In words, when it rings."""
        running = " times its threshold, on a day" if self.group == MONITOR else f", {self.windows} windows running"
        return f"{self.figure} {'above' if self.above else 'below'} {self.limit:g}{running}"

    def broken(self, value: float) -> bool:
        """Whether a value is beyond the limit; what was not seen is not."""
        return not math.isnan(value) and (value > self.limit if self.above else value < self.limit)

    def rings(self, history: Sequence[Figures]) -> bool:
        """Whether the last windows that have the figure were all beyond it: one without an answer ends no alarm."""
        seen = (
            window[self.group][self.figure] for window in reversed(history) if self.figure in window.get(self.group, {})
        )
        last = list(islice(seen, self.windows))
        return len(last) == self.windows and all(map(self.broken, last))


OBJECTIVE, BUDGET_DAYS = 0.999, 30
"""The share of requests to /predict that are not answered with 5xx, and over how many days it is promised."""


@dataclass(frozen=True)
class BurnRate(Rule):
    """Rings where requests fail so often that the error budget would not last, in a long window and in a short one.

    The long window keeps quiet on what is over soon and costs little; the short one ends the alarm when the cause has
    gone. Source: B. Beyer et al. (editors), The Site Reliability Workbook, O'Reilly 2018, chapter 5.
    """

    lasting: str | None = None
    long_s: float = 3_600
    short_s: float = 300

    @property
    def when(self) -> str:
        """In words, when it rings."""
        long, short = _span(self.long_s), _span(self.short_s)
        return f"{self.figure} above {self.limit:g} in the last {long}, and in the last {short}"

    def rings(self, history: Sequence[Figures]) -> bool:
        """Whether both windows are beyond the limit."""
        return all(self.broken(failed_share(history, within_s)) for within_s in (self.long_s, self.short_s))


def failed_share(history: Sequence[Figures], within_s: float) -> float:
    """The share of requests to /predict that failed in the last `within_s` seconds; NaN where nobody asked.

    Time before the first window counts as good, with as many requests: a monitor that has just begun rings for what was
    spent, and not for what may follow.
    """
    seconds = asked = failed = 0.0
    for window in reversed(history):
        if seconds >= within_s:
            break
        spent = window[SPENT]
        seconds, asked = seconds + spent.get("seconds", 0.0), asked + spent.get("asked", 0.0)
        failed += spent.get("failed", 0.0)
    return failed / asked * min(1.0, seconds / within_s) if asked else math.nan


def keep(history: MutableSequence[Figures], new: Figures, every_s: float, drawn: int) -> None:
    """Adds a window. What is too old to be `drawn` keeps what it spent, for as long as a rule may ask for it."""
    history.append(new)
    if len(history) > drawn:
        history[-drawn - 1] = {SPENT: history[-drawn - 1][SPENT]}
    longest_s = max(rule.long_s for rule in RULES if isinstance(rule, BurnRate))
    del history[: -max(drawn, math.ceil(longest_s / every_s))]


def _span(seconds: float) -> str:
    """As Prometheus writes it."""
    return f"{seconds / 3600:g}h" if seconds >= 3600 else f"{seconds / 60:g}m"


def monitor_rules(scrape: Scrape) -> list[Rule]:
    """A rule a metric of the service's own monitor, the `MOST_METRICS` furthest from normal, the furthest first.

    None where it has no monitor.
    """
    labels = [dict(own) for name, own in scrape.values if name == ALARM]
    limit = scrape.values.get((ACTS_BEYOND, frozenset()), math.inf)
    index = {dict(own)["metric"]: value for (name, own), value in scrape.values.items() if name == INDEX}
    owner, costs = "the team that owns the model", "a rollback for nothing"
    rules = [
        Rule(
            label["metric"], MONITOR, label["metric"], limit, owner, costs, label["runbook"], f"{ALARM} > 0", windows=1
        )
        for label in labels
    ]
    return sorted(rules, key=lambda rule: -index.get(rule.figure, 0.0))[:MOST_METRICS]


PREDICT = 'route="/predict"'
ASKED = f"sum(rate(requests_total{{{PREDICT}}}[5m]))"


def failed_expr(span: str) -> str:
    """In PromQL, the share of requests to /predict that failed within a span of time such as 1h."""
    failed, asked = (f"sum(rate(requests_total{{{which}}}[{span}]))" for which in (f'{PREDICT},status=~"5.."', PREDICT))
    return f"{failed} / {asked}"


def _burn_rate(name: str, times: float, long_s: float, short_s: float, costs: str) -> BurnRate:
    """The rule that rings where the budget is spent so many `times` faster than it may be."""
    limit = round(times * (1 - OBJECTIVE), 6)
    share = 100 * times * long_s / (BUDGET_DAYS * 86_400)
    runbook = (
        f"At this rate {share:.0f} % of the errors of {BUDGET_DAYS} days go in {_span(long_s)}. If they are 503, ask "
        "/readyz, then add a replica or send less; if 500, roll back a release that is younger than they are."
    )
    expr = " and ".join(f"{failed_expr(_span(window_s))} > {limit:g}" for window_s in (long_s, short_s))
    owner = "the team that runs the service"
    return BurnRate(name, "system", "errors", limit, owner, costs, runbook, expr, long_s=long_s, short_s=short_s)


RULES = (
    Rule(
        "ServiceDown", "system", ANSWERS, 1.0, "the team that runs the service", "somebody is woken at night",
        "Look whether its process runs and its port answers. Start it; roll back a release that does not start.",
        'up{job="model-service"} == 0 or absent(up{job="model-service"})', above=False,
    ),
    Rule(
        "ErrorsHigh", "system", "errors", 0.01, "the team that runs the service", "a look at a page",
        "Roll back if a release is younger than the errors; else look at what the service calls.",
        f"{failed_expr('5m')} > 0.01",
    ),
    _burn_rate("BudgetBurnsFast", 14.4, 3_600, 300, "somebody is woken at night"),
    _burn_rate("BudgetBurns", 6, 6 * 3_600, 1_800, "somebody is woken at night"),
    Rule(
        "AnswersSlow", "system", "p99 s", 0.5, "the team that runs the service", "somebody is woken at night",
        "Compare requests a second with the capacity; add a replica, or shed load.",
        f"histogram_quantile(0.99, sum by (le) (rate(request_latency_seconds_bucket{{{PREDICT}}}[5m]))) > 0.5",
    ),
    Rule(
        "RefusalsHigh", "system", "refusals", 0.05, "the team that sends the requests", "an hour of work",
        "Read the field and the rule in a refused answer; ask who changed the request.",
        f'sum(rate(requests_total{{{PREDICT},status=~"4.."}}[5m])) / {ASKED} > 0.05',
    ),
    Rule(
        "NobodyAsks", "system", "requests/s", 0.01, "the team that runs the service", "a look at a page",
        "Ask a request yourself; then look at what stands before the service.",
        f"{ASKED} < 0.01", above=False, windows=3,
    ),
)  # fmt: skip
"""What any service of the course is watched for; a case adds rules about its own figures."""
