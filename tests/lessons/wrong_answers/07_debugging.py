"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "clip": [
        (
            """
def clipped(gradients, longest):  # cuts each array by itself
    return [one * min(1.0, longest / max(np.sqrt((one**2).sum()), 1e-12)) for one in gradients]
""",
            "by its own norm",
        ),
        (
            """
def clipped(gradients, longest):  # always scales
    norm = np.sqrt(sum((one**2).sum() for one in gradients))
    return [one * longest / norm if norm > 0 else one for one in gradients]
""",
            "it was made longer",
        ),
        (
            """
def clipped(gradients, longest):  # cuts values
    return [np.clip(one, -longest, longest) for one in gradients]
""",
            "Single numbers were cut",
        ),
        (
            """
def clipped(gradients, longest):  # forgets the root
    squares = sum((one**2).sum() for one in gradients)
    return [one * min(1.0, longest / squares) if squares > 0 else one for one in gradients]
""",
            "the root is missing",
        ),
    ],
    "mixes": [
        (
            """
def mixes_rows(predict, rows):  # shuffles
    return any(abs(a - b) > 1e-6 for a, b in zip(predict(rows), predict(rows[::-1])[::-1]))
""",
            "when its rows change places",
        ),
        (
            """
def mixes_rows(predict, rows):  # looks at the first row
    return abs(predict(rows)[0] - predict(rows[:1])[0]) > 1e-6
""",
            "Compare every row",
        ),
        (
            """
def mixes_rows(predict, rows):  # compares to the last bit
    return predict(rows) != [predict([row])[0] for row in rows]
""",
            "Rounding is no dependence",
        ),
        (
            """
def mixes_rows(predict, rows):  # changes every row
    changed = predict([row + 1 for row in rows])
    return any(abs(a - b) > 1e-6 for a, b in zip(predict(rows), changed))
""",
            "Keep the row and change the others",
        ),
    ],
}
