"""`mlsd monitor`: a running service on one page.

It stands here and not in its room, since `mlsd --help` imports it, and that room imports numpy.
"""

import time
from pathlib import Path
from typing import Annotated

import typer

LONGEST = 400


def monitor(
    url: Annotated[str, typer.Argument(help="The service's address; its /metrics is read.")],
    every: Annotated[float, typer.Option(help="Seconds between two readings.", min=0.2, max=3600)] = 15.0,
    out: Annotated[Path, typer.Option(help="Where the page goes.")] = Path("monitor.html"),
    windows: Annotated[int, typer.Option(help="End after so many; 0: go on until interrupted.", min=0)] = 0,
) -> None:
    """Read a service's /metrics again and again, and keep one HTML page about it: business, model, system, feedback.

    Requests are read from requests_total (labels route and status), latencies from request_latency_seconds (route),
    scores from prediction_score; of what has another name "nothing seen" is said. Other counters stand as they are.
    The page renews itself in the browser. Alerts that begin or end are printed, with the first thing to do. A service
    that does not answer is one of them, and so are an error budget that is spent too fast and what a service's own
    monitor found on its last day.

    Example: mlsd monitor http://127.0.0.1:8000

    Example: mlsd monitor http://127.0.0.1:8000 --every 2 --windows 30 --out fraud.html
    """
    from mlsd_lib.operations import OperationsError
    from mlsd_lib.operations.alert_rules import RULES, Rule, keep, monitor_rules
    from mlsd_lib.operations.own_page import require_own
    from mlsd_lib.operations.scraping import Window, scrape
    from mlsd_lib.operations.service_figures import SILENT, Figures, figures
    from mlsd_lib.operations.service_page import KIND, MOST_WINDOWS, write_page

    require_own(out, KIND, "--out")
    before, history, ringing, seen = scrape(url), list[Figures](), list[Rule](), 0
    typer.echo(f"The page is {out}, written every {every:g} s; end with Ctrl+C.")
    while not windows or seen < windows:
        time.sleep(every)
        try:
            after = scrape(url)
            found = figures(Window(before, after))
            before = after
        except OperationsError as error:  # a service that does not answer is what a monitor is for
            _say(str(error), err=True)
            found = SILENT
        keep(history, found, every, MOST_WINDOWS)
        rules = [*RULES, *monitor_rules(before)]
        seen, now = seen + 1, [rule for rule in rules if rule.rings(history)]
        try:
            write_page(out, url, history, every, rules)
        except OSError as error:  # the alarms below need no disk
            _say(f"{out} cannot be written: {error.strerror}. Make room, or its folder again.", err=True)
        for rule in now:
            if rule not in ringing:
                _say(f"{rule.name} rings. {rule.owner}: {rule.runbook}")
        for rule in ringing:
            if rule not in now:
                _say(f"{rule.name} is over.")
        ringing = now


def _say(text: str, err: bool = False) -> None:
    """One line with the time; of what a service chose, nothing moves the terminal's cursor, and nothing fills it."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    typer.echo(f"{time.strftime('%H:%M:%S')} {plain[:LONGEST]}", err=err)
