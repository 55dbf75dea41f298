"""Why an incident was missed, what was named where nothing was wrong, and where a bill goes, in words.

No criterion and no limit may enter here.
"""

from collections import Counter

import numpy as np

from grader.suites.implement_monitoring.cases import Cases
from grader.suites.implement_monitoring.runs import MOST_NAMES, Met, Run, days_of
from grader.suites.implement_monitoring.world import BETWEEN, HARMLESS, INCIDENTS, REFERENCE


def why_missed(run: Run, met: Met, private: bool) -> str:
    """A counter-example: when it began, what could be seen, what was named instead."""
    feature, reason = met.right
    said = [named for t, named in run.named.items() if met.begins <= t <= met.last]
    if any(met.right in named for named in said):
        did = f"It was among more than {MOST_NAMES:g} names on one day: whoever is called does not know where to look."
    elif met.caught is not None:
        did = "It was named too late."
    elif said:
        did = "There were alerts, and none named the feature with its reason."
    elif any(t < met.begins for t in run.named):
        did = "Nothing was named in that time, though something was earlier in the stream."
    else:
        did = "Nothing was named in that time, nor before."
    title = f"{met.family} ({INCIDENTS[met.family].title}), in a stream with {HARMLESS[run.harmless][0]}: "
    if private:
        return f"{title}{did}"
    what, values = run.figure(feature, reason)
    before, since = np.nanmean(values[:REFERENCE]), np.nanmean(values[met.begins : met.last + 1])
    others = sorted({f"{name} ({why})" for named in said for name, why in named})
    return (
        f"{title}try_stream(Monitor, {run.number}), from day {met.begins} on. Right is {feature} ({reason}) by day "
        f"{met.last}. {what}: {before:.3g} in the reference, {since:.3g} since. {did}"
        + (f" Named were: {', '.join(others[:4])}." if others else "")
        + f" Until somebody noticed it cost {met.harm:,.0f} EUR."
    )


def between(run: Run, met: Met, private: bool) -> str:
    """What was not named before the next strong days."""
    never, why = met.caught is None, "A limit that all days of a week share is above such a shift."
    if private:
        when = "never" if never else "on the next strong days or after them"
        return f"A mean shift that began between strong days was named {when}. {why}"
    return (
        f"In try_stream(Monitor, {run.number}) {met.right[0]} is higher from day {met.begins} on, between strong days; "
        f"those of day {met.begins + BETWEEN} on hide it. It was named "
        f"{'never' if never else f'on day {met.caught}'}. {why}"
    )


def false_alarms(runs: list[Run], private: bool) -> str:
    """What is named most often where nothing is wrong; an example, with what happened, where nothing is hidden."""
    counts = Counter(pair for run in runs for t in run.false_days for pair in run.named[t])
    if not counts or private:
        return "There were alerts where nothing was wrong." if counts else ""
    often = [f"{name} ({why}) on {count} days" for (name, why), count in counts.most_common(3)]
    pair = counts.most_common(1)[0][0]
    run, t = next((run, t) for run in runs for t in run.false_days if pair in run.named[t])
    what, values = run.figure(*pair)
    low, high = np.nanmin(values[:REFERENCE]), np.nanmax(values[:REFERENCE])
    rows = len(days_of(run.stream)[t]["score"])
    return (
        f"Most often named: {', '.join(often)}. First on day {t} of try_stream(Monitor, {run.number}), with {rows} "
        f"rows: {what} was {values[t]:.3g}; on reference days it was {low:.3g} to {high:.3g}. Harmless in this stream: "
        f"{HARMLESS[run.harmless][0]}."
    )


def where_it_goes(runs: list[Run], cases: Cases) -> str:
    """The largest parts of a bill; in EUR only where nothing is hidden."""
    parts: Counter[str] = Counter()
    for incident in (incident for run in runs for incident in run.met):
        parts[incident.family] += int(incident.harm)
    largest = parts.most_common(3)
    if cases.private:
        return f"Most of the bill are the days until these were named: {', '.join(name for name, _ in largest)}."
    said = ", ".join(f"{name} {eur:,}" for name, eur in largest)
    return (
        f"EUR until it was named: {said}; alarms took {sum(run.attention for run in runs):,.0f}. No monitor costs "
        f"{cases.silent_eur:,.0f}, one that knows everything {cases.known_eur:,.0f}: labels show it a day later."
    )
