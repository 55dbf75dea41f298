"""*Your turn* in the lesson on retrieval."""

from mlsd_lib.lesson import Turns

check = Turns()


@check.turn(
    "fused-scores", ([["a", "b"], ["b", "a"]], 2), ([["a", "b"], ["b"]], 60), ([["c"], ["c"], ["d", "c"]], 10), ([], 60)
)
class FusedScores:
    """Go through each ranking with enumerate(ranking, 1) and add 1 / (constant + place) to the passage's sum."""

    def right(rankings, constant):
        scores = {}
        for ranking in rankings:
            for place, passage in enumerate(ranking, 1):
                scores[passage] = scores.get(passage, 0.0) + 1 / (constant + place)
        return scores

    def places_from_0(rankings, constant):
        """The first has place 1, not 0."""
        return FusedScores.right(rankings, constant - 1)

    def without_the_constant(rankings, constant):
        """The constant is added to each place."""
        return FusedScores.right(rankings, 0)

    def passages_of_both_alone(rankings, constant):
        """A passage that only one ranking holds gets nothing from the other, and stays."""
        sums = {}
        for ranking in rankings:
            for place, passage in enumerate(ranking, 1):
                sums[passage] = sums.get(passage, 0.0) + 1 / (constant + place)
        return {one: value for one, value in sums.items() if all(one in ranking for ranking in rankings)}


@check.turn("ask-for", (1, 0.5, 0.9), (10, 0.1, 0.95), (3, 0.9, 0.99), (1, 0.5, 0.5))
class AskFor:
    """Of n passages binom(n, share) may be read. Raise n from `wanted` on until 1 - binom.cdf(wanted - 1, n, share) is
    `certainty` or more."""

    def right(wanted, share, certainty):
        from scipy.stats import binom

        count = wanted
        while 1 - binom.cdf(wanted - 1, count, share) < certainty:
            count += 1
        return count

    def enough_in_the_mean(wanted, share, certainty):
        """So many leave enough in the mean; half of the questions get fewer."""
        import math

        return math.ceil(wanted / share)

    def one_more_than_wanted(wanted, share, certainty):
        """`wanted` or more must remain, not more than `wanted`."""
        from scipy.stats import binom

        count = wanted
        while 1 - binom.cdf(wanted, count, share) < certainty:
            count += 1
        return count


@check.turn(
    "index-changes",
    ({"a": 1}, {"a": 1}),
    ({"a": 2, "b": 1}, {"a": 1}),
    ({"b": 1}, {"a": 1, "b": 1}),
    ({"c": 3, "a": 1}, {"d": 1, "b": 1, "a": 5}),
)
class IndexChanges:
    """To write: ids of the store whose version the index does not have. To delete: ids of the index alone."""

    def right(store, index):
        write = sorted(number for number, version in store.items() if index.get(number) != version)
        return write, sorted(number for number in index if number not in store)

    def writes_everything(store, index):
        """A version that the index has already is left."""
        return sorted(store), IndexChanges.right(store, index)[1]

    def new_passages_alone(store, index):
        """A passage that is in the index with another version must be written anew."""
        write = sorted(one for one in store if one not in index)
        return write, sorted(one for one in index if one not in store)

    def removes_nothing(store, index):
        """What the store no longer has must leave the index."""
        return IndexChanges.right(store, index)[0], []
