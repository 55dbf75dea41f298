"""The adapter: data crosses, objects stay, whatever the student's code does becomes one kind of error."""

import contextlib
import gc
import threading
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest

from grader.suite_kit.answer import (
    Exposed,
    Handle,
    ImportGuard,
    InKernel,
    PassThrough,
    StudentError,
    forbid,
    is_hidden,
    is_starter,
    kind_of,
    nothing_forbidden,
)


class Store:
    def __init__(self, start=0):
        self.value = start

    def add(self, amount):
        self.value += amount
        return self.value


def stub(row):
    """What is asked."""
    # YOUR CODE HERE
    raise NotImplementedError()


class StubbedService:
    """Gives answers."""

    def __init__(self):
        """Once."""
        raise NotImplementedError()

    def predict(self, row):
        raise NotImplementedError()


class HalfWritten(StubbedService):
    def __init__(self):
        self.ready = True

    def predict(self, row):
        raise NotImplementedError()


def test_data_crosses_and_objects_stay_behind_handles():
    answer = InKernel({"Store": Store, "double": lambda values: values * 2})
    store = answer.call("Store", 3)
    assert isinstance(store, Handle)
    assert store.kind == "Store"
    assert answer.call(store, 4, method="add") == 7
    assert answer.script(store, [("add", (1,)), ("add", (1,))]) == [8, 9]
    assert (answer.call("double", np.arange(3)) == [0, 2, 4]).all()


Pair = namedtuple("Pair", "low high")
PLAIN = [
    (np.int64(3), 3), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.array(3), 3), (Fraction(1, 2), 0.5),
    (Decimal("0.5"), 0.5), (OrderedDict(a=np.int8(1)), {"a": 1}), (Counter("aab"), {"a": 2, "b": 1}),
    (defaultdict(list, {"a": [1]}), {"a": [1]}), (MappingProxyType({"a": 1}), {"a": 1}), (deque([1, 2]), [1, 2]),
    (range(3), [0, 1, 2]), ({"a": 1}.keys(), ["a"]), ({"a": 1}.values(), [1]), (Pair(1, 2.5), [1, 2.5]),
    ((1, 2), (1, 2)), ([np.int64(2)] * 40, [2] * 40),
]  # fmt: skip


@pytest.mark.parametrize(("value", "plain"), PLAIN, ids=lambda value: type(value).__name__)
def test_numbers_and_collections_of_numpy_and_the_standard_library_are_taken(value, plain):
    came = InKernel({"give": lambda: value}).call("give")
    assert came == plain
    assert type(came) is type(plain)
    assert not isinstance(next(iter(came)) if isinstance(came, list) else came, np.generic)


def test_an_argument_of_numpy_that_comes_back_as_it_was_is_no_change():
    answer = InKernel({"keep": lambda *given: None, "spoil": lambda given: given.append(1)})
    for sent in (np.float64(2), [np.int64(1)], {"a": np.array(3)}, np.array([1, 2])):
        assert not answer.call("keep", sent, watch=True).changed
    assert answer.call("spoil", [np.int64(1)], watch=True).changed


@pytest.mark.parametrize("value", [Fraction(10**400), Decimal("sNaN"), np.datetime64("2026-01-01")])
def test_what_is_no_plain_number_is_left_as_it_is(value):
    assert not isinstance(InKernel({"give": lambda: value}).call("give"), int | float)


def test_an_object_of_the_students_own_class_stays_behind_a_handle():
    class Service(dict):
        pass

    assert isinstance(InKernel({"Service": Service}).call("Service"), Handle)
    with pytest.raises(StudentError, match="bytearray"):
        float(InKernel({"give": lambda: bytearray(b"a")}).call("give"))


def test_the_same_object_comes_back_as_the_same_handle():
    answer = InKernel({"same": lambda it: it, "Store": Store})
    store = answer.call("Store")
    assert answer.call("same", store).number == store.number


def test_arguments_are_copies_and_a_change_of_them_is_told():
    answer = InKernel({"pop": lambda row: row.pop("a"), "read": lambda row: row["a"]})
    row = {"a": 1}
    assert answer.call("pop", row, watch=True).changed
    assert not answer.call("read", row, watch=True).changed
    assert row == {"a": 1}


def test_a_handle_is_never_asked_whether_it_equals_something():
    class Agreeable:
        def __eq__(self, other):
            return True

        __lt__ = __float__ = __len__ = __hash__ = None

    handle = InKernel({"make": Agreeable}).call("make")
    for ask in (
        lambda: handle == 1, lambda: handle != 1, lambda: handle < 1, lambda: bool(handle), lambda: float(handle),
        lambda: 1 in handle, lambda: {handle}, lambda: list(handle), lambda: hash(handle), lambda: abs(handle),
    ):  # fmt: skip
        with pytest.raises((StudentError, TypeError)):
            ask()


def test_what_student_code_raises_has_its_kind_text_and_own_line():
    def divide(row):
        return 1 / row["zero"]

    with pytest.raises(StudentError) as caught:
        InKernel({"divide": divide}).call("divide", {"zero": 0})
    assert caught.value.kind == "ZeroDivisionError"
    assert caught.value.line == 'return 1 / row["zero"]'
    assert not caught.value.unfinished


@pytest.mark.parametrize("error", [SystemExit(1), RecursionError("deep"), MemoryError(), GeneratorExit()])
def test_exits_and_exhaustion_are_errors_of_the_answer(error):
    def fail():
        raise error

    with pytest.raises(StudentError, match=type(error).__name__):
        InKernel({"fail": fail}).call("fail")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), PassThrough()])
