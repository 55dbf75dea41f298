"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "compaction": [
        (
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
        (
            """
def compaction(sizes_mb, target_mb):  # forgets the sum, and looks only at each file
    small = [at for at, size in enumerate(sizes_mb) if size <= target_mb]
    return [small] if len(small) > 1 else []
""",
            "The sum may not pass the target.",
        ),
        (
            """
def compaction(sizes_mb, target_mb):  # plans a file alone as well
    collections, current, total = [], [], 0
    for at, size in enumerate(sizes_mb):
        if current and total + size > target_mb:
            collections.append(current)
            current, total = [], 0
        current.append(at)
        total += size
    return collections + [current] * bool(current)
""",
            "A file alone",
        ),
        (
            """
def compaction(sizes_mb, target_mb):  # puts a file into the first collection that has room
    collections, sums = [], []
    for at, size in enumerate(sizes_mb):
        room = [place for place, total in enumerate(sums) if total + size <= target_mb]
        if room:
            collections[room[0]].append(at)
            sums[room[0]] += size
        else:
            collections.append([at])
            sums.append(size)
    return [one for one in collections if len(one) > 1]
""",
            "Only neighbours",
        ),
        (
            """
def compaction(sizes_mb, target_mb):  # does not close the last collection
    collections, current, total = [], [], 0
    for at, size in enumerate(sizes_mb):
        if current and total + size > target_mb:
            collections.append(current)
            current, total = [], 0
        current.append(at)
        total += size
    return [one for one in collections if len(one) > 1]
""",
            "The last collection is lost",
        ),
    ],
    "replay": [
        (
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
        (
            """
def files_at(log, version):  # collects what was ever added
    return sorted({name for actions in log[: version + 1] for action, name in actions if action == "add"})
""",
            "A removed file is no longer read",
        ),
        (
            """
def files_at(log, version):  # stops before the commit that was asked for
    files = set()
    for actions in log[:version]:
        files -= {name for action, name in actions if action == "remove"}
        files |= {name for action, name in actions if action == "add"}
    return sorted(files)
""",
            "The state after the commit",
        ),
        (
            """
def files_at(log, version):  # takes out only the first name that a commit removes
    files = set()
    for actions in log[: version + 1]:
        removed = [name for action, name in actions if action == "remove"]
        files -= set(removed[:1])
        files |= {name for action, name in actions if action == "add"}
    return sorted(files)
""",
            "A commit may remove several names",
        ),
    ],
}
