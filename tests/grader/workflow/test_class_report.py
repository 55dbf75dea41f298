"""The report on a class: what it works out against what is slow and obvious, and what a real course's page says."""

import json
import random
import re
import shutil
from urllib.parse import unquote

import numpy as np
import pytest
from sqlalchemy import text

from grader.answer_bank.model import load_bank
from grader.course import Course
from grader.errors import GraderError
from grader.grading import batch
from grader.grading.records import Options
from grader.workflow.class_report import charts, page, shared_mistakes
from grader.workflow.class_report.comments import comment
from grader.workflow.class_report.items import item_statistics
from grader.workflow.class_report.results import ClassResults, Item, Reported, Submission, read
from grader.workflow.class_report.similarity import NODES, clusters
from grader.workflow.demo import renamed
from tests import toy_course as toy
from tests.grader.grading.engine_course import copied, mlsd
from tests.prepared import once

HOSTILE_NAME = '<img src=x onerror="window.attacked=1">'
HOSTILE = '"><script>window.attacked=1</script><img src="http://attacked.example/x" onerror="window.attacked=1">\u202e'
COPIED = """def spread(values):
    smallest = largest = values[0]
    for one in values[1:]:
        if one < smallest:
            smallest = one
        elif one > largest:
            largest = one
    total = 0
    for one in values:
        total += one * 2 - one - one
    while total:
        total = total - 1 if total > 0 else total + 1
    return (largest - smallest) + total"""


def prepare(folder):
    """A class graded by the engine: two wrong alike, one copies another with new names, one attacks the page."""
    course = toy.make(folder)
    from grader.workflow import release

    release.release(course, toy.NAME)
    toy.hand_in(course)
    for student in ("endless", "stubborn", "no-test"):
        shutil.rmtree(course.folder("submitted", student))
    toy.submit(course, "wrong-too", toy.answered(course, **toy.WRONG))
    half = toy.RIGHT["half"]
    attack = f'def half(x):\n    raise ValueError({HOSTILE!r})\n\n\nbait = """{HOSTILE}"""\n# {HOSTILE}\n'
    copied = renamed(COPIED, random.Random(1))
    toy.submit(course, "copy-a", toy.answered(course, half=half, spread=COPIED))
    toy.submit(course, "copy-b", toy.answered(course, half=half, spread=copied + f"\n\n\nbait = {HOSTILE!r}"))
    toy.submit(course, "hostile", toy.answered(course, half=attack, spread=COPIED, reflection=HOSTILE))
    list(batch.grade(course, toy.NAME, batch.chosen(course, toy.NAME, "*"), Options(timeout_s=10), lambda told: None))
    with course.gradebook() as book:
        student = book.find_student("hostile")
        student.first_name, student.last_name = HOSTILE_NAME, HOSTILE
        book.find_submission_notebook(toy.NAME, toy.NAME, "right").flagged = True
        book.db.commit()


@pytest.fixture(scope="session")
def graded_class(tmp_path_factory):
    """Read it, do not change it."""
    return Course.open(once(tmp_path_factory, "reported class", prepare))


@pytest.fixture
def own(graded_class, tmp_path):
    return copied(graded_class, tmp_path / "own")


def class_of(marks, by_hand=()):
    """Results with these columns of marks, each out of 1."""
    items = [Item(f"n/{name}", "n", name, 1.0, name in by_hand, "answer") for name in marks]
    rows = zip(*marks.values(), strict=True)
    keys = [item.key for item in items]
    people = [Submission(f"s{i}", "", dict(zip(keys, row, strict=True))) for i, row in enumerate(rows)]
    return ClassResults("n", items, people)


def test_discrimination_is_the_correlation_with_all_other_items():
    rng = np.random.default_rng(3)
    marks = {name: list(rng.random(40)) for name in "abc"}
    statistics = item_statistics(class_of(marks))
    rest = np.add(marks["b"], marks["c"])
    assert statistics[0].discrimination == pytest.approx(np.corrcoef(marks["a"], rest)[0, 1])
    low, high = statistics[0].interval
    assert low < statistics[0].discrimination < high
    assert statistics[0].share == pytest.approx(np.mean(marks["a"]))


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(30):
        a, b = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 60).T
        low, high = item_statistics(class_of({"a": list(a), "b": list(b)}))[0].interval
        covered += low <= 0.5 <= high
    assert 24 <= covered <= 30


def test_nothing_is_said_of_few_students_of_equal_marks_or_of_open_ones():
    assert item_statistics(class_of({"a": [0, 1] * 4, "b": [0, 1] * 4}))[0].discrimination is None
    same = item_statistics(class_of({"a": [1.0] * 20, "b": [0, 1] * 10}))
    assert (same[0].share, same[0].discrimination) == (1.0, None)
    waiting = item_statistics(class_of({"a": [0, 1] * 10, "b": [0, 1] * 10, "hand": [None] * 20}, by_hand=("hand",)))
    assert (waiting[2].n, waiting[2].share) == (0, None)
    assert waiting[0].discrimination == pytest.approx(1)


