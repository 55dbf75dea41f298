"""Wrong answers to *your turn* in the lesson on cascades and guards."""

SHARE = (
    "def share_escalated(confidence, small_right, large_right, least):\n"
    "    order = sorted(range(len(confidence)), key=lambda i: {key})\n"
    "    for count in range(len(order) + 1):\n"
    "        kept = [small_right[i] for i in order[count:]]\n"
    "        escalated = [large_right[i] for i in order[:count]]\n"
    "        if {enough}:\n"
    "            return count / len(order)\n"
)
ENOUGH = "sum(kept) + sum(escalated) >= least * len(order)"
ALARMS = "def alarms_that_are_attacks(attack_share, caught, false_alarms):\n    "
WRONG = {
    "share": [
        (SHARE.format(key="-confidence[i]", enough=ENOUGH), "most confident questions"),
        (SHARE.format(key="confidence[i]", enough="sum(kept) + count >= least * len(order)"), "The large model errs"),
        (
            SHARE.format(key="confidence[i]", enough="sum(kept) >= least * len(kept)"),
            "only at the answers that are kept",
        ),
    ],
    "alarms": [
        (ALARMS + "return caught / (caught + false_alarms)", "Weigh each by"),
        (ALARMS + "return caught", "share of attacks that are stopped"),
        (ALARMS + "return attack_share * caught", "among all pages"),
    ],
}
