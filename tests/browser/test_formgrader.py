"""nbgrader's own pages on what our commands made, in a real browser: formgrader, assignment list, validate."""

import binascii
import json
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from grader.answer_bank.model import bank_folder
from grader.grading import batch
from grader.grading.records import Options
from grader.workflow import release
from grader.workflow.shares import address, deal
from tests import toy_course as toy
from tests.browser.conftest import opened_page
from tests.grader.workflow.test_collect import through_the_exchange


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class of two, graded by the engine; the exercise is offered by the exchange."""
    made = toy.make(tmp_path_factory.mktemp("class") / "course")
    release.release(made, toy.NAME)
    release.publish(made, toy.NAME)
    toy.submit(made, "right", toy.answered(made, **toy.RIGHT, reflection="Because / divides."))
    long = toy.WRONG | {"half": f"{toy.WRONG['half']}\n# {'x' * 300_000}"}
    toy.submit(made, "wrong", toy.answered(made, **long, reflection="# half-test\n\n# reflection-comment"))
    students = batch.chosen(made, toy.NAME, "*")
    list(batch.grade(made, toy.NAME, students, Options(), lambda told: None))
    return made


@pytest.fixture(scope="module")
def lab(open_lab, course):
    return open_lab(course.root)


@pytest.fixture(scope="module")
def jupyterlab(shared_page, lab):
    """JupyterLab with the exercise open."""
    shared_page.goto(lab.url(f"lab/tree/exercises/{toy.NAME}/{toy.NAME}.ipynb"))
    shared_page.get_by_text("| Idle").wait_for()  # JupyterLab comes back to the notebook once its kernel answers
    return shared_page


@pytest.fixture(scope="module")
def page(chromium):
    """One page for all tests outside of JupyterLab: each opens anew what it looks at, and a window takes a second."""
    with opened_page(chromium) as opened:
        yield opened


def choose(page, command: str) -> None:
    """Click an entry of JupyterLab's menu Nbgrader."""
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.locator(f'[data-command="nbgrader:{command}"]').click()


def test_the_validate_button_names_the_tests_that_fail(jupyterlab):
    jupyterlab.get_by_role("button", name="Validate").click()
    dialog = jupyterlab.locator(".jp-Dialog")
    dialog.get_by_text("The following cell failed").first.wait_for()
    assert "half of four" in dialog.inner_text()
    jupyterlab.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_formgrader_opens_inside_jupyterlab_on_the_graded_class(jupyterlab):
    choose(jupyterlab, "open-formgrader")
    frame = jupyterlab.frame_locator("iframe[src*='formgrader']")
    frame.locator("tr", has_text=toy.NAME).get_by_role("link", name="2", exact=True).click()
    for student, score in {"right": "6 / 8", "wrong": "1 / 8"}.items():
        frame.locator("tr", has_text=student).filter(has_text=score).wait_for()
    assert "needs manual grading" in frame.locator("tr", has_text="right").inner_text()


def test_a_point_given_by_hand_reaches_the_gradebook(page, lab, course):
    page.goto(lab.url("formgrader"))  # its first page signs the browser in
    page.get_by_role("link", name="Manual Grading").click()
    page.get_by_role("link", name=toy.NAME).click()
    page.get_by_role("link", name=toy.NAME).last.click()
    page.locator("tr", has_text="6 / 8").get_by_role("link").first.click()
    box = page.locator("input#reflection.needs_manual_grade")  # the page marks it once it listens
    box.fill("1.5")
    with page.expect_response(lambda response: response.request.method == "PUT"):
        page.locator("input#reflection").press("Tab")
    with course.gradebook() as book:
        assert book.find_grade("reflection", toy.NAME, toy.NAME, "right").manual_score == 1.5


def test_a_point_that_the_server_did_not_take_is_said_and_saved_again(page, lab, course):
    with course.gradebook() as book:
        submission = book.find_submission_notebook(toy.NAME, toy.NAME, "wrong").id
    page.goto(lab.url("formgrader"))
    page.goto(f"{lab.address}/formgrader/submissions/{submission}/")
    box, said = page.locator("input#reflection.needs_manual_grade"), page.locator("#mlsd-unsaved")
    page.route("**/api/grade/*", lambda route: route.fulfill(status=500))
    box.fill("0.5")
    page.locator("input#reflection").press("Tab")
    said.get_by_text("The server answered 500; what has a red border is not saved.").wait_for()
    page.unroute("**/api/grade/*")
    said.get_by_role("button", name="Save again").click()
    said.wait_for(state="hidden")
    with course.gradebook() as book:
        assert book.find_grade("reflection", toy.NAME, toy.NAME, "wrong").manual_score == 0.5


