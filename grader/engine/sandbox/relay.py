"""Inside gVisor: holds the sessions and answers the grader's calls, one at a time, through standard input and output.

Run as a file by `gvisor.Cage`; it ends when its input does. No student code runs in this process.
"""

import json
import os
import sys
from dataclasses import asdict
from typing import Any


def main() -> None:
    """The relay's whole life."""
    reading, writing = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.path.append(os.path.abspath(f"{__file__}/../../../.."))
    from grader.engine.sandbox import gvisor, wire

    relay = Relay(gvisor.Pipes(reading, writing))
    try:
        while True:
            kind, payload = wire.receive(relay.pipes)
            relay.ask(payload) if kind == wire.ASK else relay.call(json.loads(payload))
    except wire.Closed:
        relay.close()


class Relay:
    """The sessions of one sandbox, by number."""

    def __init__(self, pipes: Any) -> None:
        self.pipes = pipes
        self.zygote: Any = None
        self.sessions: dict[int, Any] = {}

    def call(self, request: dict[str, Any]) -> None:
        """Do one call and reply with its value, or with why there is none."""
        from grader.engine.sandbox import SandboxError, wire

        try:
            value = self._do(request)
            session = self.sessions.get(request.get("session", value if request["do"] == "open" else 0))
            told = {"value": value, "alive": bool(session and session.alive)}
        except (SandboxError, OSError) as error:
            told = {"error": str(error)}
        wire.send_json(self.pipes, wire.REPLY, told)

    def ask(self, payload: bytes) -> None:
        """Pass on a question to a session, and its calls of exposed objects to the grader."""
        from grader.engine.sandbox import SessionDead, gvisor, wire

        number, patience_s = gvisor.QUESTION.unpack_from(payload)
        session = self.sessions[number]
        try:
            reply = session.ask(payload[gvisor.QUESTION.size :], patience_s, self._serve)
        except SessionDead as dead:
            told = {"verdict": dead.verdict, "text": str(dead), "alive": session.alive}
            wire.send_json(self.pipes, gvisor.DEAD, told)
        else:
            wire.send(self.pipes, wire.ANSWER, reply)

    def close(self) -> None:
        """End every session."""
        if self.zygote is not None:
            self.zygote.close()

    def _serve(self, frame: bytes) -> bytes:
        from grader.engine.sandbox import wire

        wire.send(self.pipes, wire.SERVE, frame)
        return wire.receive(self.pipes)[1]

    def _do(self, request: dict[str, Any]) -> Any:
        what = request["do"]
        if what == "start":
            return self._start(request["setting"])
        if what == "open":
            return self._open(request)
        session = self.sessions[request["session"]]
        if what == "run_cell":
            return asdict(session.run_cell(request["source"]))
        if what == "close":
            return asdict(self.sessions.pop(request["session"]).close())
        if what in ("said", "cpu_s", "delegated_s", "helpers", "peak_mb"):
            return getattr(session, what)()
        raise OSError(f"the relay does not know {what!r}")

    def _start(self, setting: dict[str, Any]) -> bool:
        from grader.engine.sandbox import Level, Zygote

        sys.path[:] = setting.pop("path")
        self.zygote = Zygote(level=Level.LIMITS, wall="gvisor", **setting)
        self.zygote.start()
        return True

    def _open(self, request: dict[str, Any]) -> int:
        import base64

        from grader.engine.sandbox import Limits

        files = {name: base64.b64decode(content) for name, content in request["files"].items()}
        number = max(self.sessions, default=0) + 1
        self.sessions[number] = self.zygote.open(files, request["seed"], Limits(**request["limits"]))
        return number


if __name__ == "__main__":
    main()
