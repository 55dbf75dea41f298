"""Wrong answers to *your turn* in the lesson on serving options, at once."""

READS = """def reads(steps):
    found, held, rows = [], None, []
    for who, what in steps:
        if what == "write":
            {}
        else:
            {}
    return found
"""
WORKERS = "def workers(cores, cpu_ms, wait_ms, memory_mb, shared_mb, own_mb):\n    "
WRONG = {
    "read": [
        (READS.format("held = who", "found.append((who, who))"), "one buffer for all"),
        (READS.format("held = held or who", "found.append((who, held))"), "Writes overwrite"),
        (READS.format("rows.append(who)", "found.append((who, rows.pop()))"), "takes nothing away"),
        (
            READS.format("held = who; rows.append(who)", "found.append((who, held))").replace(
                "return found", "return sorted(found, key=lambda one: rows.index(one[0]))"
            ),
            "In the order of the reads",
        ),
    ],
    "workers": [
        (WORKERS + "return int(min(cores, (memory_mb - shared_mb) // own_mb))", "more workers than cores"),
        (
            WORKERS + "return int(min(cores * (cpu_ms + wait_ms) // cpu_ms, (memory_mb - shared_mb) // own_mb))",
            "Round up",
        ),
        (WORKERS + "return int(-(-cores * (cpu_ms + wait_ms) // cpu_ms))", "The memory holds fewer"),
        (WORKERS + "return int(min(-(-cores * (cpu_ms + wait_ms) // cpu_ms), memory_mb // own_mb))", "once, before"),
        (
            WORKERS + "return int(min(-(-cores * (cpu_ms + wait_ms) // cpu_ms), memory_mb // (own_mb + shared_mb)))",
            "not in each worker",
        ),
    ],
}
