"""A cell's outputs on the grader's side, as nbclient would write them into the notebook.

Records come from a process that student code controls: each is rebuilt from the parts that a notebook allows, and
bytes are counted here, whatever the other side says.
"""

from typing import Any

from grader.sandbox import protocol

TEXT = 20_000
STREAMS = ("stdout", "stderr")
MORE = "\n[The rest of the output was left out: a cell may write {most:,} bytes.]\n"


class Recorder:
    """Collects the outputs of one cell, up to `most` bytes.

    `shown` are the displays of the whole session that have a name and may be updated later; `number` is the cell's.
    """

    def __init__(self, most: int, shown: dict[str, list[dict[str, Any]]] | None = None, number: int = 0) -> None:
        self.most, self.number, self.used, self.truncated = most, number, 0, False
        self.outputs: list[dict[str, Any]] = []
        self._raw = 0
        self._full = False
        self._shown = {} if shown is None else shown
        self._clear_next = False

    def add(self, payload: bytes) -> None:
        """Take one record as the student's side sent it; what a notebook cannot hold is dropped."""
        try:
            record = protocol.parsed(payload, protocol.most_output(self.most), str)
            kind = record["output_type"]
            if kind == "clear":
                self._clear(bool(record["wait"]))
            elif kind == "stream":
                self.stream(record["name"], _text(record["text"]), len(payload))
            elif kind == "error":
                self._error(record)
            elif kind in ("display_data", "execute_result", "update_display_data"):
                self._display(kind, record, len(payload))
        except protocol.BadMessage:
            self.truncated = True
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass

    def stream(self, name: str, text: str, size: int) -> None:
        """Text on stdout or stderr; between two displays there is one output for each, as a kernel sends them."""
        if name in STREAMS and text and self._room(size):
            self._append(name, text)

    def _append(self, name: str, text: str) -> None:
        self._now_clear()
        for earlier in reversed(self.outputs[-2:]):
            if earlier["output_type"] != "stream":
                break
            if earlier["name"] == name:
                earlier["text"] += text
                return
        self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def raw(self, name: str, part: bytes) -> bool:
        """Output that went round Python's streams, with a budget of its own; False once it is a flood."""
        self._raw += len(part)
        kept = part[: max(0, len(part) - max(0, self._raw - self.most))]
        self.truncated = self.truncated or len(kept) < len(part)
        if kept:
            self._append(name, kept.decode("utf-8", "replace"))
        return self._raw < 20 * self.most

    def error(self, kind: str, text: str) -> None:
        """An error that the grader itself reports, e.g. a time limit."""
        self.outputs.append({"output_type": "error", "ename": kind, "evalue": text, "traceback": [f"{kind}: {text}"]})

    def finish(self, truncated: bool) -> list[dict[str, Any]]:
        """The outputs, with a line that says so if some were left out."""
        self.truncated = self.truncated or truncated
        if self.truncated:
            note = {"output_type": "stream", "name": "stdout", "text": MORE.format(most=self.most)}
            at = len(self.outputs) - 1 if self.outputs and self.outputs[-1]["output_type"] == "error" else None
            self.outputs.insert(len(self.outputs) if at is None else at, note)
        return self.outputs

    def _error(self, record: dict[str, Any]) -> None:
        self._now_clear()
        lines = [_text(line) for line in record["traceback"]][-500:]
        while len(lines) > 1 and sum(map(len, lines)) > self.most:
            del lines[0]
        output = {
            "output_type": "error",
            "ename": _text(record["ename"])[:200],
            "evalue": _text(record["evalue"])[:TEXT],
        }
        if sum(earlier["output_type"] == "error" for earlier in self.outputs) < 10:
            self.outputs.append({**output, "traceback": [line[: self.most] for line in lines]})

    def _display(self, kind: str, record: dict[str, Any], size: int) -> None:
        if not self._room(size):
            return
        content: dict[str, Any] = {"data": _bundle(record["data"]), "metadata": _clean(dict(record["metadata"]))}
        name = record.get("display_id")
        if kind == "update_display_data":
            for earlier in self._shown.get(str(name), []):
                earlier.update(content)
            return
        self._now_clear()
        output = {"output_type": kind, **content}
        if kind == "execute_result":
            output["execution_count"] = self.number
        if name is not None and len(self._shown) < 1000:
            self._shown.setdefault(str(name), []).append(output)
        self.outputs.append(output)

    def _clear(self, wait: bool) -> None:
        self._clear_next = True
        if not wait:
            self._now_clear()

    def _now_clear(self) -> None:
        if self._clear_next:
            self.outputs.clear()
            self._clear_next = False

    def _room(self, size: int) -> bool:
        """Whether `size` more bytes may be kept; after the first refusal nothing may."""
        self._full = self._full or self.used + size > protocol.most_output(self.most)
        self.truncated = self.truncated or self._full
        if not self._full:
            self.used += size
        return not self._full


def _bundle(data: dict[str, Any]) -> dict[str, Any]:
    """A bundle of MIME types that is valid in a notebook: text, or any JSON where the type says JSON."""
    found = {}
    for kind, part in data.items():
        if isinstance(part, list) and all(isinstance(line, str) for line in part) and not _is_json(kind):
            part = "".join(part)
        if isinstance(part, str) or _is_json(kind):
            found[_text(kind)] = _clean(part)
    return found


def _is_json(kind: str) -> bool:
    return kind.startswith("application/") and kind.endswith("json")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return [_clean(part) for part in value]
    if isinstance(value, dict):
        return {_text(key): _clean(part) for key, part in value.items()}
    return value


def _text(value: Any) -> str:
    """Text that can be written as UTF-8."""
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    return value.encode("utf-8", "replace").decode()
