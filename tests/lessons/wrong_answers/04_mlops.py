"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "stages": [
        (
            """
def stages_to_run(stages, changed, same):  # as if a change went no further
    return [name for name, (reads, writes) in stages.items() if set(changed) & set(reads)]
""",
            "What a stage writes has changed, too",
        ),
        (
            """
def stages_to_run(stages, changed, same):  # as if by time: what ran has changed
    changed, run = set(changed), []
    for name, (reads, writes) in stages.items():
        if changed & set(reads):
            run.append(name)
            changed |= set(writes)
    return run
""",
            "What came out with the same bytes",
        ),
        (
            """
def stages_to_run(stages, changed, same):  # everything, up to the last output that is the same
    run = []
    for name, (reads, writes) in stages.items():
        run.append(name)
        if set(writes) & set(same):
            break
    return run
""",
            "A stage whose inputs are as before is kept",
        ),
    ],
    "differs": [
        (
            """
def differences(before, after):  # only what both have
    return {name: (before[name], after[name]) for name in before if name in after and before[name] != after[name]}
""",
            "A parameter that only one of the runs has",
        ),
        (
            """
def differences(before, after):  # everything
    return {name: (before.get(name), after.get(name)) for name in {**before, **after}}
""",
            "Only what differs is asked for",
        ),
    ],
}
