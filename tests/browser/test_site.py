"""The pages in a browser: on a desk and on a telephone, light and dark, by keyboard alone."""

import pytest

from tests.mlsd.test_site import small_site  # noqa: F401

IN_FOCUS = """() => {
  const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
  return [document.activeElement.tagName, outlineStyle !== "none" || /rgb\\(/.test(boxShadow)];
}"""
"""What has the focus, and whether it is drawn: by an outline, or by a shadow that is not transparent."""
SIZES = {"desk": (1366, 768), "telephone": (390, 844)}


@pytest.fixture(scope="module", params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def window(request, chromium):
    """A page of this size, light or dark, and what its console and its network said: to open one takes a second."""
    size, scheme = request.param
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page, heard = context.new_page(), []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else heard.append(request.url)
    )
    yield page, heard
    context.close()


@pytest.fixture
def queues(window, small_site):  # noqa: F811
    """The page with a question, opened anew from its folder, and what is heard of it. It leaves nothing to the next."""
    page, heard = window
    page.goto((small_site / "chapters" / "01_waiting" / "queues.html").as_uri())
    yield page, heard
    page.evaluate("localStorage.clear()")
    page.emulate_media(media="null")
    page.goto("about:blank")
    heard.clear()


@pytest.mark.tools
def test_what_was_measured_shows_once_each_question_is_answered_or_passed(queues):
    page, heard = queues
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    first, second = page.locator(".prediction").all()
    assert page.get_by_text("12 requests").is_hidden()
    first.locator("input").first.focus()
    for key in ("9", "0", "Tab", "5", "0", "Enter"):
        page.keyboard.press(key)
    assert first.get_by_text("upside down").is_visible()
    first.locator("input").last.fill("2000")
    page.keyboard.press("Enter")
    assert first.get_by_text("Measured: 1,240 ms. The value lies inside your interval.").is_visible()
    assert page.get_by_text("12 requests").is_hidden()  # it may tell the answer of the other question
    for number, text in zip(second.locator("input").all(), ("90", "101"), strict=True):  # of a hundred
        number.fill(text)
    page.keyboard.press("Enter")
    assert page.get_by_text("12 requests").is_hidden()
    second.get_by_role("button", name="Pass").click()
    assert second.get_by_text("Measured: 3 of 100 requests. You passed this one over.").is_visible()
    assert page.get_by_text("12 requests").is_visible()
    assert page.get_by_text("Kept back").locator("visible=true").count() == 0
    assert heard == []


@pytest.mark.tools
def test_an_explorer_tells_a_wrong_choice_from_a_right_one_by_keyboard(queues):
    page, heard = queues
    names = ("rows of a window", "limit of the index", "shift of the mean")
    rows, limit, shift = (page.get_by_label(name) for name in names)
    verdict, picture = page.locator(".explorer").get_by_role("status"), page.locator(".explorer img")
    assert "Not answered yet: a shift of 0.3 seldom brings the index above 0.1" in verdict.inner_text()
    before = picture.get_attribute("src")
    rows.focus()
    page.keyboard.press("ArrowDown")  # five times the rows
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")  # half the limit
    assert "Answered: with 1,000 rows the limit lies between" in verdict.inner_text()
    assert "Not" not in verdict.inner_text()
    assert picture.get_attribute("src") != before
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
    shift.select_option("0.1")
    assert "Not answered yet: the question is about a shift of 0.3" in verdict.inner_text()
    assert limit.input_value() == "0.05"
    assert "mean moved" in picture.get_attribute("alt")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert heard == []


@pytest.mark.tools
def test_by_keyboard_everything_that_gets_the_focus_shows_it_and_says_its_own_name(queues):
    page, _ = queues
    stops = []
    while not stops or stops[-1][0] != "BODY":
        page.keyboard.press("Tab")
        stops.append(page.evaluate(IN_FOCUS))
    assert len(stops) > 15
    assert [number for number, (_, shown) in enumerate(stops[:-1]) if not shown] == []
    assert page.get_by_text("the code of this cell").count() > 0
    assert page.locator("summary[aria-label]").count() == 0  # a label hides the text from a screen reader


@pytest.mark.tools
def test_the_search_finds_pages_from_a_folder_without_an_error(queues):
    page, heard = queues
    page.keyboard.press("Control+k")
    page.keyboard.type("stocks")
    page.keyboard.press("Enter")
    page.get_by_text("Search finished").wait_for()
    page.locator("#search-results").get_by_role("link", name="Stocks").click()
    page.get_by_role("heading", name="Stocks").wait_for()
    assert heard == []


@pytest.mark.tools
def test_on_paper_every_answer_is_there_and_no_form(queues):
    page, _ = queues
    assert page.get_by_text("12 requests").is_hidden()
    page.emulate_media(media="print")
    assert page.get_by_text("12 requests").is_visible()
    assert page.locator(".prediction form, .kept-back").locator("visible=true").count() == 0
    code = page.locator("div.cell pre").first
    assert code.evaluate("code => getComputedStyle(code).whiteSpace") == "pre-wrap"


@pytest.mark.tools
def test_the_button_that_leads_up_covers_no_text_of_a_telephone(queues):
    page, _ = queues
    button = page.locator("#pst-back-to-top")
    button.evaluate("button => { button.style.display = 'block'; }")  # as the theme's script does on the way up
    for width, seen in ((800, True), (390, False)):
        page.set_viewport_size({"width": width, "height": 800})
        assert button.is_visible() == seen
