"""In tests the fork server has what its next user needs loaded, and is not ended under processes that run."""

import multiprocessing
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is forked there")
LOADED = 7


def context_with(*modules):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(modules)
    return context


def exit_of(context, name):
    """How a process ends that looks whether a module is loaded."""
    process = context.Process(target=exec, args=(f"import sys; sys.exit({LOADED} if {name!r} in sys.modules else 0)",))
    process.start()
    process.join()
    return process.exitcode


def test_each_user_finds_what_it_needs_loaded():
    for name in ("wave", "colorsys", "wave"):
        assert exit_of(context_with(name, "this"), name) == LOADED
    assert exit_of(context_with("this"), "wave") == LOADED  # a server that has all of it stays


def test_a_server_stays_while_a_process_of_it_runs():
    context = context_with("wave")
    ours, theirs = context.Pipe()
    running = context.Process(target=theirs.__class__.recv, args=(theirs,))
    running.start()
    assert exit_of(context_with("colorsys"), "colorsys") == 0
    ours.send("end")
    running.join()
    assert running.exitcode == 0
    assert multiprocessing.active_children() == []
    assert exit_of(context_with("colorsys"), "colorsys") == LOADED
