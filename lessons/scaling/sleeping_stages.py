"""A pipeline of real threads that sleep for as long as a device would compute, so that many fit on few cores."""

import threading
import time
from queue import SimpleQueue


def asleep_s(stages: int, micro_batches: int, nap_s: float) -> float:
    """Wall-clock seconds until `micro_batches` have passed `stages` that need `nap_s` each for the whole batch."""
    queues: list[SimpleQueue[None]] = [SimpleQueue() for _ in range(stages + 1)]

    def stage(number: int) -> None:
        for _ in range(micro_batches):
            queues[number].get()
            time.sleep(nap_s / micro_batches)
            queues[number + 1].put(None)

    threads = [threading.Thread(target=stage, args=(number,)) for number in range(stages)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for _ in range(micro_batches):
        queues[0].put(None)
    for thread in threads:
        thread.join()
    return time.perf_counter() - started
