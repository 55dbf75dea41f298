"""One named wrong answer for each cell that the reader writes in the lesson."""

WRONG = {
    "cut": (
        """
def cut(data, window, divisor):  # begins the window anew after each cut
    pieces, start = [], 0
    for place in range(1, len(data) + 1):
        if place - start >= window and sum(data[place - window : place]) % divisor == 0:
            pieces.append(data[start:place])
            start = place
    return pieces + [data[start:]] * (start < len(data))
""",
        "The window looks back over a cut",
    ),
    "downstream": (
        """
def downstream(steps, name):  # passes once over steps that come in any order
    reached = {name}
    for inputs, outputs in steps:
        if reached & set(inputs):
            reached |= set(outputs)
    return sorted(reached - {name})
""",
        "The steps come in any order",
    ),
    "breaks": (
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
}
