"""Two replicas with fewer candidates, larger batches, no cache and no retries; a `RecommendationDesign` is given.

kind = "alternative"
"""

# %% design
def design():
    return suite.RecommendationDesign.of(dict(
        candidates=dict(popular=22, similar=32, recent=12), ranker="trees", refresh_h=5.0,
        exploration=dict(share=0.09, among="new"), fallback="popular", replicas=dict(count=2),
        batching=dict(most_rows=7, wait_s=0.01), queue=dict(limit=14), timeout_s=0.28,
    ))

# %% foresee
RATES = [2 * 1.1**n for n in range(60)]


def foresee(document, times):
    broken = next(rate for rate in RATES if suite.measure(document, "crowd", rate / 40)["good"] < 0.95)
    first = "crowd" if document["replicas"]["count"] > 1 else "replica"
    return dict(breaks_first=first, crowd_rate=broken, eur=suite.measure(document, "day", times)["eur"])
