"""Wrong answers to *your turn* in the second lesson on monitoring."""

SHARE = "def share_of_all(outcomes, chances):\n    "
LEFT = "def left_and_complaining(days, bad, leave, complain):\n    stays = 1 - bad * leave\n    return "
WRONG = {
    "weighted": [
        (SHARE + "return sum(outcomes) / len(outcomes)", "counts each outcome once"),
        (SHARE + "return sum(c * o for c, o in zip(chances, outcomes)) / sum(chances)", "not by the chance"),
        (SHARE + "return sum(o / c for c, o in zip(chances, outcomes)) / len(outcomes)", "not by the number"),
    ],
    "left": [
        (LEFT + "stays**days, 1000 * stays**days * bad * complain", "one day fewer"),
        (LEFT + "stays**days, 1000 * bad * complain", "still there can complain"),
        (LEFT + "1 - days * bad * leave, 1000 * (1 - (days - 1) * bad * leave) * bad * complain", "do not add"),
    ],
}