def test_interrupts_and_the_suite_own_limits_pass_through(error):
    def fail():
        raise error

    with pytest.raises(type(error)):
        InKernel({"fail": fail}).call("fail")


def test_an_error_whose_text_raises_is_still_told():
    class Nasty(Exception):
        def __str__(self):
            raise RuntimeError

    def fail():
        raise Nasty

    with pytest.raises(StudentError, match="cannot be shown"):
        InKernel({"fail": fail}).call("fail")


def test_too_large_an_answer_is_an_error_of_the_answer(monkeypatch):
    monkeypatch.setattr("grader.suite_kit.codec.MOST_BYTES", 2000)
    answer = InKernel({"big": lambda: "x" * 5000})
    with pytest.raises(StudentError, match="exceed the limit"):
        answer.call("big")


def test_exposed_objects_offer_their_listed_methods_and_nothing_else():
    clock = Store(5)

    answer = InKernel(
        {
            "use": lambda clock: clock.add(2),
            "look": lambda clock: clock.value,
            "set": lambda clock: clock.set(1),
            "reach": lambda clock: clock.__dict__["value"],
            "hand_over": lambda clock: clock.add(object()),
        }
    )
    assert answer.call("use", Exposed(clock, ["add"])) == 7
    assert isinstance(answer.call("look", Exposed(clock, ["add"])), Handle)
    for name, kind in (("set", "AttributeError"), ("reach", "KeyError"), ("hand_over", "TypeError")):
        with pytest.raises(StudentError, match=kind):
            answer.call(name, Exposed(clock, ["add"]))
    assert clock.value == 7


@pytest.mark.parametrize("before", [True, False])
def test_garbage_is_not_collected_meanwhile_and_then_as_before(before):
    answer, enabled = InKernel({"collects": gc.isenabled}), gc.isenabled()
    try:
        gc.enable() if before else gc.disable()
        with contextlib.suppress(KeyError), answer.uncollected():
            assert answer.call("collects") is False
            raise KeyError
        assert answer.call("collects") is before
    finally:
        gc.enable() if enabled else gc.disable()


def test_threads_of_the_students_take_turns_at_an_exposed_object():
    class Counter:
        inside = most = 0
        second_is_in = threading.Event()

        def use(self):
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside == 2:
                self.second_is_in.set()
            self.second_is_in.wait(0.2)
            self.inside -= 1

    def use_twice(counter):
        users = [threading.Thread(target=counter.use) for _ in range(2)]
        for user in users:
            user.start()
        for user in users:
            user.join()

    counter = Counter()
    InKernel({"use_twice": use_twice}).call("use_twice", Exposed(counter, ["use"]))
    assert counter.most == 1


def test_what_an_exposed_object_raises_arrives_as_its_builtin_class():
    class Clock:
        def tick(self):
            raise KeyError("late")

    def use(clock):
        try:
            clock.tick()
        except KeyError:
            return "caught"

    assert InKernel({"use": use}).call("use", Exposed(Clock(), ["tick"])) == "caught"


def test_the_released_stub_is_known_and_anything_written_is_an_attempt():
    assert is_starter(stub)
    assert is_starter(StubbedService)
    assert not is_starter(HalfWritten)
    assert not is_starter(Store)
    assert not is_starter(len)
    assert not is_starter(3)


def test_forbidden_modules_cannot_be_imported_by_an_answer(monkeypatch):
    import sys

    # A guard of another test, or of a module of tests that ran an answer when it was collected, is not this test's.
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if not isinstance(finder, ImportGuard)])

    def use():
        import grader.suites.reduce_latency.hidden.oracle

        return grader

    forbid(["nothing.else"])
    forbid(["nothing.else"])
    assert sum(type(finder).__name__ == "ImportGuard" for finder in sys.meta_path) == 1
    for name in [name for name in sys.modules if is_hidden(name)]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StudentError, match="this exercise asks you to write it"):
        InKernel({"use": use}).call("use")
    try:
        with nothing_forbidden():
            assert isinstance(InKernel({"use": use}).call("use"), Handle)
    finally:  # what stays loaded, the next test of this process would find
        for name in [name for name in sys.modules if is_hidden(name)]:
            del sys.modules[name]


def test_resources_of_the_answering_process_can_be_read():
    answer = InKernel({})
    before = answer.cpu_s()
    sum(range(200_000))
    assert answer.cpu_s() > before
    assert answer.peak_mb() > 10
    assert answer.helpers() >= 0
    assert answer.delegated_s() >= 0
    answer.null({"a": 1})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("import numpy as np\ndef f(): return np.arange(3)", "ndarray"),
        ("import pandas as pd\ndef f(): return pd.Series([1.0])", "Series"),
        ("def f(): yield 1", "generator"),
        ("def f(): return map(int, '12')", "map"),
        ("class Spelled: pass\ndef f(): return Spelled()", "object that is no plain data"),
    ],
)
def test_a_message_names_the_type_that_came_unless_its_author_chose_the_name(body, kind):
    names: dict[str, object] = {}
    exec(body, names)
    assert kind_of(InKernel(names).call("f")) == kind


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("pd.DataFrame([{'a': 1, 'b': 'x'}]).iloc[0]", ["Series", ".to_dict()"]),
        ("np.array([{'a': 1}, None])", ["array of dtype object", ".tolist()"]),
    ],
)
def test_what_cannot_cross_is_refused_by_its_type_with_the_way(value, words):
    names: dict[str, object] = {}
    exec(f"import numpy as np\nimport pandas as pd\ndef f(): return {value}", names)
    with pytest.raises(StudentError) as raised:
        InKernel(names).call("f")
    assert [word for word in words if word not in str(raised.value)] == []
