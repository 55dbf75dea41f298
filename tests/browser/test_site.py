"""The pages in a browser: on a desk and on a telephone, light and dark, by keyboard alone."""

import pytest

from tests.mlsd.test_site import small_site  # noqa: F401

SIZES = {"desk": (1366, 768), "telephone": (390, 844)}


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids="-".join)
def queues(request, chromium, small_site):  # noqa: F811
    """The page with a question, opened from its folder, and what its console and its network said."""
    size, scheme = request.param
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page, heard = context.new_page(), []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else heard.append(request.url)
    )
    page.goto((small_site / "chapters" / "01_waiting" / "queues.html").as_uri())
    yield page, heard
    context.close()


@pytest.mark.tools
def test_a_reader_answers_by_keyboard_and_sees_then_what_was_measured(queues):
    page, heard = queues
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_by_text("12 requests").is_hidden()
    page.locator(".prediction input").first.focus()
    for key in ("9", "0", "Tab", "5", "0", "Enter"):
        page.keyboard.press(key)
    assert page.get_by_text("upside down").is_visible()
    page.locator(".prediction input").last.fill("2000")
    page.keyboard.press("Enter")
    assert page.get_by_text("Measured: 1,240 ms. The value lies inside your interval.").is_visible()
    assert page.get_by_text("12 requests").is_visible()
    assert heard == []


@pytest.mark.tools
def test_who_passes_a_question_sees_the_value_too(queues):
    page, _ = queues
    page.get_by_role("button", name="Pass").click()
    assert page.get_by_text("You passed this one over.").first.is_visible()
