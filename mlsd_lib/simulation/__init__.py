"""Serving systems in virtual time, by design documents: who arrives, what waits, what breaks, what it costs.

Nothing here reads the wall clock.
"""

from mlsd_lib.simulation.errors import SimulationError

__all__ = ["SimulationError"]
