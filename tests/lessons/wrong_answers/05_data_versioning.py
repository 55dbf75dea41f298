"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "cut": [
        (
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
        (
            """
def cut(data, window, divisor):  # cuts before the byte that completes the sum
    pieces, start = [], 0
    for place in range(window, len(data) + 1):
        if sum(data[place - window : place]) % divisor == 0:
            pieces.append(data[start : place - 1])
            start = place - 1
    return pieces + [data[start:]] * (start < len(data))
""",
            "ends after the byte that completes the sum",
        ),
        (
            """
def cut(data, window, divisor):  # leaves out what follows the last cut
    pieces, start = [], 0
    for place in range(window, len(data) + 1):
        if sum(data[place - window : place]) % divisor == 0:
            pieces.append(data[start:place])
            start = place
    return pieces
""",
            "What follows the last cut is a piece too",
        ),
        (
            """
def cut(data, window, divisor):  # takes a window that is not yet full for a full one
    pieces, start = [], 0
    for place in range(1, len(data) + 1):
        if sum(data[max(place - window, 0) : place]) % divisor == 0:
            pieces.append(data[start:place])
            start = place
    return pieces + [data[start:]] * (start < len(data))
""",
            "A window not yet full cuts nothing",
        ),
        (
            """
def cut(data, window, divisor):  # ends in a piece without bytes where the last byte is a cut
    pieces, start = [], 0
    for place in range(window, len(data) + 1):
        if sum(data[place - window : place]) % divisor == 0:
            pieces.append(data[start:place])
            start = place
    return [*pieces, data[start:]]
""",
            "Nothing follows: no piece",
        ),
    ],
    "downstream": [
        (
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
        (
            """
def downstream(steps, name):  # goes one step far
    return sorted({output for inputs, outputs in steps if name in inputs for output in outputs})
""",
            "made from it directly",
        ),
        (
            """
def downstream(steps, name):  # counts the name itself
    reached, before = {name}, 0
    while len(reached) > before:
        before = len(reached)
        for inputs, outputs in steps:
            if reached & set(inputs):
                reached |= set(outputs)
    return sorted(reached)
""",
            "A thing is not made from itself",
        ),
        (
            """
def downstream(steps, name):  # walks against the arrows
    reached, before = {name}, 0
    while len(reached) > before:
        before = len(reached)
        for inputs, outputs in steps:
            if reached & set(outputs):
                reached |= set(inputs)
    return sorted(reached - {name})
""",
            "That is what it was made from",
        ),
    ],
}
