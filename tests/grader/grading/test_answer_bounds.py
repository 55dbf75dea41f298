"""A worker that student code took over decides about that submission alone, and only what the release leaves open."""

import json
from dataclasses import replace

import pytest

from tests import toy_course as toy
from tests.grader.grading.engine_course import dump, run
from tests.grader.grading.plain_grader import plain_worker


def results(graded, change):
    """The answer with other results."""
    said = json.loads(graded.results)
    change(said)
    return replace(graded, results=json.dumps(said))


def first_is(graded, **values):
    """The answer with another first verdict, and results that agree with it."""
    verdicts = [replace(graded.verdicts[0], **values), *graded.verdicts[1:]]

    def agree(said):
        test, verdict = said["tests"][0], verdicts[0]
        test |= {"name": f"{verdict.notebook}/{verdict.cell}", "score": verdict.points, "max_score": verdict.maximum}
        said["score"] = sum(verdict.points for verdict in verdicts)
        said["max_score"] = sum(verdict.maximum for verdict in verdicts)

    return results(replace(graded, verdicts=verdicts), agree)


LIES = {
    "nothing to be done, where nothing is recorded": lambda graded: None,
    "results that are no JSON": lambda graded: replace(graded, results="{"),
    "results without end": lambda graded: replace(graded, results="[" * 100_000),
    "results without flags": lambda graded: results(graded, lambda said: said["extra_data"].pop("flags")),
    "results of another student": lambda graded: results(graded, lambda said: said["extra_data"].update(student="bo")),
    "results with other points": lambda graded: results(graded, lambda said: said["tests"][0].update(score=1.5)),
    "results with another sum": lambda graded: results(graded, lambda said: said.update(score=99)),
    "points beyond the most": lambda graded: first_is(graded, points=1e6),
    "another most": lambda graded: first_is(graded, points=50.0, maximum=50.0),
    "points below none": lambda graded: first_is(graded, points=-1.0),
    "points that are no number": lambda graded: first_is(graded, points=float("nan")),
    "a cell that is none": lambda graded: first_is(graded, cell="bonus-test"),
    "a cell marked by hand": lambda graded: first_is(graded, cell="reflection"),
    "a cell twice": lambda graded: replace(graded, verdicts=[*graded.verdicts, graded.verdicts[0]]),
    "another time of receipt": lambda graded: replace(graded, stamp="2020-01-01 00:00:00 UTC"),
}


def taken_over(lie):
    """Starts workers whose answers about `ann` are a lie."""

    def start(*given):
        process = plain_worker()(*given)
        honest = process.recv

        def recv():
            done = honest()
            return replace(done, graded=lie(done.graded)) if done.student == "ann" and done.graded else done

        process.recv = recv
        return process

    return start


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_worker_taken_over_costs_its_own_submission_alone(course, lie):
    for student in ("ann", "bo"):
        toy.submit(course, student, toy.answered(course, **toy.RIGHT))
    told = run(course, start=taken_over(lie), jobs=1)
    assert "the worker's answer is refused" in told["ann"].failure
    assert not told["bo"].failure
    assert {student for student, *_ in dump(course)[0]} == {"bo"}
    assert run(course, jobs=1)["ann"].points == told["bo"].points > 0