def test_the_rubric_stands_beside_the_answer_and_a_click_reuses_a_comment(page, lab, course):
    place = bank_folder(course.root, toy.NAME)
    place.mkdir(parents=True)
    (place / "record_rubric.md").write_text("**Two points** name the operator.")
    with course.gradebook() as book:
        book.find_comment("reflection", toy.NAME, toy.NAME, "wrong").manual_comment = 'Name <i>the</i> "operator".'
        book.db.commit()
        submission = book.find_submission_notebook(toy.NAME, toy.NAME, "right").id
    page.goto(lab.url("formgrader"))
    page.goto(f"{lab.address}/formgrader/submissions/{submission}/")
    beside = page.locator('.mlsd-aside[data-cell="reflection"]')
    assert "Two points name the operator." in beside.inner_text()
    assert page.locator(".mlsd-aside").count() == 1
    page.locator("#reflection-comment[placeholder]").wait_for()  # the page listens
    with page.expect_response(lambda response: response.request.method == "PUT" and "/api/comment/" in response.url):
        beside.get_by_role("button", name="Name <i>the</i>").click()
    with course.gradebook() as book:
        found = book.find_comment("reflection", toy.NAME, toy.NAME, "right").manual_comment
    assert found == 'Name <i>the</i> "operator".'


RUBRIC = """# The record

| heading | one point | half a point | none |
|---|---|---|---|
| cause | "integers" <b>are</b> named | a guess | none |
| fix | the other operator | a fix | none |
"""


def test_the_rubrics_criteria_are_buttons_that_write_the_sum_and_a_comment(page, lab, course):
    place = bank_folder(course.root, toy.NAME)
    place.mkdir(parents=True, exist_ok=True)
    (place / "record_rubric.md").write_text(RUBRIC)
    with course.gradebook() as book:
        submission = book.find_submission_notebook(toy.NAME, toy.NAME, "right").id
        book.find_grade("reflection", toy.NAME, toy.NAME, "right").manual_score = None
        book.find_comment("reflection", toy.NAME, toy.NAME, "right").manual_comment = "Well written."
        book.db.commit()
    page.goto(lab.url("formgrader"))
    link = f"{lab.address}/formgrader/submissions/{submission}/"
    page.goto(link)
    beside = page.locator('.mlsd-aside[data-cell="reflection"]')
    beside.get_by_text("0 points so far, 2 criteria left").wait_for()
    beside.get_by_role("button", name="1: the other operator").click()
    beside.get_by_role("button", name='1: "integers" <b>are</b> named').click()
    assert beside.locator(".mlsd-sum").inner_text() == "2 points"
    with page.expect_response(lambda response: response.request.method == "PUT" and "/api/grade/" in response.url):
        beside.get_by_role("button", name="0.5: a guess").click()
    page.wait_for_load_state("networkidle")
    with course.gradebook() as book:
        assert book.find_grade("reflection", toy.NAME, toy.NAME, "right").manual_score == 1.5
        comment = book.find_comment("reflection", toy.NAME, toy.NAME, "right").manual_comment
    assert comment == "Well written.\nfix: 1. the other operator\ncause: 0.5. a guess"
    page.goto(link)  # what was chosen is seen again
    beside.get_by_text("1.5 points", exact=True).wait_for()
    assert "Well written." in beside.locator(".mlsd-comment").all_inner_texts()  # without the rubric's lines
    assert beside.locator(".btn-primary").all_inner_texts() == ["0.5: a guess", "1: the other operator"]


def test_a_students_name_is_text_on_the_page_of_a_hand_in(lab, course):
    with course.gradebook() as book:
        book.update_or_create_student("wrong", first_name="<img src=x onerror=x()>", last_name="Lovelace")
        submission = book.find_submission_notebook(toy.NAME, toy.NAME, "wrong").id
    status, _, content = answered(lab, "GET", f"submissions/{submission}/")
    assert (status, b"Lovelace, &lt;img" in content, b"<img src=x" in content) == (200, True, False)


def test_a_heading_of_a_students_takes_the_place_of_no_box_on_the_page(lab, course):
    """nbgrader's page finds the boxes for points and comments by their ids: what is typed would go to another cell."""
    with course.gradebook() as book:
        submission = book.find_submission_notebook(toy.NAME, toy.NAME, "wrong").id
    content = answered(lab, "GET", f"submissions/{submission}/")[2]
    assert [content.count(b'id="%s"' % name) for name in (b"half-test", b"reflection-comment")] == [1, 1]


