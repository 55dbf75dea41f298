"""A sealed test is not decided by what the answer's own objects say of themselves."""

import json

from tests.attacks import sealing
from tests.attacks.batch import results
from tests.attacks.foreign_course import answered, copied, submit
from tests.attacks.graders import mlsd_grade
from tests.attacks.host import environment


def test_no_object_of_an_answer_vouches_for_itself(template, root, subtests):
    assignment = sealing.assignment()
    course = copied(template, root / "course")
    forged = {case.name: case.wrong for case in sealing.SEALING}
    for student, answers in (("right", {}), ("forged", forged)):
        notebook = json.dumps(answered(course, assignment, answers)).encode()
        submit(course, student, "sealing", {"sealing.ipynb": notebook})
    ended = mlsd_grade(course, "sealing", environment(root), 600, "--timeout", "5")
    assert ended.status == 0, ended.text[-3000:]
    report = results(course, "sealing")
    for case in sealing.SEALING:
        number = [task.name for task in assignment.tasks].index(case.name)
        with subtests.test(msg=case.name):
            assert ended.marks["right"][f"{case.name}-test"] == 1, report["right"]["tests"][number]
            assert ended.marks["forged"][f"{case.name}-test"] == 0, report["forged"]["tests"][number]
            assert "unsealed" not in report["right"]["tests"][number]["tags"]
