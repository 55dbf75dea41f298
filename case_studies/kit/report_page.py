"""One page about a run, for somebody who has to answer for it: decision, cards, capacity, timeline, live monitor.

A file that needs nothing else: pictures stand in it, and it loads nothing. Readable on a telephone and in the dark.
"""

import html
import io
import json
import os
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from case_studies.kit.artefacts import DOCUMENT, as_document, read_document
from case_studies.kit.caller import key_header
from case_studies.kit.runs import DATA, DECISION, METRICS, Run, read_decision
from mlsd_lib.operations.own_page import write_own

if TYPE_CHECKING:
    import flask
    from matplotlib.axes import Axes

DAYS, LIVED = "days.json", {"case": str, "days": list}
MEASURED_REQUESTS = 200
INK, BLUE, RED = "#010101", "#020202", "#030303"
"""What pictures are drawn in; the page's own colours take their place, one set by day and one by night."""
STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1a1a1a; --soft: #595959; --rule: #d0d0d0; --blue: #0b6bb0;
  --red: #b3401a }
@media (prefers-color-scheme: dark) { :root { --paper: #15181b; --ink: #ececec; --soft: #b0b0b0; --rule: #444;
  --blue: #6db8f2; --red: #ff9166 } }
body { max-width: 46rem; background: var(--paper); color: var(--ink); overflow-wrap: anywhere }
h1, h2 { line-height: 1.25 } h2 { margin-top: 2.2rem } a { color: var(--blue) } figure { margin: 1rem 0 }
figcaption, small { color: var(--soft) } svg { width: 100%; max-width: 36rem }
.wide { overflow-x: auto } table { font-size: .92rem; font-variant-numeric: tabular-nums }
th, td { border-color: var(--rule) }
.wide, .card td:first-child, .card th { overflow-wrap: normal }
"""
KIND = "report of a run"
TEST = {"mean": int | float, "low": int | float, "high": int | float, "over": str}
"""The fields of a release's test, with their types."""


def write_report(
    run: Run, path: Path, app_of: Callable[[Run], "flask.Flask"], days: Path | None = None, monitor: Path | None = None
) -> None:
    """Writes the page of `run`'s current release to `path`.

    `app_of` gives the app whose capacity is measured, on a copy of the run. `days`: what a `simulate` has lived, see
    `latest_days`. `monitor`: the page that `mlsd monitor` keeps.
    """
    registry = run.registry()
    version = registry.current or ""
    folder = registry.path(version)
    record = folder if (folder / DECISION).exists() else run.path
    metrics, data = read_document(record / METRICS), read_document(record / DATA)
    if test := metrics.get("test_eur_a_day"):
        as_document(record / METRICS, json.dumps(test), TEST)
    parts = {
        "Decision": _decision(read_decision(record / DECISION), metrics),
        "Model card": _card(_model(folder, version, metrics)),
        "Data card": _card(data),
        "Capacity": _capacity(run, app_of),
        "Incident and rollback, in virtual time": _lived(days),
        "Releases": _releases(registry.history()),
        "Live monitor": _live(run, path, monitor),
    }
    body = "".join(f"<section><h2>{name}</h2>\n{part}</section>\n" for name, part in parts.items())
    said = f"Run {html.escape(run.path.name)}, reported {time.strftime('%Y-%m-%d %H:%M %z')}."
    title = f"{run.case or run.path.name}: release {version}"
    write_own(path, KIND, title, f"<p><small>{said}</small></p>\n{body}", STYLE)


def latest_days(out: Path, case: str) -> Path | None:
    """The newest days that `simulate` has lived of a case, below `out`; None if there are none."""
    found = [path for path in out.glob(f"*/{DAYS}") if read_document(path, LIVED)["case"] == case]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _decision(text: str, metrics: Mapping[str, Any]) -> str:
    blocks = [block for block in text.split("\n\n") if block.strip() and not block.startswith("# ")]
    written = "".join(_block(block.strip()) for block in blocks)
    rows = metrics.get("comparison", [])
    if not rows:
        return written
    picture = _candidates(rows, metrics.get("test_eur_a_day"))
    return f"{picture}{written}{_table(list(rows[0]), [[_shown(value) for value in row.values()] for row in rows])}"


def _block(block: str) -> str:
    """A paragraph of the decision record, whose lines may end in a list."""
    text, *items = re.split(r"^- ", block, flags=re.MULTILINE)
    listed = "".join(f"<li>{_inline(item)}</li>" for item in items)
    return (f"<p>{_inline(text)}</p>" if text.strip() else "") + (f"<ul>{listed}</ul>" if listed else "") + "\n"


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(" ".join(text.split())))


def _candidates(rows: Sequence[Mapping[str, Any]], test: Mapping[str, float] | None) -> str:
    """A row a candidate: what it was judged by, and its interval; at the foot the test of the release."""
    judged = "seen_eur" if "seen_eur" in rows[0] else "mean"
    named = next(name for name, value in rows[0].items() if isinstance(value, str))
    names = [str(row[named]) for row in rows] + ["test of the release"] * bool(test)

    def draw(ax: "Axes") -> None:
        for at, row in enumerate(rows):
            if "true_low" in row:
                ax.plot([row["true_low"], row["true_high"]], [at, at], color=BLUE, linewidth=2)
            ax.plot(row[judged], at, "o", color=RED if row.get("tied") else INK, markersize=6)
        if test:
            ax.plot([test["low"], test["high"]], [len(rows)] * 2, color=BLUE, linewidth=2)
            ax.plot(test["mean"], len(rows), "D", color=BLUE, markersize=6)
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.axvline(0, color=INK, linewidth=0.6)
        ax.set_xlabel("EUR a day (more is better)")

    said = ", ".join(f"{name} {row[judged]:,.0f}" for name, row in zip(names, rows, strict=False))
    if test:
        said += f"; test {test['mean']:,.0f}, 95 % over {test['over']} {test['low']:,.0f} to {test['high']:,.0f}"
    caption = "Dots: what was known when it was decided; coloured where tied with the best."
    if test:
        caption += f" Diamond: the test, with its 95 % interval over {test['over']}."
    if "true_low" in rows[0]:
        caption += " Lines of candidates: 95 % intervals by what became known later."
    return _figure(draw, 0.75 + 0.34 * len(names), f"Candidates, EUR a day: {said}.", caption)


def _model(folder: Path, version: str, metrics: Mapping[str, Any]) -> dict[str, Any]:
    document = read_document(folder / DOCUMENT) if (folder / DOCUMENT).exists() else {}
    more = {name: value for name, value in metrics.items() if name not in ("comparison", "test_eur_a_day")}
    return {"release": version, **document, **more, "files": sorted(path.name for path in folder.iterdir())}


def _card(fields: Mapping[str, Any]) -> str:
    return _table(["what", "value"], [[name.replace("_", " "), _told(value)] for name, value in fields.items()], "card")


def _told(value: Any) -> str:
    """A value of a document in one line: long lists by their length."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name.replace('_', ' ')}: {_told(part)}" for name, part in value.items())
    if isinstance(value, list):
        return f"{len(value)} values" if len(value) > 20 else ", ".join(map(_told, value)) or "none"
    return _shown(value)


def _capacity(run: Run, app_of: Callable[[Run], "flask.Flask"]) -> str:
    seconds = _seconds_a_request(run, app_of)
    size = f"Its memory takes {run.store.stat().st_size / 1e6:,.1f} MB on disk."
    if not len(seconds):
        return f"<p>No request of the past is left undecided, so that nothing could be measured. {size}</p>"
    median, slow = np.quantile(seconds, [0.5, 0.99])
    return (
        f"<p>One thread decided {len(seconds)} requests of the past on a copy of the run, one after the other: "
        f"<b>{1 / seconds.mean():,.0f} a second</b>, {1e3 * median:.1f} ms at the median and {1e3 * slow:.1f} ms at "
        f"the 99th percentile, on the machine of this report, without the network. {size}</p>"
    )


def _seconds_a_request(run: Run, app_of: Callable[[Run], "flask.Flask"]) -> np.ndarray:
    """Seconds that each of the latest requests takes that were remembered without a decision, (requests,)."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        copy = Run(Path(folder))
        (copy.path / "releases").symlink_to(run.path.resolve() / "releases", target_is_directory=True)
        with closing(sqlite3.connect(run.store)) as memory, closing(sqlite3.connect(copy.store)) as copied:
            memory.backup(copied)  # a service may be writing
            query = "SELECT sent FROM requests WHERE id NOT IN (SELECT id FROM decisions) ORDER BY time_us DESC LIMIT ?"
            found = [json.loads(sent) for (sent,) in copied.execute(query, (MEASURED_REQUESTS,))]
        client, key, seconds = app_of(copy).test_client(), key_header(copy), []
        for sent in reversed(found):
            body = sent | {"time": str(np.datetime64(sent["time"], "us"))}
            start = time.perf_counter()
            answer = client.post("/predict", json=body, headers=key)
            if answer.status_code == 200:
                seconds.append(time.perf_counter() - start)
    return np.array(seconds)


def _lived(path: Path | None) -> str:
    if path is None:
        return "<p>None was lived. The verb <code>simulate</code> with <code>--incident-week</code> lives one.</p>"
    days = read_document(path, LIVED)["days"]
    saved = [day["saved_eur"] for day in days]
    marks = {
        "a bad release decides": [at for at, day in enumerate(days) if day["spoiled"]],
        "the monitor rings": [at for at, day in enumerate(days) if day["acting"]],
        "rollback": [at for at, day in enumerate(days) if day["rollbacks"]],
    }

    def draw(ax: "Axes") -> None:
        above = ax.inset_axes((0, 1.04, 1, 0.36), sharex=ax)
        for at, hit in enumerate(marks.values()):
            above.plot(hit, [at] * len(hit), "s", color=RED if at else INK, markersize=4)
        above.set_ylim(len(marks) - 0.4, -0.6)
        above.set_yticks(range(len(marks)), marks)
        above.tick_params(bottom=False, labelbottom=False)
        above.spines[["top", "right", "bottom"]].set_visible(False)
        ax.plot(saved, color=BLUE, linewidth=1.5)
        ax.axhline(0, color=INK, linewidth=0.6)
        ax.set_xlabel("live day")
        ax.set_ylabel("EUR saved")

    events = "; ".join(f"{name} on day {_days(hit)}" for name, hit in marks.items() if hit) or "nothing happened"
    caption = f"{len(days)} live days of {html.escape(path.parent.name)}: {events}."
    rows = [
        [str(at), _shown(day["saved_eur"]), ", ".join(day["alerts"]) or "none", "yes" if day["rollbacks"] else "no"]
        for at, day in enumerate(days)
        if day["acting"] or day["rollbacks"]
    ]
    table = _table(["day", "EUR saved", "alerts", "rolled back"], rows) if rows else ""
    return _figure(draw, 2.9, f"EUR saved on each live day. {caption}", caption) + table


def _days(hit: Sequence[int]) -> str:
    """Days as runs: 3 to 5, 9."""
    groups = np.split(np.array(hit), np.flatnonzero(np.diff(hit) > 1) + 1)
    return ", ".join(f"{group[0]} to {group[-1]}" if len(group) > 1 else f"{group[0]}" for group in groups)


def _releases(history: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [str(entry["number"]), _utc(entry["time"]), entry["action"], entry["to"], entry["reason"]] for entry in history
    ]
    return _table(["number", "time, UTC", "action", "to", "why"], rows)


def _utc(time_s: float) -> str:
    """The minute; a time that no calendar has comes from a damaged log, and the rest of its line may hold."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.gmtime(time_s))
    except (OverflowError, ValueError, OSError):
        return f"unknown ({time_s})"


def _live(run: Run, page: Path, monitor: Path | None) -> str:
    """The last days that the running service looked at, and the page that shows it now."""
    with closing(sqlite3.connect(run.store)) as memory:
        found = memory.execute("SELECT told FROM watched ORDER BY time_us DESC LIMIT 14").fetchall()
    rows = []
    for day in (json.loads(text) for (text,) in reversed(found)):
        metric, (index, runbook) = max(day["index"].items(), key=lambda entry: entry[1][0])
        when = str(np.datetime64(day["day_us"], "us").astype("datetime64[D]"))
        rows.append([when, day["release"], f"{metric}: {index:.2f} times its threshold", runbook if index > 1 else ""])
    body = _table(["day", "release", "furthest from normal", "first thing to do"], rows) if rows else ""
    body = body or "<p>The service has not yet lived a whole day.</p>"
    if monitor is not None and monitor.exists():
        address = html.escape(os.path.relpath(monitor, page.parent), quote=True)
        return f'<p><a href="{address}">The live monitor\'s page</a></p>{body}'
    return f"<p>No page is kept now: <code>mlsd monitor http://127.0.0.1:8000 --out monitor.html</code></p>{body}"


def _shown(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {True: "yes", False: "no", None: "none", "": "none"}.get(value, str(value))
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "wide") -> str:
    top = "".join(f'<th scope="col">{html.escape(heading.replace("_", " "))}</th>' for heading in head)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>\n" for row in rows)
    return f'<div class="{kind}"><table><tr>{top}</tr>\n{body}</table></div>\n'


def _figure(draw: Callable[["Axes"], None], height_inches: float, alt: str, caption: str) -> str:
    """A picture in the page's own colours, with its text for those who do not see it."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    inked = ("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color")
    style: Any = dict.fromkeys(inked, INK) | {"font.size": 10, "svg.hashsalt": "page"}
    with mpl.rc_context(style):
        figure = Figure(figsize=(5.2, height_inches), layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_alpha(0)
        ax = figure.add_subplot()
        ax.patch.set_alpha(0)
        ax.locator_params(axis="x", nbins=5)
        draw(ax)
        ax.spines[["top", "right"]].set_visible(False)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True)
    picture = buffer.getvalue()
    picture = re.sub(r"<metadata>.*?</metadata>", "", picture[picture.index("<svg") :], flags=re.DOTALL)
    for drawn, name in ((INK, "var(--ink)"), (BLUE, "var(--blue)"), (RED, "var(--red)")):
        picture = picture.replace(drawn, name)
    named = f'<svg role="img" aria-label="{html.escape(alt, quote=True)}"'
    return f"<figure>{picture.replace('<svg', named, 1)}<figcaption>{caption}</figcaption></figure>\n"
