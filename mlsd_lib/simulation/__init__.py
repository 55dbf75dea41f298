"""Systems in virtual time: live days with releases that go wrong, streams sent to a service in their order, and serving
systems by design documents: who arrives, what waits, what breaks, what it costs.

Nothing here reads the wall clock.
"""

from mlsd_lib.simulation.errors import SimulationError
from mlsd_lib.simulation.live import LiveSystem, Rollback, acting, weekly
from mlsd_lib.simulation.replay import bodies, replay
from mlsd_lib.simulation.review_queue import work_queue

__all__ = ["LiveSystem", "Rollback", "SimulationError", "acting", "bodies", "replay", "weekly", "work_queue"]