@pytest.fixture
def elsewhere():
    """The address of another server, and what it is asked for."""
    heard = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(self.path)
            self.send_response(404)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()


def test_a_picture_on_a_students_page_asks_nobody_but_for_a_file_handed_in(page, lab, course, elsewhere):
    """It would tell a student who marks, where and when, and by /logout end the grader's session."""
    address, heard = elsewhere
    folder = course.folder("autograded", "right", toy.NAME)
    (folder / "dot.gif").write_bytes(binascii.a2b_base64(b"R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs="))
    notebook = folder / f"{toy.NAME}.ipynb"
    before = notebook.read_bytes()
    shown = [f"![x]({place})" for place in (f"{address}/dot.gif", f"{address[5:]}/dot.gif", f"{lab.address}/logout")]
    notebook.chmod(0o644)
    notebook.write_bytes(before.replace(b"Because / divides.", " ".join([*shown, "![own](dot.gif)"]).encode()))
    with course.gradebook() as book:
        submission = book.find_submission_notebook(toy.NAME, toy.NAME, "right").id
    page.goto(lab.url("formgrader"))
    page.goto(f"{lab.address}/formgrader/submissions/{submission}/", wait_until="load")
    assert page.locator("img[alt=own]").evaluate("image => image.naturalWidth") == 1
    assert heard == []
    assert "login" not in page.request.get(f"{lab.address}/formgrader").url  # still signed in
    notebook.write_bytes(before)


def test_of_very_much_code_the_page_of_a_hand_in_shows_the_first_part(lab, course):
    """The server colours it, 30,000 characters a second, and answers nobody meanwhile."""
    with course.gradebook() as book:
        submission = book.find_submission_notebook(toy.NAME, toy.NAME, "wrong").id
    content = answered(lab, "GET", f"submissions/{submission}/")[2]
    assert (b"# The rest was left out" in content, b"x" * 200_000 in content) == (True, False)


def test_a_graders_share_is_a_page_of_numbers_and_next_stays_within_it(page, lab, course):
    with course.gradebook() as book:
        for student in ("right", "wrong"):
            book.find_grade("reflection", toy.NAME, toy.NAME, student).needs_manual_grade = True
        book.db.commit()
    of = {share.grader: share for share in deal(course, toy.NAME, ["ada", "bela"])}
    page.goto(lab.url("formgrader"))
    page.goto(f"{lab.address}/{address(toy.NAME, 'ada')}")
    assert "1 of 1 wait for points" in page.content()
    assert page.locator("td a").all_inner_texts() == [f"{toy.NAME}, {of['ada'].number}"]
    page.locator("td a").click()
    page.get_by_text(f"Hand-in {of['ada'].number}", exact=True).wait_for(state="attached")
    assert of["ada"].student not in page.locator("nav").inner_html()
    page.get_by_role("link", name="Next").click()
    page.wait_for_url(f"**/{address(toy.NAME, 'ada')}")


FORGED = """def spread(values):
    return type("All", (float,), {"__eq__": lambda one, other: True})(0)


open("ran-as-the-server.txt", "w").write("x")"""


def test_the_autograde_button_grades_by_the_engine_and_runs_nothing_as_the_server(page, lab, course):
    toy.submit(course, "forger", toy.answered(course, half=toy.RIGHT["half"], spread=FORGED))
    page.goto(lab.url("formgrader"))
    page.goto(f"{lab.address}/formgrader/manage_submissions/{toy.NAME}")
    row = page.locator("tr", has_text="forger")
    with page.expect_response(lambda response: response.url.endswith("/forger/autograde")) as answered:
        row.locator(".autograde a").click()
    report = json.loads(answered.value.text())
    assert report["success"], report
    assert "1 of 1 graded" in report["log"]
    assert (course.home / "reports" / toy.NAME / "forger" / "results.json").is_file()
    assert not list(course.root.rglob("ran-as-the-server.txt"))


def test_the_button_for_feedback_makes_pages_without_hidden_tests(page, lab, course):
    page.goto(lab.url("formgrader"))
    page.goto(f"{lab.address}/formgrader/manage_submissions/{toy.NAME}")
    with page.expect_response(lambda response: response.url.endswith("/wrong/generate_feedback")) as answered:
        page.locator("tr", has_text="wrong").locator(".generate-feedback a").click()
    assert json.loads(answered.value.text())["success"]
    html = (course.folder("feedback", "wrong", toy.NAME) / f"{toy.NAME}.html").read_text()
    assert "halves are not rounded" not in html
    assert "default-src 'none'" in html


