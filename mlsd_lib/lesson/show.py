"""How a lesson speaks to its reader: plain text, and a table where the front end can draw one."""

import html
from collections.abc import Sequence

COLOURS = {"": "#888888", "good": "#009E73", "bad": "#D55E00", "open": "#0072B2"}


class Message:
    """A text with an optional table, shown as a quiet box in JupyterLab and as plain text elsewhere."""

    def __init__(self, text: str, tone: str = "", header: Sequence[str] = (), rows: Sequence[Sequence[str]] = ()):
        self.text, self.tone, self.header, self.rows = text, tone, tuple(header), [tuple(row) for row in rows]

    def __repr__(self) -> str:
        return "\n".join([self.text, *self._plain_table()])

    def _plain_table(self) -> list[str]:
        if not self.rows:
            return []
        table = [self.header, *self.rows] if self.header else self.rows
        widths = [max(len(str(row[i])) for row in table) for i in range(len(table[0]))]
        return ["  " + "  ".join(str(cell).ljust(w) for cell, w in zip(row, widths, strict=True)) for row in table]

    def _repr_html_(self) -> str:
        body = html.escape(self.text).replace("\n", "<br>")
        if self.rows:
            body += "<table style='margin:.5em 0 0 0'>" + self._html_rows() + "</table>"
        return f"<div style='border-left:4px solid {COLOURS[self.tone]};padding:.4em .8em;margin:.3em 0'>{body}</div>"

    def _html_rows(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            style = "style='text-align:left'"
            return "<tr>" + "".join(f"<{tag} {style}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

        head = line(self.header, "th") if self.header else ""
        return head + "".join(line(row, "td") for row in self.rows)


def show(text: str, tone: str = "", header: Sequence[str] = (), rows: Sequence[Sequence[str]] = ()) -> None:
    """Show `text`, and a table of `rows` under `header`, to whoever runs the cell. Tones: "", good, bad, open."""
    from IPython.display import display

    display(Message(text, tone, header, rows))
