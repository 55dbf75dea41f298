"""Wrong answers to *your turn* in the lesson on judging."""

WORTH = """def pairs_worth(prompts, votes, agreement):
    r = {r}
    return {value}
"""
RIGHT = {"r": "2 * agreement - 1", "value": "prompts * votes / (1 + (votes - 1) * r)"}
SIZE = """import numpy as np

def prompts_needed(changed, drop, z=1.645, z_power=0.842):
    variance = {variance}
    return {value}
"""
GOOD = {"variance": "changed - drop**2", "value": "(z + z_power) ** 2 * variance / drop**2"}
MEAN = """import numpy as np

def mean_label(labels, asked, judged, chance):
    errors = {errors}
    return {value}
"""
FINE = {
    "errors": "(labels[asked] - judged[asked]) / chance[asked]",
    "value": "judged.mean() + errors.sum() / len(judged)",
}
WRONG = {
    "worth": [
        (WORTH.format(**RIGHT | {"value": "1.0 * prompts * votes"}), "count as fewer"),
        (WORTH.format(**RIGHT | {"value": "1.0 * prompts"}), "A second vote"),
        (WORTH.format(**RIGHT | {"r": "agreement"}), "toss coins"),
        (WORTH.format(**RIGHT | {"value": "prompts * votes / (1 + votes * r)"}), "one fewer"),
        (WORTH.format(**RIGHT | {"value": "prompts * votes * (1 + (votes - 1) * r)"}), "are worth less"),
    ],
    "size": [
        (SIZE.format(**GOOD | {"value": "z**2 * variance / drop**2"}), "half of the bad releases"),
        (SIZE.format(**GOOD | {"variance": "changed"}), "less the square of the mean"),
        (SIZE.format(**GOOD | {"value": "(z + z_power) * np.sqrt(variance) / drop"}), "square both"),
        (SIZE.format(**GOOD | {"value": "(z + z_power) ** 2 * variance / drop"}), "the square of the drop"),
        (SIZE.format(**GOOD | {"value": "2.487**2 * variance / drop**2"}), "are arguments"),
    ],
    "weigh": [
        (
            MEAN.format(**FINE | {"errors": "labels[asked] - judged[asked]", "value": "judged.mean() + errors.mean()"}),
            "one over the chance",
        ),
        (
            MEAN.format(errors="labels[asked] / chance[asked]", value="errors.sum() / len(judged)"),
            "leave the judge out",
        ),
        (MEAN.format(**FINE | {"value": "judged.mean() + errors.mean()"}), "Divide by all pairs"),
        (
            MEAN.format(
                errors="(labels - judged) * asked / chance", value="judged.mean() + errors.sum() / len(judged)"
            ),
            "nan is no label",
        ),
        (MEAN.format(**FINE | {"value": "judged.mean() - errors.sum() / len(judged)"}), "less the judgement"),
    ],
}
