"""The cases of *your turn* in the lesson on serving language models."""

from mlsd_lib.lesson import Exercise, case, checks

EXERCISES = {
    "felt-stream": Exercise(
        [
            case(
                (10.0, [10.5, 10.6, 10.7, 11.5, 11.6]),
                (0.5, 0.275, 0.8),
                mistakes={
                    "Between five tokens lie four gaps.": (0.5, 0.22, 0.8),
                    "The first token's wait is not part of the time per token.": (0.5, 0.32, 0.8),
                    "The first token is waited for from the arrival on, not from time 0.": (10.5, 0.275, 0.8),
                    "The worst gap is the longest, not the last.": (0.5, 0.275, 0.1),
                },
            ),
            case((0.0, [2.0, 2.1]), (2.0, 0.1, 0.1), mistakes={"The wait for the first token is no gap.": (2, 0.1, 2)}),
            case((1.0, [1.0, 1.5, 2.5]), (0.0, 0.75, 1.0)),
        ],
        hint="gaps = [later - earlier for earlier, later in zip(times, times[1:])]; their mean and their maximum.",
    ),
    "step-plan": Exercise(
        [
            case((512, 12, [300]), [300], mistakes={"A prompt gets no more than it misses.": [500]}),
            case(
                (512, 12, [300, 700, 50]),
                [300, 200, 0],
                mistakes={
                    "Each stream takes one token of the step; prompts share the rest.": [300, 212, 0],
                    "The oldest prompt first: two at half speed are both late.": [166, 167, 50],
                    "A prompt that does not fit whole gets the part that fits.": [300, 0, 50],
                },
            ),
            case((64, 60, [9, 9]), [4, 0]),
            case((64, 10, []), []),
        ],
        hint="left = chunk - streams; each prompt in turn takes min(left, what it misses), and left falls by it.",
    ),
    "lifted-counter": Exercise(
        [
            case(
                (100.0, [900.0, 400.0]),
                400.0,
                mistakes={
                    "Without a lift it is served alone until it has caught up with the others.": 100.0,
                    "At the highest of the others it would wait for the one that was served least.": 900.0,
                    "The mean of the others is above the one that waits with the least.": 650.0,
                },
            ),
            case(
                (700.0, [900.0, 400.0]),
                700.0,
                mistakes={"A counter never falls: what was used stays used.": 400.0},
            ),
            case((100.0, []), 100.0),
        ],
        hint="The lowest counter among those that wait, or its own if that is higher.",
    ),
}
check = checks(EXERCISES)
