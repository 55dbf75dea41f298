"""Profiles one request, the first: what it saw is the import of scikit-learn.

kind = "wrong"
points = { test-profile = 0 }
says = ["You gave watch a share of 0.92", "A tracing profiler"]
"""

# %% profile
def profile():
    return {"shares": {"read": 0.03, "join": 0.02, "features": 0.02, "watch": 0.92, "score": 0.01}, "limit": 12.5}
