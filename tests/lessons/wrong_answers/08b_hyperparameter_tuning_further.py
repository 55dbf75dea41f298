"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "nested": [
        (
            """
def nested(inner, outer):  # lets the outer fold choose
    return float(np.mean([min(fold) for fold in outer]))
""",
            "chooses by the outer fold",
        ),
        (
            """
def nested(inner, outer):  # reports what the inner folds said
    return float(np.mean([min(fold) for fold in inner]))
""",
            "measured on the outer fold",
        ),
        (
            """
def nested(inner, outer):  # one choice for all folds
    best = int(np.argmin(np.mean(inner, axis=0)))
    return float(np.mean([fold[best] for fold in outer]))
""",
            "each fold runs a search of its own",
        ),
        (
            """
def nested(inner, outer):  # the best mean over the outer folds
    return float(np.min(np.mean(outer, axis=0)))
""",
            "the search's own error",
        ),
        (
            """
def nested(inner, outer):  # of equal settings the last
    last = [max(n for n, error in enumerate(fold) if error == min(fold)) for fold in inner]
    return float(np.mean([fold[n] for n, fold in zip(last, outer)]))
""",
            "the first is chosen",
        ),
    ],
    "left": [
        (
            """
def left_to_do(trials, grace):  # asks of trials
    return sorted({job for job, state, age in trials if state == "FAIL" or (state == "RUNNING" and age > grace)})
""",
            "ask of jobs, not of trials",
        ),
        (
            """
def left_to_do(trials, grace):  # believes that what runs is alive
    safe = {job for job, state, _ in trials if state in ("COMPLETE", "RUNNING", "WAITING")}
    return sorted({job for job, _, _ in trials} - safe)
""",
            "without heartbeat is dead",
        ),
        (
            """
def left_to_do(trials, grace):  # believes that what runs is dead
    safe = {job for job, state, _ in trials if state in ("COMPLETE", "WAITING")}
    return sorted({job for job, _, _ in trials} - safe)
""",
            "its job would run twice",
        ),
        (
            """
def left_to_do(trials, grace):  # once for each failure
    alive = {job for job, state, age in trials if state == "RUNNING" and age <= grace}
    safe = alive | {job for job, state, _ in trials if state in ("COMPLETE", "WAITING")}
    return sorted(job for job, _, _ in trials if job not in safe)
""",
            "Each job once",
        ),
        (
            """
def left_to_do(trials, grace):  # forgets the queue
    safe = {job for job, state, age in trials if state == "COMPLETE" or (state == "RUNNING" and age <= grace)}
    return sorted({job for job, _, _ in trials} - safe)
""",
            "waits in the queue already",
        ),
        (
            """
def left_to_do(trials, grace):  # one second early
    safe = {
        job for job, state, age in trials if state in ("COMPLETE", "WAITING") or (state == "RUNNING" and age < grace)
    }
    return sorted({job for job, _, _ in trials} - safe)
""",
            "exactly the grace period",
        ),
    ],
}
