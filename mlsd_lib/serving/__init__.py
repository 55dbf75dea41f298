"""A model behind HTTP: the Flask app, a bounded queue before it, its server as a process, two kinds of load.

No business rule of a case study may enter here: features, thresholds and decisions belong to the case.
"""

from mlsd_lib.serving.app import create_app, json_body
from mlsd_lib.serving.batcher import DynamicBatcher, Shed
from mlsd_lib.serving.body import BadRequest, RowReader
from mlsd_lib.serving.errors import ServingError
from mlsd_lib.serving.load import LoadResult, capacity_per_s, closed_loop, open_loop
from mlsd_lib.serving.process import ServerProcess
from mlsd_lib.serving.requests import post
from mlsd_lib.serving.serve import serve

__all__ = [
    "BadRequest",
    "DynamicBatcher",
    "LoadResult",
    "RowReader",
    "ServerProcess",
    "ServingError",
    "Shed",
    "capacity_per_s",
    "closed_loop",
    "create_app",
    "json_body",
    "open_loop",
    "post",
    "serve",
]
