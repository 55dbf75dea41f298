"""Written as YAML: an autoscaler from two to six, a large cache, a breaker for outages alone; the crowd's edge is walked to.

kind = "alternative"
"""

# %% design
def design():
    return """
candidates: {popular: 24, similar: 36, recent: 14}
ranker: trees
refresh_h: 4
exploration: {share: 0.09, among: new}
fallback: popular
replicas:
  count: 2
  autoscaler: {least: 2, most: 6, target: 0.7, every_s: 15}
batching: {most_rows: 5, wait_s: 0.0}
queue: {limit: 14, drop_expired: true}
timeout_s: 0.27
breaker: {failures: 1.0, window: 100, open_s: 3.0}
cache: {items: 10000, ttl_s: 30.0, coalesce: true}
"""

# %% foresee
def holds(document, rate):
    return suite.measure(document, "crowd", rate / 39)["good"] >= 0.95


def foresee(document, times):
    rate = 4.0
    while holds(document, 1.3 * rate):
        rate *= 1.3
    while rate > 1 and not holds(document, rate):
        rate /= 1.1
    eur = suite.measure(document, "day", times)["eur"]
    return {"breaks_first": ["replica", "crowd"][document["replicas"]["count"] > 1], "crowd_rate": 1.1 * rate, "eur": eur}
