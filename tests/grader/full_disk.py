"""A disk that is full, for a while."""

import resource
from contextlib import contextmanager

from grader.grading.worker_pool import context
from grader.sandbox import best_level


@contextmanager
def no_file_beyond(limit_bytes):
    """Meanwhile the limit of file sizes stands for a disk: a write beyond it fails as one on a full disk does."""
    context([])  # a server of processes that is started meanwhile would keep the limit
    best_level()  # is tried once, while there is room
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
