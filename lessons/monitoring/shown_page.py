"""The page that `mlsd monitor` keeps about a service, shown in a notebook."""

import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

from IPython.display import HTML

from mlsd_lib.operations.service_figures import Figures
from mlsd_lib.operations.service_page import write_page

REFRESH = '<meta http-equiv="refresh" '


def shown_page(address: str, history: Sequence[Figures], every_s: float) -> HTML:
    """The page about the service at `address`, in a frame; unlike the file it does not read itself again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        write_page(path, address, history, every_s)
        page = path.read_text(encoding="utf-8").replace(REFRESH, "<meta ")
    style = "width: 100%; height: 32em; border: 1px solid #999; background: #fff"
    frame = f'<iframe title="Page about {escape(address)}" style="{style}" srcdoc="{escape(page)}"></iframe>'
    return HTML(f"<div>{frame}</div>")
