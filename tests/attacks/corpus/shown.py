"""Output: scripts, malformed and huge outputs, control characters. Feedback must run no script and show no hidden test.

A script that lives sets `window.attacked`.
"""

from tests.attacks.case import Case, Edit, answer, case, change, extra, of_kind, right, whole, wrong

SCRIPT = "<script>window.attacked = '@MARK@'</script>"
IMAGE = "<img src=x onerror=\"window.attacked='@MARK@'\">"
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload=\"window.attacked='@MARK@'\"><circle r='9'/></svg>"
FRAME = "<iframe srcdoc=\"<script>parent.attacked='@MARK@'</script>\"></iframe>"
CLOSES = f"</pre></div></div></body></html></textarea></style></title>--> {SCRIPT}"
CODE = "javascript:window.attacked=1"
WIDGETS = {"application/vnd.jupyter.widget-state+json": {"state": {"x": {"state": SCRIPT}}, "version_major": 2}}
DATA_PAGE = "data:text/html,<script>parent.attacked=1</script>"


def shows(**data: object) -> Edit:
    """A cell that displays one bundle; the underscore in its type stands for a slash."""
    bundle = {kind.replace("_", "/", 1): content for kind, content in data.items()}
    return extra(f"from IPython.display import display\ndisplay({bundle!r}, raw=True)", before="mean")


def attack(name: str, *edits: Edit, **expected: object) -> Case:
    return case(name, *edits, script=True, **expected)


