"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "shards": [
        (
            """
def combine(gradients, rows):  # as DDP does
    return sum(gradients) / len(gradients)
""",
            "the mean of the means",
        ),
        (
            """
def combine(gradients, rows):  # the sum over all rows
    return sum(one * count for one, count in zip(gradients, rows))
""",
            "Divide by the number of all rows",
        ),
    ],
    "ring": [
        (
            """
def all_reduce(numbers, rank, size, exchange):  # the whole vector goes round
    total, came = numbers.copy(), numbers
    for _ in range(size - 1):
        came = exchange(came)
        total = total + came
    return total
""",
            "Send one piece at a time",
        ),
        (
            """
def all_reduce(numbers, rank, size, exchange):  # stops when each rank has one complete piece
    pieces = np.array_split(numbers, size)
    for step in range(size - 1):
        came = exchange(pieces[(rank - step) % size])
        pieces[(rank - step - 1) % size] = pieces[(rank - step - 1) % size] + came
    return np.concatenate(pieces)
""",
            "lack parts of the sum",
        ),
        (
            """
def all_reduce(numbers, rank, size, exchange):  # adds in the second half too
    pieces = np.array_split(numbers, size)
    for step in range(2 * (size - 1)):
        came = exchange(pieces[(rank - step) % size])
        pieces[(rank - step - 1) % size] = pieces[(rank - step - 1) % size] + came
    return np.concatenate(pieces)
""",
            "it replaces instead of adding",
        ),
        (
            """
def all_reduce(numbers, rank, size, exchange):  # rank 0 has nothing to send
    if rank == 0:
        return numbers
    return exchange(numbers)
""",
            "waited for a message that nobody sent",
        ),
        (
            """
def all_reduce(numbers, rank, size, exchange):  # adds up and hands nothing back
    pieces = np.array_split(numbers, size)
    for step in range(size - 1):
        pieces[(rank - step - 1) % size] = pieces[(rank - step - 1) % size] + exchange(pieces[(rank - step) % size])
""",
            "Is a return missing?",
        ),
    ],
    "finish": [
        (
            """
def finish(stages_s, parts):  # one worker after another
    return sum(stages_s)
""",
            "stage 0 can begin the next",
        ),
        (
            """
def finish(stages_s, parts):  # the formula for equal stages
    return (parts + len(stages_s) - 1) * max(stages_s) / parts
""",
            "turns of the slowest stage",
        ),
        (
            """
def finish(stages_s, parts):  # as if each micro-batch had the stages to itself
    return sum(stages_s) / parts if len(set(stages_s)) == 1 else 0.0
""",
            "one micro-batch at a time",
        ),
    ],
}
