"""Reads the clock before a stage where it should read it after: each stage is charged for the one before.

kind = "wrong"
points = { test-profile = 1 }
says = ["A tracing profiler charges every call", "measured here is"]
"""

# %% profile
def profile():
    taken = {"read": 0.0, "join": 0.0, "features": 0.0, "watch": 0.0, "score": 0.0}
    for row in rows[:12]:
        clock = [time.process_time()]
        slow.read()
        clock.append(time.process_time())
        frame = slow.join(row)
        clock.append(time.process_time())
        values = slow.features(row, frame)
        clock.append(time.process_time())
        slow.watch(values)
        clock.append(time.process_time())
        slow.score(values)
        clock.append(time.process_time())
        spent = [after - before for before, after in zip(clock, clock[1:])]
        for stage, seconds in zip(taken, spent[-1:] + spent[:-1]):
            taken[stage] += seconds
    total = sum(taken.values())
    shares = {stage: seconds / total for stage, seconds in taken.items()}
    return {"shares": shares, "limit": 1 / (1 - max(shares.values()))}
