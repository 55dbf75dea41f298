"""Named wrong answers for each cell that the reader writes in the lesson."""

WRONG = {
    "held": [
        (
            """
def most_held(layers, segments):  # as if nothing were given up
    return layers
""",
            "held without checkpoints",
        ),
        (
            """
def most_held(layers, segments):  # the inputs alone
    return segments
""",
            "the activations of its layers are held, too",
        ),
        (
            """
def most_held(layers, segments):  # rounds the longest segment down
    return segments + layers // segments
""",
            "the longest segment decides",
        ),
    ],
    "wasted": [
        (
            """
def wasted_share(interval_s, save_s, between_failures_s):  # a whole interval is lost each time
    return save_s / interval_s + interval_s / between_failures_s
""",
            "half of it is lost in the mean",
        ),
        (
            """
def wasted_share(interval_s, save_s, between_failures_s):  # forgets what saving costs
    return interval_s / 2 / between_failures_s
""",
            "also pays for its checkpoint",
        ),
        (
            """
def wasted_share(interval_s, save_s, between_failures_s):  # seconds, not shares
    return save_s + interval_s / 2
""",
            "That is seconds an interval",
        ),
    ],
}
