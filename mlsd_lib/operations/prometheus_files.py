"""The same figures and rules for a real Prometheus and Grafana: their own files, written from ours.

python -m mlsd_lib.operations.prometheus_files deploy/monitoring
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mlsd_lib.operations.alert_rules import ALARM, OBJECTIVE, RULES, Rule, failed_expr
from mlsd_lib.operations.service_figures import INDEX

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
PREDICT = 'route="/predict"'
PANELS = {
    "requests a second, by status": 'sum by (status) (rate(requests_total{route="/predict"}[5m]))',
    "median, seconds": f"histogram_quantile(0.5, sum by (le) (rate(request_latency_seconds_bucket{{{PREDICT}}}[5m])))",
    "99th percentile, seconds": (
        f"histogram_quantile(0.99, sum by (le) (rate(request_latency_seconds_bucket{{{PREDICT}}}[5m])))"
    ),
    "error budget, multiples of what may be spent": f"({failed_expr('1h')}) / {1 - OBJECTIVE:g}",
    "mean score": "sum(rate(prediction_score_sum[5m])) / sum(rate(prediction_score_count[5m]))",
    "90th percentile of the score": "histogram_quantile(0.9, sum by (le) (rate(prediction_score_bucket[5m])))",
    "requests that wait": "sum(requests_waiting)",
    "own monitor, multiples of the threshold": f"topk(5, {INDEX})",
    "feedback a second, by route": (
        'sum by (route) (rate(requests_total{route!~"/predict|/healthz|/readyz|/metrics|unknown"}[5m]))'
    ),
}
MONITOR_ALERT = {
    "alert": "MonitorRings",
    "expr": f"{ALARM} > 0",
    "labels": {"owner": "the team that owns the model"},
    "annotations": {"metric": "{{ $labels.metric }}", "runbook": "{{ $labels.runbook }}"},
}
"""What a service's own monitor found on its last day; the alarm brings its line of the runbook along."""


def files(rules: Sequence[Rule] = RULES, target: str = "127.0.0.1:8000") -> dict[str, str]:
    """The text of each file by its name: Prometheus's configuration and rules, and a Grafana dashboard."""
    scraping = {
        "global": {"scrape_interval": "15s", "evaluation_interval": "15s"},
        "rule_files": ["alerts.yml"],
        "scrape_configs": [{"job_name": "model-service", "static_configs": [{"targets": [target]}]}],
    }
    alerts = {"groups": [{"name": "model-service", "rules": [*(_alert(rule) for rule in rules), MONITOR_ALERT]}]}
    return {
        "prometheus.yml": yaml.safe_dump(scraping, sort_keys=False),
        "alerts.yml": yaml.safe_dump(alerts, sort_keys=False, width=110),
        "dashboard.json": json.dumps(_dashboard(), indent=2) + "\n",
    }


def _alert(rule: Rule) -> dict[str, Any]:
    return {
        "alert": rule.name,
        "expr": rule.expr,
        **({"for": rule.lasting} if rule.lasting else {}),
        "labels": {"owner": rule.owner},
        "annotations": {"runbook": rule.runbook, "false_alarm_costs": rule.costs},
    }


def _dashboard() -> dict[str, Any]:
    panels = [
        {
            "id": number + 1,
            "title": title,
            "type": "timeseries",
            "datasource": DATASOURCE,
            "gridPos": {"h": 8, "w": 12, "x": 12 * (number % 2), "y": 8 * (number // 2)},
            "targets": [{"expr": expression, "refId": "A", "datasource": DATASOURCE}],
        }
        for number, (title, expression) in enumerate(PANELS.items())
    ]
    source = {"name": "datasource", "type": "datasource", "query": "prometheus"}
    return {
        "title": "A model behind HTTP",
        "uid": "model-service",
        "schemaVersion": 39,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [source]},
        "panels": panels,
    }


def main(folder: Path) -> None:
    """Writes the files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
