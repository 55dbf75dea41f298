"""The error budget: a blip wakes nobody, what lasts does, on our page and where Prometheus itself reads our file."""

import math
import subprocess
from collections import Counter

import pytest
import yaml

from mlsd_lib.operations.alert_rules import RULES, BurnRate, failed_share, keep
from mlsd_lib.operations.prometheus_files import files
from mlsd_lib.operations.service_figures import SPENT
from mlsd_lib.operations.service_page import MOST_WINDOWS, write_page
from tests.needs import skip_without

ASKED_A_MINUTE = 600
BURNS = [rule.name for rule in RULES if isinstance(rule, BurnRate)]
STORIES = {
    "nothing fails": ([(480, 0.0)], []),
    "within the budget": ([(480, 0.0009)], []),
    "a blip: one in fifty for twenty minutes": ([(400, 0.0), (20, 0.02)], ["ErrorsHigh"]),
    "a blip: everything for half a minute": ([(420, 0.0), (0.5, 1.0)], ["ErrorsHigh"]),
    "one in fifty for an hour": ([(400, 0.0), (60, 0.02)], ["ErrorsHigh", "BudgetBurnsFast"]),
    "the same, five minutes after its end": ([(400, 0.0), (60, 0.02), (6, 0.0)], []),
    "one in a hundred and twenty for five hours": ([(400, 0.0), (300, 1 / 120)], ["BudgetBurns"]),
    "the same, half an hour after its end": ([(400, 0.0), (300, 1 / 120), (31, 0.0)], []),
    "everything for two minutes": ([(400, 0.0), (2, 1.0)], ["ErrorsHigh", "BudgetBurnsFast"]),
}
"""Minutes and the share that fails in them, one after the other; and which rules ring at the end."""


def window(seconds, asked, failed):
    errors = failed / asked if asked else math.nan
    spent = {"seconds": seconds, "asked": asked, "failed": failed}
    group = {"business": {}, "model": {}, "feedback": {}, "monitor": {}}
    return {**group, "system": {"errors": errors, "requests/s": asked / seconds}, SPENT: spent}


def watched(phases, every_s=15.0):
    asked = ASKED_A_MINUTE * every_s / 60
    return [
        window(every_s, asked, share * asked) for minutes, share in phases for _ in range(int(60 * minutes / every_s))
    ]


def ringing(history, names):
    return [rule.name for rule in RULES if rule.name in names and rule.rings(history)]


@pytest.mark.parametrize("story", STORIES)
def test_ours_ring_for_what_lasts_and_not_for_a_blip(story):
    phases, expected = STORIES[story]
    assert ringing(watched(phases), ["ErrorsHigh", *BURNS]) == expected


def test_the_page_shows_a_budget_that_burns_and_what_to_do(tmp_path):
    history, page = watched(STORIES["everything for two minutes"][0][1:]), tmp_path / "page.html"
    rang = write_page(page, "here", history, 15)
    assert [rule.name for rule in rang] == ["ErrorsHigh", "BudgetBurnsFast"]
    text = page.read_text(encoding="utf-8")
    assert "errors above 0.0144 in the last 1h, and in the last 5m" in text
    assert "At this rate 2 % of the errors of 30 days go in 1h" in text


def series(phases):
    """Counters of a story by status, a value a minute; half a minute counts as a minute in which half fails."""
    total, counts = Counter(), {"200": [0], "503": [0]}
    for minutes, share in phases:
        for _ in range(max(1, int(minutes))):
            failed = ASKED_A_MINUTE * share * min(1, minutes)
            total.update({"200": ASKED_A_MINUTE - failed, "503": failed})
            for status, values in counts.items():
                values.append(total[status])
    return counts


@pytest.mark.parametrize("story", STORIES)
def test_prometheus_rings_for_what_lasts_and_not_for_a_blip(story, tmp_path):
    skip_without("promtool")
    phases, expected = STORIES[story]
    counts = series(phases)
    (tmp_path / "alerts.yml").write_text(files()["alerts.yml"], encoding="utf-8")
    report = {
        rule.name: {
            "exp_labels": {"owner": rule.owner},
            "exp_annotations": {"runbook": rule.runbook, "false_alarm_costs": rule.costs},
        }
        for rule in RULES
    }
    story_test = {
        "interval": "1m",
        "input_series": [
            {
                "series": f'requests_total{{job="model-service",route="/predict",status="{status}"}}',
                "values": " ".join(f"{value:.6f}" for value in values),
            }
            for status, values in counts.items()
        ],
        "alert_rule_test": [
            {
                "eval_time": f"{len(counts['200']) - 1}m",
                "alertname": name,
                "exp_alerts": [report[name]] if name in expected else [],
            }
            for name in BURNS
        ],
    }
    document = {"rule_files": ["alerts.yml"], "evaluation_interval": "1m", "tests": [story_test]}
    (tmp_path / "story.yml").write_text(yaml.safe_dump(document, width=10**7), encoding="utf-8")
    done = subprocess.run(["promtool", "test", "rules", "story.yml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_monitor_that_has_just_begun_rings_only_for_what_was_spent():
    assert ringing(watched([(1, 0.05)]), BURNS) == []
    assert ringing(watched([(0.75, 1.0)]), BURNS) == []
    assert ringing(watched([(1, 1.0)]), BURNS) == ["BudgetBurnsFast"]


def test_where_nobody_asks_nothing_burns():
    assert math.isnan(failed_share([window(15, 0, 0)] * 10, 60))
    assert ringing([window(15, 0, 0)] * 500, BURNS) == []


@pytest.mark.parametrize("every_s", [15.02, 60.0, 3_600.0])
def test_what_is_kept_of_a_long_history_answers_as_all_of_it_does(every_s):
    whole, kept = [], []
    for number in range(int(8 * 3600 / every_s)):
        new = window(every_s, 100, number % 7)
        whole.append(new)
        keep(kept, new, every_s, MOST_WINDOWS)
        if number % 97 == 0 or number < 10:
            for within_s in (300, 1_800, 3_600, 6 * 3_600):
                assert failed_share(kept, within_s) == failed_share(whole, within_s)
    assert len(kept) == min(len(whole), max(MOST_WINDOWS, math.ceil(6 * 3_600 / every_s)))
    assert kept[-MOST_WINDOWS:] == whole[-MOST_WINDOWS:]
    assert all(set(window) == {SPENT} for window in kept[:-MOST_WINDOWS])
