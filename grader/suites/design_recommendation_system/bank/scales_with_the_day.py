"""Written as YAML: an autoscaler between two and four, a breaker for outages alone, a refresh every four hours.

kind = "alternative"
"""

# %% design
def design():
    return """
candidates: {popular: 25, similar: 45, recent: 15}
ranker: trees
refresh_h: 4
exploration: {share: 0.09, among: new}
fallback: popular
replicas:
  count: 3
  autoscaler: {least: 3, most: 5, target: 0.6, every_s: 15}
batching: {most_rows: 5, wait_s: 0.0}
queue: {limit: 14, drop_expired: true}
timeout_s: 0.27
breaker: {failures: 1.0, window: 100, open_s: 3.0}
cache: {items: 4000, ttl_s: 30.0, coalesce: true}
"""

# %% foresee
def foresee():
    return {"breaks_first": "replica", "crowd_rate": 60.0, "double_eur": 43.4}
