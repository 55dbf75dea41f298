"""One named wrong answer for each cell that the reader writes in the lesson."""

WRONG = {
    "compaction": (
        """
def compaction(sizes_mb, target_mb):  # adds first and looks afterwards
    collections, current, total = [], [], 0
    for at, size in enumerate(sizes_mb):
        current.append(at)
        total += size
        if total >= target_mb:
            collections.append(current)
            current, total = [], 0
    collections.append(current)
    return [one for one in collections if len(one) > 1]
""",
        "look before you add",
    ),
    "replay": (
        """
def files_at(log, version):  # reads the log to its end, whatever version was asked for
    files = set()
    for actions in log:
        files -= {name for action, name in actions if action == "remove"}
        files |= {name for action, name in actions if action == "add"}
    return sorted(files)
""",
        "The past is asked for",
    ),
}
