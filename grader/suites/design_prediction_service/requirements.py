"""What is required, as data; and the task that reads, runs and judges designs."""

from functools import partial

from grader.suite_kit.designs import DesignTask, required
from grader.suites.design_prediction_service import world
from grader.suites.design_prediction_service.document import EXERCISE, ServiceDesign

AT_ALL = ("ordinary",)
DISTURBED = ("slow", "overload")


_required = partial(required, EXERCISE, needs=AT_ALL)
REQUIREMENTS = (
    _required("ordinary", "worst minute", ("ordinary",), "at least", 1, unit="%", needs=()),
    _required("growth", "worst minute", ("growth",), "at least", 1, unit="%"),
    _required("pulse", "good", ("pulse",), "at least", 1, unit="%"),
    _required("crash", "good", ("crash",), "at least", 1, unit="%"),
    _required("attempts", "further attempts", DISTURBED, "at most", 0, unit="a request"),
    _required("overload", "good a second", ("overload",), "at least", 1, unit="a second", needs=("attempts",)),
    _required("waits", "longest wait", DISTURBED, "at most", 1, unit="s"),
    _required("recovery", "recovery", DISTURBED, "at most", 1, unit="s", needs=("attempts",)),
    _required("price", "price", ("ordinary",), "at most", 1, 1, unit="EUR"),
    _required("blast radius", "bad answers", ("bad version",), "at most", 1, 1, needs=()),
    _required("released", "released", ("good version",), "at least", 1, unit="%", needs=()),
)
_bad, _recovery, _waits, _overload, _price, _others = EXERCISE.steps("hidden_wider")
SLACK = {
    "pulse": _price, "attempts": _waits, "overload": _overload, "waits": _waits, "recovery": _recovery,
    "price": _price, "blast radius": _bad, "released": _others,
}  # fmt: skip
"""By so much the draws move what is measured of one design; hidden limits are wider by that share, others by .3 %."""

TASK = DesignTask(EXERCISE, ServiceDesign.of, world.FAMILIES, world.run, REQUIREMENTS).wider(SLACK, others=0.003)
