"""The cases of *your turn* in the lesson on speculative decoding."""

from mlsd_lib.lesson import Exercise, case, checks

no_own_token = "The target adds a token of its own to every pass: k guesses bring up to k + 1 tokens."

free_draft = "That is the length with the most tokens a pass. Each guess also costs a step of the draft."

always_guesses = "Not guessing is an answer, too: here every length is slower than one token a pass."

not_scaled = "These are the right weights. Divide them by their sum: probabilities add up to 1."

whole_target = (
    "That is the target's distribution. What the draft proposes too often is accepted too often already; after a "
    "rejection only what it proposes too seldom may come."
)

both_sides = "A token that the draft likes better than the target was never proposed too seldom. Its weight is 0."

the_accepted = "That is what is accepted. After a rejection comes what is still missing from the target's distribution."

EXERCISES = {
    "best-length": Exercise(
        [
            case((0.8, 0.1, 16), 6, mistakes={free_draft: 16, no_own_token: 7}),
            case((0.3, 0.4, 8), 0, mistakes={always_guesses: 1}),
            case((0.6, 0.05, 8), 4, mistakes={no_own_token: 5}),
            case((1.0, 0.1, 5), 5),
            case((0.0, 0.0, 5), 0),
        ],
        hint="Tokens a pass are 1 + a + a**2 + ... + a**k; a pass costs 1 + k * draft_cost. Compare k = 0 to longest.",
    ),
    "leftover": Exercise(
        [
            case(
                ([0.5, 0.3, 0.2], [0.2, 0.7, 0.1]),
                [0.75, 0.0, 0.25],
                mistakes={
                    not_scaled: [0.3, 0.0, 0.1],
                    whole_target: [0.5, 0.3, 0.2],
                    both_sides: [0.375, 0.5, 0.125],
                    the_accepted: [0.2 / 0.6, 0.3 / 0.6, 0.1 / 0.6],
                },
            ),
            case(([0.9, 0.1], [0.5, 0.5]), [1.0, 0.0]),
            case(([0.25, 0.25, 0.5], [0.5, 0.5, 0.0]), [0.0, 0.0, 1.0]),
        ],
        hint="What comes out is min(target, draft) from accepted guesses. The rest must bring it up to the target.",
    ),
}
check = checks(EXERCISES)
