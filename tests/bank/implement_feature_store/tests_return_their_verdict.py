"""Returns False where it should raise.

kind = "wrong"
points = { test-own-tests = 0 }
says = ["What it returned is not looked at"]
"""

# %% check-store
def check_store(Store):
    try:
        for check in (check_past, check_answers, check_online, check_change):
            check(Store)
    except AssertionError:
        return False
    return True
