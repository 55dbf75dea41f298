"""Tests what was asked first, and leaves publication and change to others.

kind = "wrong"
points = { test-own-tests = 4 }
says = ["planted bugs: online", "shows unpublished", "backfill replaces"]
"""

# %% check-store
def check_store(Store):
    check_past(Store)
    check_answers(Store)
