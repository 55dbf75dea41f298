"""A monitor's page in a notebook: whole, within its frame, and still."""

import re
from html import unescape

from lessons.monitoring.shown_page import shown_page


def test_the_page_is_shown_whole_in_its_frame_and_does_not_load_itself_again():
    calm = {group: {} for group in ("business", "model", "system", "feedback", "monitor", "spent")}
    shown = shown_page('a "service" <here>', [calm | {"system": {"requests/s": 24.5}}], every_s=15).data
    frame, page = re.fullmatch(r'<div><iframe ([^>]*) srcdoc="([^"]*)"></iframe></div>', shown).groups()
    assert 'title="Page about a &quot;service&quot; &lt;here&gt;"' in frame
    assert "requests/s <b>24.5</b>" in unescape(page)
    assert "every 15 s" in unescape(page)
    assert "refresh" not in unescape(page)
