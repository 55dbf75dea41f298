"""The proof of a bank: every answer is run, and gets exactly the points and the words that the bank states."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.answer_bank.model import Bank, BankAnswer

if TYPE_CHECKING:
    from grader.answer_bank.runner import Result

AGAIN = 2
MUTANT_CPU_S = 20
"""So much CPU time needs only a mutant that never ends. By wall time a busy machine would end, so kill, living ones."""
DISTURBED = 12
"""More answers than these, of about forty, are not disturbed clocks: their bank is wrong."""


@dataclass(frozen=True)
class Finding:
    """One answer, what it got, and what is wrong with that (empty if it is as the bank says).

    `runs` is more than 1 if a clock was disturbed and the answer was run again.
    """

    answer: BankAnswer
    result: "Result"
    problems: tuple[str, ...]
    runs: int = 1


def judge(bank: Bank, answer: BankAnswer, result: "Result") -> Finding:
    """What is wrong with the marks and messages that `answer` got."""
    if not answer.exact:
        lost = any(result.points.get(test, 0.0) < bank.maxima[test] for test in bank.tests(answer))
        return Finding(answer, result, () if lost else ("no test noticed the fault",))
    tests = bank.tests(answer)
    problems = [
        f"{test} gave {result.points.get(test, 0.0):g}, not {right:g}"
        for test, right in bank.expected(answer).items()
        if test in tests and abs(result.points.get(test, 0.0) - right) > 1e-9
    ]
    reported = _words("\n".join([*result.texts.values(), *result.errors.values()]))
    problems += [f"nothing says {words!r}" for words in answer.says if _words(words) not in reported]
    if answer.kind == "starter":
        problems += [f"{test} is not 'not attempted'" for test, text in result.texts.items() if STARTED not in text]
        problems += [f"cell {cell} raised: {error}" for cell, error in result.errors.items()]
    return Finding(answer, result, tuple(problems))


STARTED = ": not attempted"


def _words(text: str) -> str:
    """Text with every run of blanks and line ends as one space: the table wraps its sentences."""
    return " ".join(text.split())


def prove(bank: Bank, workers: int = 2, on_finding: Callable[[Finding], None] = lambda _: None) -> list[Finding]:
    """Runs every answer of `bank`, each in a fresh process, and judges it. `on_finding` is called with each as it ends.

    An answer of which it is only asked that it loses points is not run beyond the first criterion that it loses, and no
    faulty one in tests that its fault does not reach: they give what they give the reference.
    A busy machine disturbs a clock now and then: where at most `DISTURBED` answers differ in nothing but the points of
    measured tests, each of these is run again, alone, up to `AGAIN` times. One judged wrongly differs each time.
    """
    from grader.answer_bank.runner import Job, run_all

    jobs = [
        Job(bank.source(answer), bank.tests(answer), {} if answer.exact else bank.maxima, bank.measured)
        for answer in bank.answers
    ]
    findings: dict[int, Finding] = {}
    for number, result in run_all(jobs, bank.notebook.parent, bank.preload, workers):
        findings[number] = judge(bank, bank.answers[number], result)
        on_finding(findings[number])
    disturbed = [number for number, finding in findings.items() if _by_a_clock(bank, finding)]
    for number in disturbed if len(disturbed) <= DISTURBED else ():
        while findings[number].runs <= AGAIN and _by_a_clock(bank, findings[number]):
            ((_, result),) = run_all([jobs[number]], bank.notebook.parent, bank.preload, 1)
            runs = findings[number].runs + 1
            findings[number] = replace(judge(bank, bank.answers[number], result), runs=runs)
    return [findings[number] for number in sorted(findings)]


def _by_a_clock(bank: Bank, finding: Finding) -> bool:
    """Whether the answer got other points than it must, and in measured tests alone."""
    right, got = bank.expected(finding.answer), finding.result.points
    tests = bank.tests(finding.answer)
    differ = {test for test in tests if abs(got.get(test, 0.0) - right[test]) > 1e-9}
    return finding.answer.exact and bool(differ) and differ <= bank.measured


@dataclass(frozen=True)
class Worth:
    """What points measure, with public cases. `luck`: the points of each answer drawn at random, ascending.

    `lost`: by lesson, the points that its mistake loses over each right answer, by that one's name.
    """

    luck: list[float]
    lost: dict[str, dict[str, float]]


def worth(bank: Bank, workers: int = 2, on_answer: Callable[[], None] = lambda: None) -> Worth:
    """Runs the answers at random and the mistake of each lesson, each in a fresh process."""
    from grader.answer_bank.runner import Job, run_all

    tests, full = list(bank.maxima), sum(bank.maxima.values())
    drawn = [] if bank.at_random is None else bank.source(bank.at_random)
    jobs = [Job([("seed", f"seed = {seed}"), *drawn], tests) for seed in range(bank.draws)]
    laid = [(lesson, right, answer) for lesson, over in bank.lessons.items() for right, answer in over.items()]
    jobs += [Job(bank.source(answer), tests) for _, _, answer in laid]
    points: dict[int, float] = {}
    for number, result in run_all(jobs, bank.notebook.parent, bank.preload, workers):
        points[number] = sum(result.points.values())
        on_answer()
    lost: dict[str, dict[str, float]] = {lesson: {} for lesson in bank.lessons}
    for number, (lesson, right, _) in enumerate(laid, bank.draws):
        lost[lesson][right] = full - points[number]
    return Worth(sorted(points[number] for number in range(bank.draws)), lost)


def automatic_mutants(bank: Bank) -> Iterator[tuple[str, BankAnswer]]:
    """(description, answer) of evenly spaced mutants of the reference: at most `most` of them."""
    from grader.answer_bank.mutation import mutants

    reference = dict(bank.cells)
    made = [(cell, mutant) for cell in bank.automatic["cells"] for mutant in mutants(reference[cell])]
    most = int(bank.automatic["most"])
    chosen = [made[i * len(made) // most] for i in range(most)] if len(made) > most else made
    for cell, mutant in chosen:
        yield f"{cell}, {mutant.what}", BankAnswer(mutant.what, "automatic", {cell: mutant.source}, exact=False)


def killed(
    bank: Bank, workers: int = 2, on_mutant: Callable[[], None] = lambda: None, spared: Collection[str] = ()
) -> tuple[int, list[str]]:
    """How many automatic mutants ran, and those that no test noticed.

    Those that are `spared`, by their descriptions, do not run: of a mutant that may survive nothing is asked.
    """
    from grader.answer_bank.runner import Job, run_all

    named = [(what, answer) for what, answer in automatic_mutants(bank) if what not in spared]
    alive = []
    tests = [[test for test in bank.tests(answer) if test in bank.automatic["tests"]] for _, answer in named]
    jobs = [
        Job(bank.source(answer), tests[number], bank.maxima, bank.measured) for number, (_, answer) in enumerate(named)
    ]
    for number, result in run_all(jobs, bank.notebook.parent, bank.preload, workers, limit_cpu_s=MUTANT_CPU_S):
        if sum(result.points.values()) >= sum(bank.maxima[test] for test in jobs[number].tests):
            alive.append(named[number][0])
        on_mutant()
    return len(named), sorted(alive)
