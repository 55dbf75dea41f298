"""What the contract needs to know of `implement_monitoring`: both of its tests watch the same streams."""

from grader.suites.implement_monitoring import suite


def no_repeats(patch):
    """A monitor watches the same cases once, and both tests judge that: to watch them takes most of a test's time."""
    watch, watched = suite._watched, {}

    def watch_once(sheet, answer, name, cases):
        asked = answer.server.names[name], id(cases)  # the class itself: its id could be another's later
        if runs := watched.get(asked) or watch(sheet, answer, name, cases):
            watched[asked] = runs  # where there are none, each test says why by itself
        return runs

    patch.setattr(suite, "_watched", watch_once)
