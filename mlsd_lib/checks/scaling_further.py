"""The cases of *your turn* in the lesson on memory, precision and a worker that dies."""

from mlsd_lib.lesson import Exercise, case, checks

all_held = "That is what is held without checkpoints. A segment's inner activations are gone until it goes back."
inputs_only = "While a segment goes back, the activations of its layers are held, too."
longest = "Where the layers do not divide evenly, the longest segment decides."
whole_interval = "A failure comes at any moment of an interval: half of it is lost in the mean, not all."
no_save = "Every interval also pays for its checkpoint."
seconds_lost = (
    "That is seconds an interval. Divide by the seconds that it takes to come by a failure, or by the interval."
)
EXERCISES = {
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
}
check = checks(EXERCISES)