def test_a_histogram_counts_everybody_once():
    totals = [0, 0.5, 4, 19.9, 24, 25]
    label = re.search(r'aria-label="([^"]+)"', charts.histogram(totals, 25))[1]
    assert sum(map(int, re.findall(r": (\d+)", label))) == len(totals)


def test_new_names_literals_comments_and_layout_do_not_hide_a_copy():
    other = "import math\n\n\ndef area(radius):\n    return math.pi * radius**2\n" * 3
    copied = "# mine\n" + renamed(COPIED, random.Random(5)).replace("2", "2.0")
    assert "smallest" not in re.findall(r"\w+", copied)
    found = clusters({"a": [COPIED], "b": [copied], "c": [other]}, [])
    assert [cluster.students for cluster in found] == [["a", "b"]]
    assert found[0].highest == 1
    assert found[0].lines[0] <= set(range(COPIED.count("\n") + 1))


@pytest.mark.parametrize("hiding", ["# nothing\n" * 20_000, f"'{'nothing ' * 20_000}'\n", "\n" * 200_000])
def test_what_is_no_code_hides_no_copy(hiding):
    copied = renamed(COPIED, random.Random(5))
    assert [cluster.students for cluster in clusters({"a": [COPIED], "b": [hiding + copied]}, [])] == [["a", "b"]]


def test_a_submission_of_which_a_part_was_compared_is_named(marked):
    path = marked.folder("autograded", "wrong", toy.NAME) / f"{toy.NAME}.ipynb"
    path.chmod(0o644)
    path.write_text(path.read_text().replace("return 0", "return 0" + "\\nx = 1" * NODES))
    html = page.write(marked, toy.NAME).read_text()
    part = html.partition("Only the beginning was compared")[2].partition("</ul>")[0]
    assert ("wrong" in part, "right" in part) == (True, False)


def test_what_was_handed_out_or_all_have_makes_nobody_alike():
    assert clusters({"a": [COPIED], "b": [COPIED]}, [COPIED]) == []
    assert clusters({f"s{i}": [COPIED] for i in range(11)}, []) == []
    assert len(clusters({f"s{i}": [COPIED] for i in range(10)}, [])[0].students) == 10


@pytest.mark.parametrize(
    "source", ["", "def f(:\n", "%magic\n!ls\n", "(" * 5000, "\0" * 40, "'" * 999, "-" * 9999 + "1"]
)
def test_code_that_is_no_python_is_compared_by_its_words(source):
    mine, other = [source, f"{COPIED}\n%time spread([1])"], [source, "x = 1"]
    theirs = [f"!ls\n{renamed(COPIED, random.Random(2))}"]
    assert [cluster.students for cluster in clusters({"a": mine, "b": theirs, "c": other}, [])] == [["a", "b"]]


def test_one_copy_is_found_among_three_hundred():
    rng = random.Random(0)
    pieces = ["a", "a[i]", "(a * 2)", "-a", "(a if i else 3)", "len([a])"]

    def stranger():
        lines = [" + ".join(rng.choice(pieces) for _ in range(9)) for _ in range(8)]
        return "".join(f"def f{i}(a):\n    for i in range(9):\n        a = {line}\n" for i, line in enumerate(lines))

    sources = {f"s{i:03d}": [stranger()] for i in range(300)}
    sources["s299"] = [renamed(sources["s000"][0], rng)]
    assert [cluster.students for cluster in clusters(sources, [])] == [["s000", "s299"]]


def test_the_bank_names_the_wrong_answers_that_somebodys_is_like(tmp_path):
    root = Course.root_of(None)
    bank = load_bank(root, "implement_feature_store")
    answers = {answer.name: answer for answer in bank.answers if answer.kind == "wrong"}
    retry, other = answers["a_retry_takes_back"], answers["missing_is_zero"]

    def submission(answer, says):
        test = {name: Reported(points, bank.maxima[name], "fail", "") for name, points in bank.expected(answer).items()}
        first = next(iter(test))
        tests = {f"{bank.name}/{name}": reported for name, reported in test.items()}
        tests[f"{bank.name}/{first}"] = Reported(test[first].points, test[first].maximum, "fail", says)
        return Submission(answer.name, "", {}, tests)

    right = [submission(answer, "\n  ".join(answer.says).replace(" ", "\n ")) for answer in (retry, other)]
    silent = Submission("silent", "", {}, submission(retry, "nothing").tests)
    found = shared_mistakes.named(root, ClassResults(bank.name, [], [*right, silent]), bank)
    assert {group.name: group.students for group in found} == {answer.name: [answer.name] for answer in (retry, other)}
    assert found[0].about


