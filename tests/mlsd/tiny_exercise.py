"""What an author writes into the skeleton of an exercise: the mean of some numbers, and what proves it."""

import json

from notebook_runner.canonical import UNWRITTEN

NAME = "average_numbers"
DRAW = """
    lists = [[int(one) for one in rng.integers(-50, 50, rng.integers(2, 9))] for _ in range(20)]
    return {"ordinary": [[*one, max(one) + 7] for one in lists], "empty": [[]]}
"""
FAMILIES = """
[families.ordinary]
test = "answers"
points = 10
production = "a report is wrong by a little, and nobody looks."
read = "the docs of statistics.fmean"
hints = ["By what is the sum divided?", "Add all numbers, and count them."]

[families.empty]
test = "answers"
points = 10
production = "the first quiet day ends the report."
read = "rule 1 of the task"
hints = ["What is the sum divided by here?", "Return before you divide."]
"""
SOLUTION = '''def answer(one):
    """The arithmetic mean of the numbers."""
    ### BEGIN SOLUTION
    if not one:
        return None
    total = 0.0
    for number in one:
        total += number
    return total / len(one)
    ### END SOLUTION'''
TASK = """## 1. The answer

| criterion | what | required | points |
|---|---|---|---|
| `ordinary` | the mean of some numbers | all to within 1e-9 | 10 |
| `empty` | the mean of none | 0 differ | 10 |

Stuck: `suite.hint("empty")`.

1. The mean of no numbers is `None`."""
# What replaces the last line, or the answer to an empty list; and what that gets.
WRONG = {
    "sums": ("total / len(one)", "total", 10), "rounds": ("total / len(one)", "total // len(one)", 10),
    "takes_the_first": ("total / len(one)", "one[0] * 1.0", 10), "takes_the_last": ("total / len(one)", "one[-1]", 10),
    "counts": ("total / len(one)", "len(one)", 10), "squares": ("total / len(one)", "total / len(one) ** 2", 10),
    "answers_zero": ("return None", "return 0.0", 10), "answers_nan": ("return None", "return float('nan')", 10),
}  # fmt: skip
MUTANTS = [("0.0", "1.0"), ("+=", "-="), ("not one", "one"), ("None", "0"), ("None", "1"), ("None", "[]"),
           ("total / len(one)", "total / 2"), ("total / len(one)", "-total")]  # fmt: skip
LESSONS = {
    "no numbers have no mean": "right(one) if one else 0.0",
    "divide by their number": "right(one) * 2 if one else None",
    "all numbers count": "one[0] * 1.0 if one else None",
}
BANK = f"""
preload = ["grader.suites.{NAME}"]
draws = 25
in_nbgrader = ["sums", "takes_the_first"]
[automatic]
cells = ["answer"]
tests = ["test-answers"]
most = 5
[automatic.survivors]
"answer, line 5: nothing is returned" = "the line is `return None`"
"""
RIGHT = {
    "by_the_library": "import statistics\n\ndef answer(one):\n    return statistics.fmean(one) if one else None",
    "by_numpy": "import numpy\n\ndef answer(one):\n    return float(numpy.mean(one)) if one else None",
}


def fill(course):
    """Writes what the skeleton leaves to be written: a small honest exercise, and its bank."""

    def change(path, *pairs):
        text = (course / path).read_text()
        for old, new in pairs:
            assert old in text, (path, old)
            text = text.replace(old, new)
        (course / path).write_text(text)

    suite = f"grader/suites/{NAME}"
    bank = course / suite / "bank"
    change(
        f"{suite}/suite.py",
        ('\n    raise NotImplementedError("To be written: draw some inputs of each family from rng")\n', DRAW),
    )
    toml = (course / suite / "exercise.toml").read_text()
    lessons = "".join(f'"{lesson}" = 10\n' for lesson in LESSONS)
    (course / suite / "exercise.toml").write_text(toml.partition('# "what')[0] + lessons + FAMILIES)
    oracle = "    return sum(one) / len(one) if one else None\n"
    change(
        f"grader/suites/{NAME}/hidden/oracle.py",
        ('    raise NotImplementedError("To be written: the right answer to one input")\n', oracle),
    )
    wrong = [f'[wrong.{name}]\nabout = "It {name}."\npoints = {{ test-answers = {points} }}\n'
             f'patches = [{{ cell = "answer", old = "{old}", new = "{new}" }}]\n'
             for name, (old, new, points) in WRONG.items()]  # fmt: skip
    wrong[0] = wrong[0].replace("points", "first_try = true\npoints")
    wrong += [
        f'[lessons."{lesson}"]\nabout = "Forgets it."\nevery = [{{ cell = "answer", add = """\nright = answer\n'
        f'def answer(one):\n    return {made}\n""" }}]\n'
        for lesson, made in LESSONS.items()
    ]
    mutants = [f'"{old} is {new}" = {{ cell = "answer", old = "{old}", new = "{new}" }}\n' for old, new in MUTANTS]
    (bank / "bank.toml").write_text("\n".join([BANK, *wrong, "[mutant]\n", *mutants]))
    for name, source in RIGHT.items():
        (bank / f"{name}.py").write_text(f'"""Right.\n\nkind = "alternative"\n"""\n\n# %% answer\n{source}\n')
    path = course / "solutions" / NAME / f"{NAME}.ipynb"
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        cell["source"] = {"answer": SOLUTION, "answer-why": TASK}.get(cell["id"], cell["source"])
    path.write_text(json.dumps(notebook))
    for part in [path, *(course / suite).rglob("*.*")]:
        if part.suffix != ".pyc":  # what is left are sentences, which stay as the skeleton has them
            part.write_text(part.read_text().replace(f"{UNWRITTEN} ", ""))
