"""A page of feedback looked at by a real browser, without a network: what of a student's script runs or is in reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.needs import CHROMIUM, program

# Pokes at everything that may be bait, then tells what ran and which addresses would run.
ALIVE = r"""() => {
    for (const bait of document.querySelectorAll("a, input, img, svg, form")) {
        for (const kind of ["click", "focus", "mouseover", "error", "load"]) bait.dispatchEvent(new Event(kind));
    }
    const places = [...document.querySelectorAll("a, form, area, iframe, object, embed, base, meta[http-equiv]")];
    const reached = places.filter(one => [...one.attributes].some(part =>
        ["href", "xlink:href", "action", "src", "srcdoc", "data", "content"].includes(part.name)
        && /^\s*(\d+;\s*url=)?\s*(javascript:|data:text|<script|page\.html)/i.test(part.value)));
    const hidden = getComputedStyle(document.body).display === "none" ? ["a student's style hides the page"] : [];
    return [window.attacked, ...reached.map(one => one.outerHTML.slice(0, 200)), ...hidden].filter(Boolean);
}"""


@contextmanager
def open_page() -> Iterator[Any]:
    """A page of a headless Chromium that has no network."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(*CHROMIUM), args=["--no-sandbox"])
        yield browser.new_context(offline=True).new_page()
        browser.close()


def alive(page: Any, html: str) -> list[str]:
    """What ran, and what a click would run."""
    page.goto("about:blank")
    page.set_content(html, wait_until="domcontentloaded")
    page.wait_for_function("document.readyState === 'complete'", timeout=20_000)
    return list(page.evaluate(ALIVE))
