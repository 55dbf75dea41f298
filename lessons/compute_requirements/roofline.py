"""The two ceilings of a machine, measured: the rate of its arithmetic and the rates at which it moves memory.

Source: S. Williams, A. Waterman and D. Patterson, Roofline, Communications of the ACM 52(4), 2009; the copy is that of
J. McCalpin's STREAM benchmark.
"""

from mlsd_lib.lesson.timing import quickest_s


def product_gflops(size: int) -> float:
    """Billions of operations a second in the product of two 32-bit matrices of `size` x `size`."""
    import torch

    square = torch.randn(size, size)
    return 2 * size**3 / quickest_s(lambda: square @ square, 0.2) / 1e9


def read_gb_per_s(megabytes: float) -> float:
    """Gigabytes a second at which an array of `megabytes` is read, from a cache where it fits into one."""
    import torch

    array = torch.ones(int(megabytes * 2**20 / 4))
    return float(array.nbytes / quickest_s(array.sum, 0.15) / 1e9)


def copy_gb_per_s(megabytes: float) -> float:
    """Gigabytes a second that move when an array of `megabytes` is copied: each byte is read once, written once."""
    import torch

    source = torch.ones(int(megabytes * 2**20 / 4))
    target = torch.empty_like(source)
    return float(2 * source.nbytes / quickest_s(lambda: target.copy_(source), 0.3) / 1e9)
