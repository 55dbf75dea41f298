"""A service that decides about requests, one by one and for good.

It believes its own clock: no time in a body lies ahead of it, and what it remembers goes by it. Every endpoint asks for
the run's key, see `caller`, but the probes and what a case says is `open_to_strangers`; of those nothing is kept.

It follows the registry: a promotion or a rollback takes effect with the next request. It answers a request sent twice
with the decision made first, and refuses another request under the same id. It takes reports, the late news about
requests that it knows. It watches what it decides, see `live_monitor`, and forgets what is too old to be asked for.

Requests are decided in order, one at a time; what comes when the queue is full, or could only be answered too late, is
refused with 503, see `create_app`. So is everything new while the store cannot be written, and /readyz says so. A
decision is kept with the trace that its request named in the header `traceparent`.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import flask
from prometheus_client import CollectorRegistry
from pydantic import AfterValidator, BaseModel, Field, NaiveDatetime, ValidationError

from case_studies.kit.caller import has_key, is_caller, key_in, require_caller
from case_studies.kit.decision_store import DAY_US, Decision, DecisionStore, microseconds
from case_studies.kit.live_monitor import LiveMonitor
from case_studies.kit.model_registry import ModelRegistry
from mlsd_lib.serving.app import NEVER_WAIT, create_app, json_body
from mlsd_lib.serving.batcher import Shed
from mlsd_lib.serving.body import BadRequest, RowReader
from mlsd_lib.serving.tracing import TRACEPARENT, trace_of
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd


def _countable(time: datetime) -> datetime:
    if not 1970 <= time.year < 2100:  # published logs begin in 1995
        raise ValueError("a time lies in the years 1970 to 2099")
    return time


LARGEST_ID = 2**53 - 1
Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
"""An identity that JSON carries exactly."""
LocalTime = Annotated[NaiveDatetime, AfterValidator(_countable)]
"""A time without a zone."""
Release = TypeVar("Release")
FORGET_EACH = 500
"""After so many decisions the service looks for memories that are old enough to go. Fewer requests than these with a
wrong time cannot make it forget too much."""
AHEAD_S = 300
"""So far the clock of a sender may be ahead of the service's. Behind it may be as far as memory reaches: messages come
late, and recorded days are replayed."""
QUEUE_LIMIT = 64
"""At a decision in a few milliseconds, who enters at the end of the queue is answered within half a second."""
STRANGERS_SHARE = 0.25
"""So much of the queue strangers fill at most, where a case answers them."""


class DecisionService(ABC, Generic[Release]):
    """Decides by a registry's current release and a store.

    A case names its `request` and `report` models, each with a field `time`, and the `id_field` that both have; it
    reads a release from its folder, decides, and notes reports. `metrics` is where it may count what it does.
    `features`: the columns of what a decision has `seen`. `keep_days`: how long the service remembers.
    `open_to_strangers`: the paths that answer requests without the key, one row each. `stranger`: the fields of a
    request that say who its sender is, with what they are to `decide` then, which adds nothing to the store.
    """

    name: str
    id_field: str
    request: type[BaseModel]
    report: type[BaseModel]
    features: Sequence[str] = ()
    keep_days = 400
    open_to_strangers: Sequence[str] = ()
    stranger: Mapping[str, Any] = {}

    def __init__(self, registry: ModelRegistry, store: DecisionStore):
        self.registry, self.store, self.metrics = registry, store, CollectorRegistry()
        self._releases: dict[str, Release] = {}
        self._decided = 0
        self.release()  # a service without a release must not start
        self.metrics.register(LiveMonitor(registry, store, self.features, self._window_by))

    @staticmethod
    def clock() -> datetime:
        """The time of this machine, in its zone."""
        return datetime.now()

    @abstractmethod
    def read(self, folder: Path) -> Release:
        """The release in `folder`."""

    @abstractmethod
    def decide(self, release: Release, request: Any, time_us: int) -> Decision:
        """The decision about a new request; adds to the store what later features need of it."""

    @abstractmethod
    def store_report(self, report: Any, time_us: int) -> None:
        """Adds to the store the news about a known request; a report that is there already changes nothing."""

    def count(self, request: Any, decision: Decision, version: str) -> None:
        """Adds a decision that is sure to stay to the case's metrics; nothing unless a case says so."""

    def window(self, release: Release, seen: "pd.DataFrame") -> "pd.DataFrame":
        """What the monitor of a release looks at, from what it decided, a table as `DecisionStore.decided` gives it."""
        return seen

    def release(self) -> tuple[str, Release]:
        """The current version and its release, by the registry; read from disk once a version."""
        version = self.registry.current or "none"
        return version, self._release(version)

    def version_of(self, release: Release) -> str:
        """The version of a release that `decide` is given: by now the registry may name another as the current one."""
        return next(version for version, own in self._releases.items() if own is release)

    def _told_version(self) -> str:
        """The current version; the process lives where its registry cannot be read, too."""
        with suppress(CourseError, OSError):
            return self.registry.current or "none"
        return "unknown"

    def _release(self, version: str) -> Release:
        if version not in self._releases:
            self._releases[version] = self.read(self.registry.path(version))
        return self._releases[version]

    def _window_by(self, version: str, seen: "pd.DataFrame") -> "pd.DataFrame":
        return self.window(self._release(version), seen)

    def answer(self, requests: Sequence[Any]) -> list[dict[str, Any]]:
        """One answer a request, in order: its id, the fields of the decision, and the `release` that made it.

        All or none are decided, and each is part of the history of the next. Raises `BadRequest` with 409 for an id
        that another request had.
        """
        if len(requests) > 1:
            require_caller(self.store.path.parent)
        new: list[tuple[Any, Decision, str]] = []
        with self.store.transaction():
            answers = [self._answer(request, new) for request in requests]
        for decided in new:  # only now is it sure that they stay
            self.count(*decided)
        self._forget(len(new))
        return answers

    def take_report(self, report: Any) -> None:
        """Notes a report; raises `BadRequest` for one that fits no request that the service knows."""
        news, identity = _sent(report), getattr(report, self.id_field)
        with self.store.transaction():
            known = self.store.sent(identity)
            if known is None:
                fix = "Send the request to /predict first, or correct the id."
                raise BadRequest(404, self.id_field, identity, "only a known request is reported", fix)
            for field in known.keys() & news.keys() - {"time"}:
                if news[field] != known[field]:
                    fix = f"Send the {field} of the request."
                    raise BadRequest(422, field, news[field], f"a report names the {field} of its request", fix)
            if news["time"] < known["time"]:
                rule, fix = "no request is reported before it is made", "Send the time at which the report arrived."
                raise BadRequest(422, "time", report.time.isoformat(), rule, fix)
            self._require_not_ahead(report)
            self.store_report(report, news["time"])
            self.store.note_reported(identity, news["time"])

    def app(self) -> flask.Flask:
        """POST /predict, POST /reports, GET /healthz, GET /readyz, GET /metrics."""
        app = create_app(
            self.request,
            self.answer,
            name=self.name,
            version=self._told_version,
            lacks=self.why_not_ready,
            queue_limit=QUEUE_LIMIT,
            queue_share=self._queue_share,
            registry=self.metrics,
            routes=self._add_routes,
        )
        app.config["EXAMPLE"] = self.example()
        return app

    def example(self) -> str | None:
        """The body of a request that can be sent, None without: one that is remembered, under an id of its own.

        That id is the largest that nobody has: the next one could be that of the next real request.
        """
        with self.store.lock:
            remembered, identity = self.store.newest_sent(), LARGEST_ID
            while self.store.sent(identity) is not None:
                identity -= 1
        for sent in remembered:
            when = datetime.fromtimestamp(sent["time"] / 1e6, UTC).replace(tzinfo=None)
            fields = {**sent, self.id_field: identity, "time": when}
            with suppress(ValidationError):  # what was erased is no request any more
                return self.request.model_validate(fields).model_dump_json()
        return None

    def why_not_ready(self) -> str | None:
        """Why no request can be decided now: no release or key that can be read, no store that can be written."""
        try:
            self.release()
            key_in(self.store.path.parent)
        except (CourseError, OSError) as error:
            return str(error)
        return self.store.unwritable()

    def _queue_share(self, environ: Mapping[str, Any]) -> float:
        """Which part of the queue a request may fill: none where `_require_key` will refuse it, and a small one where a
        stranger is answered, so that no flood without the key takes the places of those who have it."""
        shown = environ.get("HTTP_AUTHORIZATION")
        if shown is None and self.open_to_strangers:
            return STRANGERS_SHARE
        try:
            return has_key(shown, self.store.path.parent)
        except Shed:  # says the app
            return 0

    def _require_key(self) -> None:
        """Before every endpoint, so that no case can forget it; a wrong key is refused where none would do."""
        asked = flask.request.url_rule.rule if flask.request.url_rule else None
        free = asked in self.open_to_strangers and "Authorization" not in flask.request.headers
        if asked is not None and asked not in NEVER_WAIT and not free:
            require_caller(self.store.path.parent)

    def _add_routes(self, app: flask.Flask) -> None:
        reader = RowReader(self.report, max_rows=1)
        app.before_request(self._require_key)

        @app.post("/reports")
        def reports() -> flask.Response:
            (report,), _ = reader.read(json_body())
            self.take_report(report)
            document = {self.id_field: getattr(report, self.id_field), "reported": True}
            return flask.Response(json.dumps(document), mimetype="application/json")

    def _answer(self, request: Any, new: list[tuple[Any, Decision, str]]) -> dict[str, Any]:
        if not is_caller(self.store.path.parent):  # whose ids are not his: nothing is known of them, and none is taken
            return dict(self._new_decision(request.model_copy(update=self.stranger))[0].answer)
        sent, identity = _sent(request), getattr(request, self.id_field)
        known = self.store.sent(identity)
        if known is not None and known != sent:
            rule = f"a {self.id_field} names one request, and this one was sent before with other content"
            fix = "Repeat a request unchanged, or give a new one an id of its own."
            raise BadRequest(409, self.id_field, identity, rule, fix)
        answered = self.store.answer(identity)
        if answered is not None:
            return answered
        decision, version = self._new_decision(request)
        self.store.keep(identity, sent, decision, _trace())
        new.append((request, decision, version))
        return dict(decision.answer)

    def _new_decision(self, request: Any) -> tuple[Decision, str]:
        """The decision about a request that was not answered yet, with its whole answer; the release that made it."""
        time_us = microseconds(request.time)
        try:
            version, release = self.release()
        except (CourseError, OSError) as error:  # nobody's request is wrong
            raise Shed(f"No release can be read: {error}") from error
        if time_us < self.store.kept_since_us:
            rule, fix = f"a service remembers {self.keep_days} days", "Leave out what is older; it was decided then."
            raise BadRequest(422, "time", request.time.isoformat(), rule, fix)
        self._require_not_ahead(request)
        made = self.decide(release, request, time_us)
        answer = {self.id_field: getattr(request, self.id_field), **made.answer, "release": version}
        return Decision(answer, made.acted, made.seen), version

    def _require_not_ahead(self, message: Any) -> None:
        now = self.clock()
        if message.time > now + timedelta(seconds=AHEAD_S):
            rule = f"no time is more than {AHEAD_S} s ahead of the service's clock, {now.isoformat(timespec='seconds')}"
            fix = "Correct the sender's clock, or start the service in the senders' time zone, by TZ."
            raise BadRequest(422, "time", message.time.isoformat(), rule, fix)

    def _forget(self, decided: int) -> None:
        """What the service has kept for `keep_days` of its own clock goes; no time in a request makes that sooner."""
        self._decided += decided
        with suppress(Shed):  # what was answered stays answered; the next time it is tried again
            now_us = microseconds(self.clock())
            self.store.note_newest(now_us, FORGET_EACH)
            if self._decided >= FORGET_EACH:
                self._decided = 0
                self.store.forget(self.store.newest_at(now_us - self.keep_days * DAY_US))


def _trace() -> str | None:
    """The trace of the HTTP request that is being answered; None outside of one."""
    return trace_of(flask.request.headers.get(TRACEPARENT)) if flask.has_request_context() else None


def _sent(request: BaseModel) -> dict[str, Any]:
    """The fields as JSON holds them, times in microseconds: what makes two requests the same."""
    fields = request.model_dump()
    plain = {name: microseconds(value) if isinstance(value, datetime) else value for name, value in fields.items()}
    return json.loads(json.dumps(plain))
