"""*Your turn* in the lessons on data versioning."""

from mlsd_lib.lesson import Turns

check = Turns()

anew = {
    "The window looks back over a cut; begun anew there, a cut depends on all before it.": [
        b"\x02\x03",
        b"\x02\x03",
        b"\x09",
    ]
}

chain = [(["raw"], ["table"]), (["table"], ["model"]), (["model", "table"], ["metric"])]

half = {"a": 50, "b": 50}

wants = {"amount": ("float", False), "channel": ("text", True), "customer": ("int", False)}

sends = {"amount": "float", "channel": "text", "customer": "int"}

default = {"A missing column with a default can be read.": ["channel", "customer"]}


@check.turn(
    "cut-by-content",
    (b"\x01\x02\x03\x04\x05\x06\x07", 2, 5),
    (b"\x02\x03\x02\x03\x09", 2, 5),
    (b"\x05\x01", 2, 5),
    (b"\x01\x04", 2, 5),
    (b"", 2, 5),
)
class Cut:
    """Walk over the places; keep where the last piece ended; the sum is of data[place - window : place]."""

    def right(data, window, divisor):
        ends = [p for p in range(window, len(data) + 1) if sum(data[p - window : p]) % divisor == 0]
        starts = [0, *ends]
        return [data[a:b] for a, b in zip(starts, [*ends, len(data)]) if a < b]

    def window_begins_at_the_cut(data, window, divisor):
        """The window looks back over a cut; begun anew there, a cut depends on all before it."""
        pieces, start = [], 0
        for place in range(1, len(data) + 1):
            if place - start >= window and sum(data[place - window : place]) % divisor == 0:
                pieces.append(data[start:place])
                start = place
        return pieces + [data[start:]] * (start < len(data))

    def cuts_before_the_byte(data, window, divisor):
        """A piece ends after the byte that completes the sum."""
        pieces, start = [], 0
        for place in range(window, len(data) + 1):
            if sum(data[place - window : place]) % divisor == 0:
                pieces.append(data[start : place - 1])
                start = place - 1
        return pieces + [data[start:]] * (start < len(data))

    def loses_the_last_piece(data, window, divisor):
        """What follows the last cut is a piece too."""
        ends = [p for p in range(window, len(data) + 1) if sum(data[p - window : p]) % divisor == 0]
        return [data[a:b] for a, b in zip([0, *ends], ends)]

    def cuts_before_the_window_is_full(data, window, divisor):
        """A window not yet full cuts nothing."""
        pieces, start = [], 0
        for place in range(1, len(data) + 1):
            if sum(data[max(place - window, 0) : place]) % divisor == 0:
                pieces.append(data[start:place])
                start = place
        return pieces + [data[start:]] * (start < len(data))

    def ends_in_an_empty_piece(data, window, divisor):
        """Nothing follows: no piece."""
        ends = [p for p in range(window, len(data) + 1) if sum(data[p - window : p]) % divisor == 0]
        return [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)])]


@check.turn(
    "walk-downstream",
    (chain, "raw"),
    (chain, "model"),
    (chain[::-1], "raw"),
    (chain, "metric"),
    ([(["a"], ["b", "c"]), (["c"], ["d"]), (["e"], ["d"])], "a"),
)
class Downstream:
    """Keep a set of what was reached, and repeat the pass over all steps until it no longer grows."""

    def right(steps, name):
        reached, before = {name}, 0
        while len(reached) > before:
            before = len(reached)
            for inputs, outputs in steps:
                if reached & set(inputs):
                    reached |= set(outputs)
        return sorted(reached - {name})

    def one_pass(steps, name):
        """The steps come in any order: one pass over the list misses what an earlier entry makes of a later one."""
        reached = {name}
        for inputs, outputs in steps:
            if reached & set(inputs):
                reached |= set(outputs)
        return sorted(reached - {name})

    def one_step(steps, name):
        """That is what was made from it directly; go on from there."""
        return sorted({output for inputs, outputs in steps if name in inputs for output in outputs})

    def counts_the_name_itself(steps, name):
        """A thing is not made from itself."""
        return sorted({name, *Downstream.right(steps, name)})

    def walks_against_the_arrows(steps, name):
        """That is what it was made from."""
        return Downstream.right([(outputs, inputs) for inputs, outputs in steps], name)