def answered(lab, method: str, address: str, body: str | None = None):
    """What the server answers to one who has its token: status, headers, content; the address is sent as it stands."""
    connection = HTTPConnection(lab.address.removeprefix("http://"))
    connection.request(method, f"/formgrader/{address}", body, {"Authorization": f"token {lab.token}"})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


UP = "..%2F..", "%2e%2e%2f%2e%2e", "..%5C..", "..", "--help", ".ssh", "%2Fetc", "a%00b", "x%0d%0aSet-Cookie:a"
LIVE = "%3Csvg%20onload=x()%3E", "%22;x();%22"  # nbgrader's page repeats them as they are
ACTIONS = (
    ("PUT", "api/assignment/{}"),
    ("POST", "api/assignment/{}/assign"),
    ("POST", "api/assignment/{}/release"),
    ("POST", "api/assignment/{}/unrelease"),
    ("POST", "api/assignment/{}/collect"),
    ("POST", "api/assignment/{}/generate_feedback"),
    ("POST", "api/assignment/halves/{}/generate_feedback"),
    ("POST", "api/submission/halves/{}/autograde"),
    ("PUT", "api/student/{}"),
    ("GET", "gradebook/{}"),
    ("GET", "manage_students/{}"),
    ("GET", "shares/halves/{}"),
)


@pytest.mark.parametrize(("method", "address"), ACTIONS)
def test_an_address_whose_part_is_no_name_changes_nothing(method, address, lab, course):
    before = {path: path.read_bytes() for path in course.root.parent.rglob("*") if path.is_file()}
    named = {name: answered(lab, method, address.format(name), "{}")[0] for name in UP + LIVE}
    assert named == dict.fromkeys(UP + LIVE, 404)
    assert {path: path.read_bytes() for path in course.root.parent.rglob("*") if path.is_file()} == before


@pytest.fixture(scope="module")
def files_of(course):
    """The address of the files beside a graded notebook, where a student put pages and a link."""
    folder = course.folder("autograded", "right", toy.NAME)
    for name in ("evil.html", "evil.svg", "evil.js", "evil.xhtml"):
        (folder / name).write_text("<script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>")
    (folder / "link.db").symlink_to(course.database)
    with course.gradebook() as book:
        return f"submissions/{book.find_submission_notebook(toy.NAME, toy.NAME, 'right').id}"


@pytest.mark.parametrize("address", ["submissions/", "submissions//"])
def test_no_second_way_leads_to_a_students_page(address, lab, files_of):
    status, _, content = answered(lab, "GET", files_of.replace("submissions/", f"{address}/") + "/evil.html")
    assert (status, b"script" in content) == (404, False)


def test_a_link_to_a_folder_runs_no_configuration_that_lies_there(lab, course):
    own = course.folder("submitted", "wrong", toy.NAME) / "nbgrader_config.py"
    own.write_text(f"open({str(own) + '.ran'!r}, 'w')")
    assert answered(lab, "GET", f"?path={own.parent}")[0] == 404
    assert not Path(f"{own}.ran").exists()


@pytest.mark.parametrize("name", ["evil.html", "evil.svg", "evil.js", "evil.xhtml", "values.csv"])
def test_a_students_file_is_downloaded_and_runs_nothing(name, lab, files_of):
    status, headers, _ = answered(lab, "GET", f"{files_of}/{name}")
    assert (status, headers["Content-Disposition"]) == (200, "attachment")
    assert headers["Content-Security-Policy"].startswith("sandbox;")
    assert headers["Content-Type"] in ("application/octet-stream", "image/svg+xml")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["..%2f..%2f..%2fgradebook.db", "../../../gradebook.db", "..%2f..%2f..%2f..%2f.mlsd-secret", "link.db"]
)
def test_no_file_outside_the_submission_is_given(path, lab, files_of):
    status, _, content = answered(lab, "GET", f"{files_of}/{path}")
    assert status == 404
    assert b"SQLite" not in content


def test_the_collect_button_copies_nothing_that_a_link_in_the_exchange_leads_to(lab, course):
    """nbgrader's own copies it, and the student's code and feedback then show the gradebook."""
    through_the_exchange(course, "linker", json.dumps(toy.answered(course, **toy.RIGHT)))
    [folder] = (course.home / "exchange").glob("*/inbound/linker+*")
    (folder / "data.csv").symlink_to(course.database)
    report = json.loads(answered(lab, "POST", f"api/assignment/{toy.NAME}/collect")[2])
    assert report["success"], report
    assert {path.name for path in course.folder("submitted", "linker", toy.NAME).iterdir()} >= {f"{toy.NAME}.ipynb"}
    assert not (course.folder("submitted", "linker", toy.NAME) / "data.csv").exists()
