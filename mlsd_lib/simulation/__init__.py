"""Systems in virtual time: live days with releases that go wrong, streams sent to a service in their order, and serving
systems by design documents: who arrives, what waits, what breaks, what it costs.

Nothing here reads the wall clock.
"""

from mlsd_lib.simulation.errors import SimulationError

__all__ = ["SimulationError"]
