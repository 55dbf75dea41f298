"""The page about a run: all of its parts, nothing from elsewhere, text for each picture, and no label upon another."""

import json
import re
import shutil

import pytest

from case_studies.kit import DecisionStore, Run, roll_back
from case_studies.kit.live_system import write_days
from case_studies.kit.report_page import latest_days, write_report
from tests.needs import CHROMIUM, program, skip_without

PARTS = ("Decision", "Model card", "Data card", "Capacity", "Incident and rollback", "Releases", "Live monitor")
QUIET = {"saved_eur": 900.0, "alerts": [], "acting": [], "spoiled": False, "rollbacks": 0}


class Lived:
    """Ten days, of which 4 and 5 are spoiled; on day 5 the monitor rings and the release is taken back."""

    def __init__(self):
        self.days = [QUIET | {"saved_eur": 100.0 * day, "spoiled": day in (4, 5)} for day in range(10)]
        self.days[5] |= {"alerts": ["volume", "flag_rate"], "acting": ["volume"], "rollbacks": 1}


@pytest.fixture(scope="module")
def reported(case_study, tmp_path_factory):
    """A run of maintenance that was promoted and taken back, its page, and the folder of both."""
    case, out = case_study("maintenance"), tmp_path_factory.mktemp("reported")
    run = Run(shutil.copytree(case.trained.path, out / "run"))
    registry = run.registry()
    registry.add("v2", lambda folder: shutil.copytree(registry.path("v1"), folder, dirs_exist_ok=True))
    registry.promote("v2", "a <hurried> one")
    roll_back(run, "rang & rang", None)
    day = {"day_us": 0, "release": "v1", "index": {"volume": (3.5, "Check upstream.")}, "reported": {}}
    store = DecisionStore(run.store)
    store.insert("watched", [(0, json.dumps(day))])
    store.close()
    (out / "lived").mkdir()
    write_days(Lived(), out / "lived" / "days.json")
    (out / "monitor.html").write_text("the live page")
    page = out / "report.html"
    app_of = case.module("service").app_of
    write_report(run, page, app_of, out / "lived" / "days.json", out / "monitor.html")
    return run, page, app_of


def test_the_page_holds_each_part_with_what_the_run_says(reported):
    run, page, _ = reported
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"<h2>(.*?)</h2>", text)
    assert len(headings) == len(PARTS)
    assert all(found.startswith(part) for found, part in zip(headings, PARTS, strict=True))
    test = json.loads((run.path / "metrics.json").read_text())["test_eur_a_day"]
    assert f"{test['low']:,.0f} to {test['high']:,.0f}" in text
    assert json.loads((run.path / "data.json").read_text())["name"] in text
    assert re.search(r"<b>[\d,]+ a second</b>", text)
    assert "a bad release decides on day 4 to 5; the monitor rings on day 5; rollback on day 5" in text
    assert "a &lt;hurried&gt; one" in text
    assert "rang &amp; rang" in text
    assert "volume: 3.50 times its threshold" in text
    assert "Check upstream." in text
    assert '<a href="monitor.html">' in text


def test_it_loads_nothing_runs_nothing_and_has_a_text_for_each_picture(reported):
    text = reported[1].read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<img|@import|url\((?!#)|src=", text)
    pictures = re.findall(r"<svg[^>]*>", text)
    assert len(pictures) == 2
    assert all(len(re.search(r'role="img" aria-label="([^"]+)"', picture)[1]) > 40 for picture in pictures)
    assert not re.search(r"#0[123]0[123]0[123]", text)  # every colour is the page's own, by day and by night


def test_measuring_the_capacity_leaves_the_run_as_it_is(reported):
    run, page, app_of = reported

    def content():
        store = DecisionStore(run.store)
        count = [
            store.connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone() for name in ("decisions", "readings")
        ]
        store.close()
        return count, run.registry().history()

    before = content()
    write_report(run, page.with_name("again.html"), app_of)
    assert content() == before
    text = page.with_name("again.html").read_text(encoding="utf-8")
    assert "None was lived" in text
    assert "No page is kept now" in text


@pytest.mark.parametrize("damaged", ["NaN", "1e400", "-1e300", "1e18"])
def test_a_damaged_time_of_a_release_is_shown_as_unknown(reported, damaged):
    run, page, app_of = reported
    log = next(run.path.rglob("history.jsonl"))
    kept = log.read_bytes()
    log.write_bytes(re.sub(rb'"time": [\d.]+', f'"time": {damaged}'.encode(), kept, count=1))
    try:
        write_report(run, page.with_name("again.html"), app_of)
    finally:
        log.write_bytes(kept)
    assert f"unknown ({float(damaged)})" in page.with_name("again.html").read_text(encoding="utf-8")


def test_the_newest_days_of_the_case_are_shown_and_not_those_of_another(tmp_path):
    assert latest_days(tmp_path, "kit") is None
    for folder, case in (("a", "fraud"), ("b", "kit")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "days.json").write_text(json.dumps({"case": case, "days": []}))
    assert latest_days(tmp_path, "fraud").parent.name == "a"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (390, "light"), (1200, "light")])
def test_on_a_telephone_and_in_the_dark_it_can_be_read_and_no_label_lies_on_another(reported, width, scheme):
    skip_without("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(*CHROMIUM), args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(reported[1].as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")
        colours = page.evaluate(
            "(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))"
        )
        labels = page.evaluate(
            "[...document.querySelectorAll('svg')].map(svg => [...svg.querySelectorAll('[id^=text_]')].map("
            "label => label.getBoundingClientRect()).map(box => [box.left, box.top, box.right, box.bottom]))"
        )
        browser.close()
    assert wide <= width
    assert asked == [reported[1].as_uri()]
    dark = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in colours]
    assert (dark[0] > dark[1]) == (scheme == "dark")
    assert abs(dark[0] - dark[1]) > 450  # of 765
    assert [len(boxes) > 5 for boxes in labels] == [True, True]
    for boxes in labels:
        for at, box in enumerate(boxes):
            assert box[0] >= 0
            assert box[2] <= width
            for other in boxes[:at]:
                apart = box[0] >= other[2] or other[0] >= box[2] or box[1] >= other[3] or other[1] >= box[3]
                assert apart, (box, other)
