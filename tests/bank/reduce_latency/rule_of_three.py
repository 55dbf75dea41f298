"""Uses the rule of three whatever the confidence.

kind = "wrong"
points = { test-shadow = 0 }
says = ["Of 6 plans you asked for too few requests in"]
"""

# %% shadow-requests
def shadow_requests(largest_share, confidence):
    return math.ceil(3 / largest_share)