@check.turn(
    "shifted-shares",
    (half, {"a": 500, "b": 500}, 0.05),
    ({"a": 90, "b": 10}, {"b": 30, "a": 70}, 0.1),
    ({"online": 100}, {"online": 60, "wallet": 40}, 0.1),
    (half, {"a": 100}, 0.1),
    ({"a": 90, "b": 10}, {"a": 91, "b": 9}, 0.05),
)
class Shifted:
    """Divide each count by the sum of its own table; go through the values of both."""

    def right(before, after, margin):
        old, new = sum(before.values()), sum(after.values())
        gap = {name: after.get(name, 0) / new - before.get(name, 0) / old for name in before.keys() | after.keys()}
        return sorted(name for name in gap if abs(gap[name]) > margin)

    def compares_counts(before, after, margin):
        """Compare shares: the tables differ in length."""
        names = before.keys() | after.keys()
        return sorted(name for name in names if abs(after.get(name, 0) - before.get(name, 0)) > margin)

    def looks_only_at_what_grew(before, after, margin):
        """A share that falls has changed too."""
        old, new = sum(before.values()), sum(after.values())
        names = before.keys() | after.keys()
        return sorted(name for name in names if after.get(name, 0) / new - before.get(name, 0) / old > margin)

    def values_before_alone(before, after, margin):
        """A value that is new had the share 0."""
        old, new = sum(before.values()), sum(after.values())
        return sorted(name for name in before if abs(after.get(name, 0) / new - before[name] / old) > margin)

    def values_after_alone(before, after, margin):
        """A value that is gone has the share 0."""
        old, new = sum(before.values()), sum(after.values())
        return sorted(name for name in after if abs(after[name] / new - before.get(name, 0) / old) > margin)


@check.turn(
    "readable-schema",
    (wants, sends),
    (wants, sends | {"currency": "text"}),
    (wants, {"amount": "float"}),
    (wants, sends | {"amount": "int"}),
    (wants, sends | {"customer": "float"}),
    (wants, sends | {"channel": "int"}),
)
class Unreadable:
    """For each column of the reader: is it sent? If not, has it a default? If so, does the type fit?"""

    def right(reader, writer):
        def can_read(name, kind, has_default):
            if name not in writer:
                return has_default
            return writer[name] == kind or (kind, writer[name]) == ("float", "int")

        return sorted(name for name, (kind, default) in reader.items() if not can_read(name, kind, default))

    def float_is_int(reader, writer):
        """The widening goes one way: a float need not be an int."""
        numbers = {"int": "number", "float": "number"}
        return sorted(
            name
            for name, (kind, default) in reader.items()
            if (name not in writer and not default)
            or (name in writer and numbers.get(kind, kind) != numbers.get(writer[name], writer[name]))
        )

    def wants_the_same_columns(reader, writer):
        """A column more harms no reader."""
        names = set(reader) | set(writer)
        return sorted(
            name for name in names if name not in reader or reader[name][0] != writer.get(name, reader[name][0])
        )

    def ignores_defaults(reader, writer):
        """A missing column with a default can be read."""
        widened = {name: {kind, "int"} if kind == "float" else {kind} for name, (kind, _) in reader.items()}
        return sorted(name for name, kinds in widened.items() if writer.get(name) not in kinds)

    def wants_the_same_type(reader, writer):
        """Every int is a float."""
        return sorted(
            name for name, (kind, default) in reader.items() if writer.get(name, kind if default else None) != kind
        )

    def default_for_another_type(reader, writer):
        """A default stands in for a missing column, not for one of another type."""

        def fits(kind, sent):
            return sent == kind or (kind, sent) == ("float", "int")

        return sorted(
            name for name, (kind, default) in reader.items() if not default and not fits(kind, writer.get(name))
        )
