"""*Your turn* in the lessons on scaling; a ring is tried over real sockets, a thread a rank."""

import pickle
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from mlsd_lib.lesson import Turns

check = Turns()

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


longest = "Where the layers do not divide evenly, the longest segment decides."

two_steps = np.array([[1.0, 2.0, 9.0], [5.0, 1.0, 1.0]])


@check.turn(
    "uneven-shards",
    ([np.array([1.0, 2.0]), np.array([4.0, 8.0])], [3, 1]),
    ([np.array([1.0]), np.array([2.0]), np.array([6.0])], [1, 1, 2]),
    ([np.array([1.0, -1.0]), np.array([0.0, 0.0])], [5, 0]),
)
class Combine:
    """A shard's mean times its rows is the shard's sum; sums may be added."""

    def right(gradients, rows):
        return sum(one * count for one, count in zip(gradients, rows)) / sum(rows)

    def as_ddp(gradients, rows):
        """That is the mean of the means: each row of the smaller shard counts for more than a row of the larger."""
        return sum(gradients) / len(gradients)

    def the_sum_over_all_rows(gradients, rows):
        """Divide by the number of all rows, once."""
        return sum(one * count for one, count in zip(gradients, rows))


@check.turn("ring-all-reduce", (2, 4), (3, 6), (4, 12), through=around_a_ring)
class AllReduce:
    """All indices of pieces are taken modulo size. Write the first half, print the pieces, then the second."""

    def right(numbers, rank, size, exchange):
        pieces = np.array_split(numbers, size)
        for step in range(size - 1):
            came = exchange(pieces[(rank - step) % size])
            pieces[(rank - step - 1) % size] = pieces[(rank - step - 1) % size] + came
        for step in range(size - 1):
            pieces[(rank - step) % size] = exchange(pieces[(rank - step + 1) % size])
        return np.concatenate(pieces)

    def the_whole_vector_goes_round(numbers, rank, size, exchange):
        """Send one piece at a time."""
        total, came = numbers.copy(), numbers
        for _ in range(size - 1):
            came = exchange(came)
            total = total + came
        return total

    def stops_half_way(numbers, rank, size, exchange):
        """more steps hand the pieces round."""
        pieces = np.array_split(numbers, size)
        for step in range(size - 1):
            came = exchange(pieces[(rank - step) % size])
            pieces[(rank - step - 1) % size] = pieces[(rank - step - 1) % size] + came
        return np.concatenate(pieces)

    def adds_in_the_second_half(numbers, rank, size, exchange):
        """in the second half it replaces instead of adding."""
        pieces = np.array_split(numbers, size)
        for step in range(2 * (size - 1)):
            came = exchange(pieces[(rank - step) % size])
            pieces[(rank - step - 1) % size] = pieces[(rank - step - 1) % size] + came
        return np.concatenate(pieces)

    def rank_0_has_nothing_to_send(numbers, rank, size, exchange):
        """Every rank must call exchange equally often."""
        if rank == 0:
            return numbers
        return exchange(numbers)


@check.turn("pipeline-finish", ([1.0, 1.0], 1), ([1.0, 1.0], 2), ([1.0, 3.0], 2), ([3.0, 1.0], 4), ([1.0, 2.0, 1.0], 4))
class Finish:
    """Keep, for each stage, when it is free. A micro-batch begins at the later of that and its own arrival."""

    def right(stages_s, parts):
        free = [0.0] * len(stages_s)  # when each stage is free
        for _ in range(parts):
            arrived = 0.0
            for stage, seconds in enumerate(stages_s):
                arrived = max(arrived, free[stage]) + seconds / parts
                free[stage] = arrived
        return free[-1]

    def one_worker_after_another(stages_s, parts):
        """That is one worker after another: while stage 1 works on a micro-batch, stage 0 can begin the next."""
        return sum(stages_s)

    def the_formula_for_equal_stages(stages_s, parts):
        """That is (m + p - 1) turns of the slowest stage. A micro-batch passes the quicker stages in their own time."""
        return (parts + len(stages_s) - 1) * max(stages_s) / parts

    def stages_without_limit(stages_s, parts):
        """A stage works on one micro-batch at a time: it begins when the last one has left it, too."""
        return sum(stages_s) / parts


@check.turn("held-with-checkpoints", (16, 4), (16, 16), (16, 1), (10, 4))
class MostHeld:
    """The inputs of the segments, and the layers of the longest one."""

    def right(layers, segments):
        return segments + -(-layers // segments)  # rounded up

    def all_layers(layers, segments):
        """That is what is held without checkpoints. A segment's inner activations are gone until it goes back."""
        return layers

    def inputs_alone(layers, segments):
        """While a segment goes back, the activations of its layers are held, too."""
        return segments

    def rounds_the_longest_segment_down(layers, segments):
        """Where the layers do not divide evenly, the longest segment decides."""
        return segments + layers // segments


@check.turn("wasted-share", (100.0, 10.0, 1000.0), (50.0, 1.0, 10_000.0))
class WastedShare:
    """Two shares: of saving, save_s out of interval_s; of work done twice, half an interval every failure."""

    def right(interval_s, save_s, between_failures_s):
        return save_s / interval_s + interval_s / 2 / between_failures_s

    def a_whole_interval_is_lost(interval_s, save_s, between_failures_s):
        """A failure comes at any moment of an interval: half of it is lost in the mean, not all."""
        return save_s / interval_s + interval_s / between_failures_s

    def forgets_what_saving_costs(interval_s, save_s, between_failures_s):
        """Every interval also pays for its checkpoint."""
        return interval_s / 2 / between_failures_s

    def seconds_not_shares(interval_s, save_s, between_failures_s):
        """That is seconds an interval. Divide by the seconds that it takes to come by a failure, or by the interval."""
        return save_s + interval_s / 2


@check.turn("step-with-backups", (two_steps, 2), (two_steps, 3), (np.array([[3.0, 1.0, 2.0, 8.0]]), 3))
class StepS:
    """np.sort along the workers, then one column."""

    def right(seconds, needed):
        return np.sort(seconds, axis=1)[:, needed - 1]

    def waits_for_all(seconds, needed):
        """That waits for every worker. The step is over once `needed` gradients have come."""
        return seconds.max(axis=1)

    def the_same_workers_each_time(seconds, needed):
        """Which workers are quick differs from step to step: sort each step, do not take the first columns."""
        return seconds[:, :needed].max(axis=1)

    def one_gradient_too_few(seconds, needed):
        """The step is over when the last of the `needed` has come, which is entry needed - 1 counted from 0."""
        return np.sort(seconds, axis=1)[:, needed - 2]


@check.turn("stale-descent", (0.5, 0, 3), (0.5, 1, 4), (0.5, 3, 4))
class Descend:
    """Before the start the weight was 1, too: max(0, step - staleness) is the place to read."""

    def right(rate, staleness, updates):
        weights = [1.0]
        for step in range(updates):
            weights.append(weights[-1] - rate * weights[max(0, step - staleness)])
        return weights

    def always_the_newest(rate, staleness, updates):
        """That is the gradient at the newest weight. It was computed at the weight of `staleness` updates ago."""
        return Descend.right(rate, 0, updates)

    def one_update_older_than_asked(rate, staleness, updates):
        """Staleness 1 is the weight before the newest, and 0 the newest itself; yours is one older."""
        return Descend.right(rate, staleness + (staleness > 0), updates)
