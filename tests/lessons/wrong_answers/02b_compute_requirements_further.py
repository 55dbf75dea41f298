"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "rounding": [
        (
            """
def largest_rounding(weights, bits):  # a whole step
    return max(abs(weight) for weight in weights) / (2 ** (bits - 1) - 1)
""",
            "half a step",
        ),
        (
            """
def largest_rounding(weights, bits):  # forgets the sign
    return max(weights) / (2 ** (bits - 1) - 1) / 2
""",
            "without the sign",
        ),
        (
            """
def largest_rounding(weights, bits):  # all numbers on one side
    return max(abs(weight) for weight in weights) / (2**bits - 1) / 2
""",
            "Both signs share",
        ),
    ],
    "choice": [
        (
            """
def chosen(models, flash_kb, cell_j, answers):  # looks at the bytes alone
    fitting = [name for name, (_, kb, _) in models.items() if kb <= flash_kb]
    return max(fitting, key=lambda name: models[name][0], default=None)
""",
            "a share of the cell's energy",
        ),
        (
            """
def chosen(models, flash_kb, cell_j, answers):  # looks at the energy alone
    fitting = [name for name, (_, _, uj) in models.items() if uj <= 1e6 * cell_j / answers]
    return max(fitting, key=lambda name: models[name][0], default=None)
""",
            "does not fit the flash",
        ),
        (
            """
def chosen(models, flash_kb, cell_j, answers):  # takes the smallest
    fitting = [name for name, (_, kb, uj) in models.items() if kb <= flash_kb and uj <= 1e6 * cell_j / answers]
    return min(fitting, key=lambda name: models[name][1], default=None)
""",
            "the most accurate",
        ),
        (
            """
def chosen(models, flash_kb, cell_j, answers):  # leaves a budget unused
    fitting = [name for name, (_, kb, uj) in models.items() if kb < flash_kb and uj < 1e6 * cell_j / answers]
    return max(fitting, key=lambda name: models[name][0], default=None)
""",
            "exactly a budget",
        ),
    ],
}
