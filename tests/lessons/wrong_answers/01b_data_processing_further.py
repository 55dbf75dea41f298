"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "repeated": [
        (
            """
def started_again(log):  # by the ends
    numbers = [number for what, number, process, at in log if what == "end"]
    return sorted({number for number in numbers if numbers.count(number) > 1})
""",
            "has no end",
        ),
        (
            """
def started_again(log):  # by the rows
    numbers = [number for what, number, process, at in log]
    return sorted({number for number in numbers if numbers.count(number) > 1})
""",
            "no second start",
        ),
        (
            """
def started_again(log):  # each start after the first
    numbers = [number for what, number, process, at in log if what == "start"]
    return sorted(number for at, number in enumerate(numbers) if number in numbers[:at])
""",
            "named once",
        ),
    ],
    "write": [
        (
            """
def write_once(path, text, attempt):  # under the good name from the start
    path.write_text(text)
    return path
""",
            "may see half of it",
        ),
        (
            """
def write_once(path, text, attempt):  # every attempt under one name aside
    aside = path.with_name(path.name + ".aside")
    aside.write_text(text)
    os.replace(aside, path)
    return path
""",
            "one file aside",
        ),
        (
            """
def write_once(path, text, attempt):  # never renamed
    path.with_name(f"{path.name}.{attempt}").write_text(text)
    return path
""",
            "Rename it",
        ),
        (
            """
def write_once(path, text, attempt):  # what is there stays
    aside = path.with_name(f"{path.name}.{attempt}")
    aside.write_text(text)
    if not path.exists():
        os.replace(aside, path)
    return path
""",
            "later",
        ),
    ],
}