def test_like_wrong_answers_make_a_group_whose_name_stays(graded_class):
    found = shared_mistakes.groups(read(graded_class, toy.NAME), None)
    (group,) = [group for group in found if group.item.cell == "half-test" and "wrong" in group.students]
    assert group.students == ["wrong", "wrong-too"]
    assert group.item.answer == "half"
    again = shared_mistakes.groups(read(graded_class, toy.NAME), None)
    assert [group.id for group in again] == [group.id for group in found]
    assert len({group.id for group in found}) == len(found)


def test_a_comment_on_a_group_is_shown_first_and_never_replaces_one(own):
    found = shared_mistakes.groups(read(own, toy.NAME), None)
    (group,) = [group for group in found if group.item.cell == "half-test" and group.students == ["wrong", "wrong-too"]]

    def manual():
        with own.gradebook() as book:
            return [book.find_comment("half", toy.NAME, toy.NAME, student).manual_comment for student in group.students]

    with own.gradebook() as book:
        book.find_comment("half", toy.NAME, toy.NAME, "wrong").manual_comment = "Typed by hand."
        book.db.commit()
    command = ["report", toy.NAME, "--comment", group.id, "Use / here."]
    dry = mlsd(own, *command)
    assert (dry.exit_code, manual()) == (0, ["Typed by hand.", None])
    assert "1 of 2 would be commented" in dry.output
    done = mlsd(own, *command, "--yes")
    assert (done.exit_code, manual()) == (0, ["Typed by hand.", "Use / here."])
    assert "wrong: half: left alone, it says: Typed by hand." in done.output
    assert [*comment(own, toy.NAME, group.id, "Use / here.", write=True)][1].outcome == "has this comment"
    with pytest.raises(GraderError, match="has no group 'zzzzzz'"):
        comment(own, toy.NAME, "zzzzzz", "text", write=True)
    with pytest.raises(GraderError, match="the comment is empty"):
        comment(own, toy.NAME, group.id, " ", write=True)


def test_the_page_tells_what_happened(graded_class, tmp_path):
    html = page.write(graded_class, toy.NAME, tmp_path / "report.html").read_text()
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "9 graded submissions" in told
    assert "there is no bank of answers for this exercise" in told
    assert "flagged in formgrader" in told
    assert "spread-test (crashed)" in told
    assert "copy-a" in told.partition("Similar code")[2]
    assert '<meta http-equiv="Content-Security-Policy" content="default-src' in html
    linked = re.findall(r'href="([^"]+)"', html)
    assert linked
    assert all((tmp_path / unquote(address)).resolve().is_file() for address in linked)
    assert all(address.startswith("..") for address in linked)


def test_a_class_graded_by_nbgrader_itself_has_marks_and_no_verdicts(own):
    with own.gradebook() as book:
        book.db.execute(text("DELETE FROM mlsd_record"))
        book.db.commit()
    told = page.write(own, toy.NAME).read_text()
    assert "Left out: these marks were given by nbgrader itself" in told
    assert 'aria-label="Number of students by points.' in told


def test_many_notes_are_folded(own):
    with own.gradebook() as book:
        results = json.loads(book.db.execute(text("SELECT results FROM mlsd_record WHERE student = 'right'")).scalar())
        flag = {"kind": "odd", "text": "odd", "notebook": "", "cell": "", "look": True}
        results["extra_data"]["flags"] = [flag | {"text": f"oddity {i}"} for i in range(5)]
        changed = {"new": json.dumps(results)}
        book.db.execute(text("UPDATE mlsd_record SET results = :new WHERE student = 'right'"), changed)
        book.db.commit()
    html = page.write(own, toy.NAME).read_text()
    assert "<summary>2 more</summary>" in html
    assert all(f"oddity {i}" in html for i in range(5))


def test_what_is_not_there_is_named(course):
    with pytest.raises(GraderError, match=r"no submission of halves was graded yet. First: mlsd grade halves"):
        page.write(course, toy.NAME)


@pytest.mark.needs("chromium")
def test_hostile_names_code_and_messages_run_nothing_and_ask_for_nothing(graded_class, tmp_path):
    from tests.attacks.browser import ALIVE, open_page

    path = page.write(graded_class, toy.NAME, tmp_path / "report.html")
    html = path.read_text()
    assert "window.attacked" in html  # it is shown, as a text
    assert "<script" not in html
    assert "\u202e" not in html
    with open_page() as opened:
        asked = []
        opened.on("request", lambda request: asked.append(request.url))
        opened.goto(path.as_uri())
        opened.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert opened.evaluate(ALIVE) == []
        assert asked == [path.as_uri()]
        assert HOSTILE_NAME in opened.inner_text("body")
        assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        # The policy holds by itself, should something slip through.
        opened.set_content(html.replace("<h1>", "<script>window.attacked = 1</script><h1>"))
        assert opened.evaluate("window.attacked") is None


def test_renaming_keeps_the_program():
    names = {}
    exec(renamed(COPIED, random.Random(0)), names)
    assert names["spread"]([3, 9, 4]) == 6
    assert renamed("def f(a, *, b=1):\n    return [a for a in b]", random.Random(0)).startswith("def f(a, *, b=1)")
