"""Wrong answers to *your turn* in the lesson on critical success factors."""

WORTH = "def worth(days, without, incidents, harm, alarms, cost):\n    return "
EFFECT = "def expected_effect(measured, error, mean, spread):\n    "
WRONG = {
    "worth": [
        (WORTH + "incidents * harm * max(0, without - days)", "False alarms are paid"),
        (WORTH + "incidents * harm * days - alarms * cost", "days that are saved"),
        (WORTH + "harm * max(0, without - days) - alarms * cost", "several incidents"),
        (WORTH + "incidents * harm * (without - days) - alarms * cost", "does no harm"),
    ],
    "shrink": [
        (EFFECT + "return measured", "errs is not the effect"),
        (
            EFFECT + "trust = error**2 / (spread**2 + error**2)\n    return trust * measured + (1 - trust) * mean",
            "wrong way round",
        ),
        (EFFECT + "trust = spread / (spread + error)\n    return trust * measured + (1 - trust) * mean", "squares"),
        (EFFECT + "return measured * spread**2 / (spread**2 + error**2)", "rest of the weight"),
    ],
}
