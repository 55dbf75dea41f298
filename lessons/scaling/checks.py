"""The cases of *your turn* in the lessons on scaling; a ring is tried over real sockets, a thread a rank."""

import pickle
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from mlsd_lib.lesson import Exercise, case, checks

WAIT_S = 5.0

HEAD = struct.Struct("!I")


def around_a_ring(ring: Callable[..., Any], size: int, length: int) -> list[float]:
    """The sum that rank 0 gets, once `ring` ran in `size` threads joined by sockets and kept its promises."""
    numbers = [np.arange(length, dtype=float) + 100.0 * rank for rank in range(size)]
    links = [socket.socketpair() for _ in range(size)]  # link r: from rank r to its right
    sent, answers, raised = [0] * size, dict[int, Any](), dict[int, Exception]()

    def close_all() -> None:
        for link in links:
            for end in link:
                end.close()

    def live(rank: int) -> None:
        right, left = links[rank][0], links[rank - 1][1]
        left.settimeout(WAIT_S)

        def exchange(piece: Any) -> np.ndarray:
            sent[rank] += np.size(piece)
            text = pickle.dumps(np.asarray(piece))
            right.sendall(HEAD.pack(len(text)) + text)
            return np.asarray(pickle.loads(_receive(left, HEAD.unpack(_receive(left, HEAD.size))[0])))

        try:
            answers[rank] = ring(numbers[rank].copy(), rank, size, exchange)
        except Exception as error:  # told to the reader; the others must not wait for this rank
            raised[rank] = error
        if rank in raised or answers[rank] is None:
            right.shutdown(socket.SHUT_RDWR)

    threads = [threading.Thread(target=live, args=(rank,), daemon=True) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_all()
    _judge(answers, raised, sent, sum(numbers), size, length)
    return [float(number) for number in answers[0]]


def _receive(end: socket.socket, count: int) -> bytes:
    came = b""
    while len(came) < count:
        more = end.recv(count - len(came))
        if not more:
            raise ConnectionError("the neighbour on the left has gone")
        came += more
    return came


def _judge(
    answers: dict[int, Any], raised: dict[int, Exception], sent: list[int], total: Any, size: int, length: int
) -> None:
    own = [error for error in raised.values() if not isinstance(error, ConnectionError | TimeoutError)]
    if own:
        raise own[0]
    assert not raised, (
        f"With {size} ranks, rank {min(raised)} waited for a message that nobody sent. Every rank must call exchange "
        f"equally often."
    )
    assert all(answer is not None for answer in answers.values()), "The function gave None. Is a return missing?"
    wrong = [
        rank
        for rank, answer in sorted(answers.items())
        if np.shape(answer) != (length,) or not np.allclose(answer, total)
    ]
    enough = 2 * length * (size - 1) // size
    assert not wrong or max(sent) > 0.75 * enough, (
        f"With {size} ranks, {len(wrong)} of them lack parts of the sum. {size - 1} steps of adding leave one complete "
        f"piece with each rank; {size - 1} more steps hand the pieces round."
    )
    assert not wrong, (
        f"With {size} ranks, rank {wrong[0]} has a wrong sum. At step s of the first half, rank r sends piece r - s "
        f"and adds what comes to piece r - s - 1; in the second half it replaces instead of adding."
    )
    assert max(sent) <= enough + 2 * size, (
        f"The sums are right, but a rank sent {max(sent)} numbers where {enough} are enough. Send one piece at a time."
    )


plain = "That is the mean of the means: each row of the smaller shard counts for more than a row of the larger."

total_only = "Divide by the number of all rows, once."

summed = "That is one worker after another: while stage 1 works on a micro-batch, stage 0 can begin the next."

as_slowest = (
    "That is (m + p - 1) turns of the slowest stage. A micro-batch passes the quicker stages in their own time."
)

unlimited = "A stage works on one micro-batch at a time: it begins when the last one has left it, too."

all_held = "That is what is held without checkpoints. A segment's inner activations are gone until it goes back."

inputs_only = "While a segment goes back, the activations of its layers are held, too."

longest = "Where the layers do not divide evenly, the longest segment decides."

whole_interval = "A failure comes at any moment of an interval: half of it is lost in the mean, not all."

no_save = "Every interval also pays for its checkpoint."

seconds_lost = (
    "That is seconds an interval. Divide by the seconds that it takes to come by a failure, or by the interval."
)

two_steps = np.array([[1.0, 2.0, 9.0], [5.0, 1.0, 1.0]])

waits_for_all = "That waits for every worker. The step is over once `needed` gradients have come."

first_ones = "Which workers are quick differs from step to step: sort each step, do not take the first columns."

off_by_one = "The step is over when the last of the `needed` has come, which is entry needed - 1 counted from 0."

fresh = "That is the gradient at the newest weight. It was computed at the weight of `staleness` updates ago."

one_older = "Staleness 1 is the weight before the newest, and 0 the newest itself; yours is one older."

EXERCISES = {
    "uneven-shards": Exercise(
        [
            case(
                ([np.array([1.0, 2.0]), np.array([4.0, 8.0])], [3, 1]),
                np.array([1.75, 3.5]),
                mistakes={plain: np.array([2.5, 5.0]), total_only: np.array([7.0, 14.0])},
            ),
            case(([np.array([1.0]), np.array([2.0]), np.array([6.0])], [1, 1, 2]), np.array([3.75])),
            case(([np.array([1.0, -1.0]), np.array([0.0, 0.0])], [5, 0]), np.array([1.0, -1.0])),
        ],
        hint="A shard's mean times its rows is the shard's sum; sums may be added.",
    ),
    "ring-all-reduce": Exercise(
        [
            case((2, 4), [100.0, 102.0, 104.0, 106.0]),
            case((3, 6), [300.0 + 3 * i for i in range(6)]),
            case((4, 12), [600.0 + 4 * i for i in range(12)]),
        ],
        hint="All indices of pieces are taken modulo size. Write the first half, print the pieces, then the second.",
        through=around_a_ring,
    ),
    "pipeline-finish": Exercise(
        [
            case(([1.0, 1.0], 1), 2.0),
            case(([1.0, 1.0], 2), 1.5, mistakes={summed: 2.0, unlimited: 1.0}),
            case(([1.0, 3.0], 2), 3.5, mistakes={as_slowest: 4.5}),
            case(([3.0, 1.0], 4), 3.25),
            case(([1.0, 2.0, 1.0], 4), 2.5),
        ],
        hint="Keep, for each stage, when it is free. A micro-batch begins at the later of that and its own arrival.",
    ),
    "held-with-checkpoints": Exercise(
        [
            case((16, 4), 8, mistakes={all_held: 16, inputs_only: 4}),
            case((16, 16), 17),
            case((16, 1), 17),
            case((10, 4), 7, mistakes={longest: 6}),
        ],
        hint="The inputs of the segments, and the layers of the longest one.",
    ),
    "wasted-share": Exercise(
        [
            case((100.0, 10.0, 1000.0), 0.15, mistakes={whole_interval: 0.2, no_save: 0.05, seconds_lost: 60.0}),
            case((50.0, 1.0, 10_000.0), 0.0225),
        ],
        hint="Two shares: of saving, save_s out of interval_s; of work done twice, half an interval every failure.",
    ),
    "step-with-backups": Exercise(
        [
            case(
                (two_steps, 2),
                np.array([2.0, 1.0]),
                mistakes={
                    waits_for_all: np.array([9.0, 5.0]),
                    first_ones: np.array([2.0, 5.0]),
                    off_by_one: np.array([1.0, 1.0]),
                },
            ),
            case((two_steps, 3), np.array([9.0, 5.0])),
            case((np.array([[3.0, 1.0, 2.0, 8.0]]), 3), np.array([3.0])),
        ],
        hint="np.sort along the workers, then one column.",
    ),
    "stale-descent": Exercise(
        [
            case((0.5, 0, 3), [1.0, 0.5, 0.25, 0.125]),
            case(
                (0.5, 1, 4),
                [1.0, 0.5, 0.0, -0.25, -0.25],
                mistakes={fresh: [1.0, 0.5, 0.25, 0.125, 0.0625], one_older: [1.0, 0.5, 0.0, -0.5, -0.75]},
            ),
            case((0.5, 3, 4), [1.0, 0.5, 0.0, -0.5, -1.0]),
        ],
        hint="Before the start the weight was 1, too: max(0, step - staleness) is the place to read.",
    ),
}
check = checks(EXERCISES)
