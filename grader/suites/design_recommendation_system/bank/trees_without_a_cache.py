"""A few more replicas at peaks instead of a cache, fewer candidates, no retries; a `RecommendationDesign` is given.

kind = "alternative"
"""

# %% design
def design():
    return suite.RecommendationDesign.of(dict(
        candidates=dict(popular=25, similar=50, recent=10), ranker="trees", refresh_h=5.0,
        exploration=dict(share=0.1, among="new"), fallback="popular", replicas=dict(count=3),
        batching=dict(most_rows=3, wait_s=0.004), queue=dict(limit=10), timeout_s=0.28,
    ))

# %% foresee
def foresee():
    half = suite.halved(design())
    broken = next(rate for rate in range(4, 60) if suite.measure(half, "crowd", rate / 40)["good"] < 0.95)
    return dict(breaks_first="replica", crowd_rate=broken, double_eur=suite.measure(design(), "day", 2.0)["eur"])
