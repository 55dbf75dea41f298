"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "shares": [
        (
            """
def shifted(before, after, margin):  # compares counts
    names = before.keys() | after.keys()
    return sorted(name for name in names if abs(after.get(name, 0) - before.get(name, 0)) > margin)
""",
            "Compare shares",
        ),
        (
            """
def shifted(before, after, margin):  # looks only at what grew
    old, new = sum(before.values()), sum(after.values())
    names = before.keys() | after.keys()
    return sorted(name for name in names if after.get(name, 0) / new - before.get(name, 0) / old > margin)
""",
            "A share that falls",
        ),
        (
            """
def shifted(before, after, margin):  # goes through the values that were there before
    old, new = sum(before.values()), sum(after.values())
    return sorted(name for name in before if abs(after.get(name, 0) / new - before[name] / old) > margin)
""",
            "A value that is new",
        ),
        (
            """
def shifted(before, after, margin):  # goes through the values that are there now
    old, new = sum(before.values()), sum(after.values())
    return sorted(name for name in after if abs(after[name] / new - before.get(name, 0) / old) > margin)
""",
            "A value that is gone",
        ),
    ],
    "breaks": [
        (
            """
def unreadable(reader, writer):  # takes float and int for one type
    numbers = {"int": "number", "float": "number"}
    return sorted(
        name
        for name, (kind, default) in reader.items()
        if (name not in writer and not default)
        or (name in writer and numbers.get(kind, kind) != numbers.get(writer[name], writer[name]))
    )
""",
            "The widening goes one way",
        ),
        (
            """
def unreadable(reader, writer):  # wants the two schemas to be equal
    names = set(reader) | set(writer)
    return sorted(name for name in names if name not in reader or reader[name][0] != writer.get(name, reader[name][0]))
""",
            "A column more harms no reader",
        ),
        (
            """
def unreadable(reader, writer):  # has no use for defaults
    widened = {name: {kind, "int"} if kind == "float" else {kind} for name, (kind, _) in reader.items()}
    return sorted(name for name, kinds in widened.items() if writer.get(name) not in kinds)
""",
            "A missing column with a default can be read",
        ),
        (
            """
def unreadable(reader, writer):  # wants the very type
    return sorted(
        name for name, (kind, default) in reader.items() if writer.get(name, kind if default else None) != kind
    )
""",
            "Every int is a float",
        ),
        (
            """
def unreadable(reader, writer):  # lets a default stand in for anything
    def fits(kind, sent):
        return sent == kind or (kind, sent) == ("float", "int")

    return sorted(
        name for name, (kind, default) in reader.items() if not default and not fits(kind, writer.get(name))
    )
""",
            "not for one of another type",
        ),
    ],
}
