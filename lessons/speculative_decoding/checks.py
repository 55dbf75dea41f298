"""*Your turn* in the lesson on speculative decoding."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn("best-length", (0.8, 0.1, 16), (0.3, 0.4, 8), (0.6, 0.05, 8), (1.0, 0.1, 5), (0.0, 0.0, 5))
class BestLength:
    """Tokens a pass are 1 + a + a**2 + ... + a**k; a pass costs 1 + k * draft_cost. Compare k = 0 to longest."""

    def right(acceptance, draft_cost, longest):
        def gain(length):
            tokens = sum(acceptance**guess for guess in range(length + 1))
            return tokens / (1 + length * draft_cost)

        return max(range(longest + 1), key=gain)

    def without_the_targets_token(acceptance, draft_cost, longest):
        """The target adds a token of its own to every pass: k guesses bring up to k + 1 tokens."""
        return max(range(longest + 1), key=lambda k: sum(acceptance**i for i in range(k)) / (1 + k * draft_cost))

    def draft_is_free(acceptance, draft_cost, longest):
        """That is the length with the most tokens a pass. Each guess also costs a step of the draft."""
        return max(range(longest + 1), key=lambda k: sum(acceptance**i for i in range(k + 1)) / (1))

    def always_guesses(acceptance, draft_cost, longest):
        """Not guessing is an answer, too: here every length is slower than one token a pass."""
        return max(range(1, longest + 1), key=lambda k: sum(acceptance**i for i in range(k + 1)) / (1 + k * draft_cost))


@check.turn(
    "leftover", ([0.5, 0.3, 0.2], [0.2, 0.7, 0.1]), ([0.9, 0.1], [0.5, 0.5]), ([0.25, 0.25, 0.5], [0.5, 0.5, 0.0])
)
class Leftover:
    """What comes out is min(target, draft) from accepted guesses. The rest must bring it up to the target."""

    def right(target, draft):
        missing = [max(p - q, 0) for p, q in zip(target, draft)]
        return [one / sum(missing) for one in missing]

    def undivided_weights(target, draft):
        """These are the right weights. Divide them by their sum: probabilities add up to 1."""
        return [max(p - q, 0) for p, q in zip(target, draft)]

    def the_targets_own(target, draft):
        """That is the target's distribution. What the draft proposes too often is accepted too often already; after a
        rejection only what it proposes too seldom may come."""
        return target

    def differences_without_sign(target, draft):
        """A token that the draft likes better than the target was never proposed too seldom. Its weight is 0."""
        weights = [abs(p - q) for p, q in zip(target, draft)]
        return [one / sum(weights) for one in weights]

    def what_is_accepted(target, draft):
        """That is what is accepted. After a rejection comes what is still missing from the target's distribution."""
        weights = [min(p, q) for p, q in zip(target, draft)]
        return [one / sum(weights) for one in weights]
