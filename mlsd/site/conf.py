"""Sphinx's settings. Sphinx runs in an environment of its own, where nothing of the course can be imported."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

project = "Machine Learning Systems Design"
author = "The course's authors"
extensions = ["myst_nb"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

nb_execution_mode = "off"
nb_merge_streams = True
nb_number_source_lines = False
nb_render_markdown_format = "gfm"
nb_code_prompt_show = nb_code_prompt_hide = "the code of this cell"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
suppress_warnings = ["mystnb.unknown_mime_type"]

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["static"]
html_css_files = ["course.css"]
# A browser lets no page of a folder read another one, as the search would for a piece of each page that it found.
EXCERPTS = 'DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";'
html_js_files = [
    (None, {"body": EXCERPTS}),
    ("predictions.js", {"defer": "defer"}),
    ("explorers.js", {"defer": "defer"}),
]
html_copy_source = html_show_sourcelink = False
html_math_renderer = "mathml"
html_last_updated_fmt = None
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_persistent": [],
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
}


def in_line(translator, node):
    """A formula within a sentence, as MathML: no script, no font and no network."""
    translator.body.append(convert(node.astext()))
    raise SkipNode


def displayed(translator, node):
    """A formula of its own."""
    translator.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise SkipNode


def speak_of_code(app, page, template, context, doctree):
    """Let a screen reader read what stands on a fold; its label says "Toggle hidden content" of each."""
    context["body"] = context.get("body", "").replace(' aria-label="Toggle hidden content"', "")


def setup(app):
    """Register the renderer of formulas, and what is done to a page's HTML."""
    app.connect("html-page-context", speak_of_code)
    app.add_html_math_renderer("mathml", inline_renderers=(in_line, None), block_renderers=(displayed, None))