# A table: one case, one entry.
# fmt: off
CASES = of_kind("shown", [
    # Scripts in outputs
    attack("html_script", shows(text_html=SCRIPT)),
    attack("html_handler", shows(text_html=IMAGE)),
    attack("html_svg", shows(text_html=SVG)),
    attack("html_frame", shows(text_html=FRAME)),
    attack("html_object", shows(text_html=f"<object data=\"{DATA_PAGE}\"></object><embed src=\"{DATA_PAGE}\">")),
    attack("html_refresh", shows(text_html=f"<meta http-equiv='refresh' content=\"0;url={CODE}\">")),
    attack("html_base", shows(text_html="<base href='//127.0.0.1:9/'><link rel='stylesheet' href='x'>")),
    attack("html_form", shows(text_html=f"<form action=\"{CODE}\"><input autofocus "
                                        "onfocus=\"window.attacked=1\"></form>")),
    attack("html_link", shows(text_html="<a href=\"java&#x73;cript:window.attacked=1\" id=bait>marks</a>")),
    attack("html_style", shows(text_html="<style>body { display: none }</style><style>@import 'javascript:1'</style>")),
    attack("html_broken", shows(text_html=CLOSES)),
    attack("html_half_a_tag", shows(text_html="<img src=x onerror=\"window.attacked=1\" ")),
    attack("html_in_capitals", shows(text_html="<SCRIPT\t>attacked=1</SCRIPT ><ScRiPt/x>attacked=2</ScRiPt>")),
    attack("html_template", shows(text_html="<math><mtext><table><mglyph><style><!--</style>"
                                            "<img title=\"--&gt;&lt;img src=1 onerror=window.attacked=1&gt;\">")),
    attack("svg_output", shows(**{"image_svg+xml": f"{SVG}<svg>{SCRIPT}</svg>"})),
    attack("javascript_output", shows(application_javascript="window.attacked = 1")),
    attack("latex_output", shows(text_latex=f"$\\href{{{CODE}}}{{x}}$ {SCRIPT}")),
    attack("markdown_output", shows(text_markdown=f"{SCRIPT}{IMAGE} [x]({CODE})")),
    attack("widget_output", shows(**{"application_vnd.jupyter.widget-view+json": {"model_id": SCRIPT}})),
    attack("widget_state", whole(lambda notebook: notebook["metadata"].update(widgets=WIDGETS))),
    attack("text_output", shows(text_plain=CLOSES), right("mean", after=f"print({CLOSES!r})")),
    attack("object_with_html", extra(f"""
class Page:
    def _repr_html_(self): return {SCRIPT!r}
Page()
""", before="mean")),
    attack("image_that_is_none", shows(image_png=f"x\" onerror=\"window.attacked=1\" {SCRIPT}")),
    # Scripts elsewhere
    attack("markdown_script", answer(why=SCRIPT + IMAGE + SVG + FRAME)),
    attack("markdown_links", answer(why=f"[a]({CODE}) <a href='{CODE}'>b</a>\n\n[c]: {CODE}\n[c] <{CODE}>")),
    attack("markdown_broken", answer(why=f"```\n{CLOSES}\n\n~~~\n{CLOSES}\n\n<div><table>{CLOSES}")),
    attack("markdown_attachment", answer(why="![x](attachment:x.svg)"), change("why", attachments={
        "x.svg": {"image/svg+xml": SVG, "text/html": SCRIPT}})),
    attack("markdown_cell_of_its_own", extra(SCRIPT + IMAGE, kind="markdown")),
    attack("raw_cell", extra(SCRIPT + IMAGE, kind="raw", format="text/html", raw_mimetype="text/html")),
    attack("source_that_closes_tags", right("mean", after=f"# {CLOSES}")),
    attack("error_text", answer(mean=f"def mean(values): raise ValueError({CLOSES!r})"), lost="mean"),
    attack("error_name", answer(mean=f"""
Odd = type({CLOSES!r}, (Exception,), {{}})
def mean(values): raise Odd("x")
"""), lost="mean"),
    attack("kernel_of_a_tag", whole(lambda notebook: notebook["metadata"].update(
        kernelspec={"name": "x", "display_name": "x", "language": "<img src=x onerror='attacked=1'>"}))),
    attack("kernel_of_a_link", whole(lambda notebook: notebook["metadata"].update(
        kernelspec={"name": "x", "display_name": "x", "language": f"[x]({CODE})"}))),
    attack("files_of_tags", files={"more/<img src=x onerror='attacked=1'>.ipynb": "{}", f"[x]({CODE}).ipynb": "{}"}),
    attack("name_of_a_copy", extra("1", name="copied", nbgrader={
        "grade": True, "solution": False, "locked": False, "task": False, "schema_version": 3, "points": 5,
        "cell_type": "code", "grade_id": "<img src=x onerror='attacked=1'>"})),
    attack("process_of_a_tag", extra("""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; open('/proc/self/comm', 'w').write('<svg onload=a=1'); "
                  "time.sleep(60)"], start_new_session=True)
""")),
    attack("link_to_a_page_of_its_own", answer(
        why="[marks](page.html) <a href=page.html>marks</a> [b](<page.html>) [c]\n\n[c]: page.html"),
           files={"page.html": SCRIPT}),
    attack("html_link_to_a_page_of_its_own", shows(text_html="<a href=page.html>marks</a>"),
           files={"page.html": SCRIPT}),
    attack("formula_that_links", answer(why=f"$\\href{{{CODE}}}{{x}}$"),
           shows(text_html=f"<p>$\\href{{{CODE}}}{{x}}$</p>")),
    attack("tags_without_end", shows(text_html="<script " * 20_000)),
    attack("brackets_in_a_style", shows(text_html=f'<p style="{"(" * 90_000}">x</p>')),
    attack("tags_that_a_parser_repeats", shows(text_html="<p>" + "<b id=x>" * 9_000 + "</p>" + "<p>x</p>" * 9_000)),
    attack("title_in_metadata", change("title", metadata={"name": SCRIPT, "tags": [SCRIPT]})),
    # Malformed
    case("outputs_of_odd_types", extra("""
from IPython.display import display
for bundle in ({"text/plain": None}, {"text/html": 5}, {"image/png": b"x"}, {"odd type": "x"}, {"": ""}, {}):
    try: display(bundle, raw=True, metadata={"x": object()})
    except Exception as error: print(type(error))
""", before="mean")),
    case("output_not_finite", extra("""
from IPython.display import display
display({"application/json": {"n": float("nan")}}, raw=True)
""", before="mean")),
    case("output_half_a_pair", extra(r"print('half \ud800 a pair')", before="mean")),
    case("output_of_bytes", extra("import os, sys\nos.write(1, bytes(range(256)))\nsys.stdout.flush()", before="mean")),
    case("output_of_nulls", extra(r"print('\x00' * 1000)", before="mean")),
    case("control_characters", extra(r"""
print("\x1b[2J\x1b]0;title\x07\x1b[31mred \x08\x08\x0b\x0c\r over")
""", before="mean")),
    case("clears_its_output", extra("""
from IPython.display import clear_output
for n in range(50): print(n); clear_output()
""", before="mean")),
    case("updates_a_display", extra("""
from IPython.display import display
held = display("first", display_id="same")
for n in range(100): held.update(n)
""", before="mean")),
    case("one_long_line", extra("print('w' * 3_000_000)", before="mean")),
    case("deep_html", extra("from IPython.display import HTML\nHTML('<div>' * 50_000)", before="mean")),
    case("picture_huge", extra("""
import base64, os
from IPython.display import display
display({"image/png": base64.b64encode(os.urandom(8_000_000)).decode()}, raw=True)
""", before="mean")),
    case("hidden_test_in_the_error", answer(mean="def mean(values): return 1 / 0"), lost="mean"),
    case("hidden_test_in_the_message", wrong("mean", "integer"), lost="mean"),
])
