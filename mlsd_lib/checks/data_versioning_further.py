"""The cases of *your turn* in the continuation of the lesson on data versioning."""

from mlsd_lib.lesson import Exercise, case, checks

half = {"a": 50, "b": 50}
counted = {"Compare shares: the tables differ in length.": ["a", "b"]}
only_up = {"A share that falls has changed too.": ["b"]}
not_new = {"A value that is new had the share 0.": ["online"]}
not_gone = {"A value that is gone has the share 0.": ["a"]}
wants = {"amount": ("float", False), "channel": ("text", True), "customer": ("int", False)}
sends = {"amount": "float", "channel": "text", "customer": "int"}
default = {"A missing column with a default can be read.": ["channel", "customer"]}
one_way: dict[str, list[str]] = {"The widening goes one way: a float need not be an int.": []}
of_other_type: dict[str, list[str]] = {"A default stands in for a missing column, not for one of another type.": []}
EXERCISES = {
    "shifted-shares": Exercise(
        [
            case((half, {"a": 500, "b": 500}, 0.05), [], mistakes=counted),
            case(({"a": 90, "b": 10}, {"b": 30, "a": 70}, 0.1), ["a", "b"], mistakes=only_up),
            case(({"online": 100}, {"online": 60, "wallet": 40}, 0.1), ["online", "wallet"], mistakes=not_new),
            case((half, {"a": 100}, 0.1), ["a", "b"], mistakes=not_gone),
            case(({"a": 90, "b": 10}, {"a": 91, "b": 9}, 0.05), []),
        ],
        hint="Divide each count by the sum of its own table; go through the values of both.",
    ),
    "readable-schema": Exercise(
        [
            case((wants, sends), []),
            case((wants, sends | {"currency": "text"}), [], mistakes={"A column more harms no reader.": ["currency"]}),
            case((wants, {"amount": "float"}), ["customer"], mistakes=default),
            case((wants, sends | {"amount": "int"}), [], mistakes={"Every int is a float.": ["amount"]}),
            case((wants, sends | {"customer": "float"}), ["customer"], mistakes=one_way),
            case((wants, sends | {"channel": "int"}), ["channel"], mistakes=of_other_type),
        ],
        hint="For each column of the reader: is it sent? If not, has it a default? If so, does the type fit?",
    ),
}
check = checks(EXERCISES)
