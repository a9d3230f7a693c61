"""After a fork, and beside other processes."""

import copy
import multiprocessing
import os
import pickle
import threading

import pytest
import workers
from conftest import PATIENCE, in_child, join_all
from herald_audio import AudioManager


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_goes_on_with_its_parents_manager(manager, sandbox):
    assert not manager.is_throttled("mine", 3600)
    in_child(
        lambda: (
            manager.is_throttled("mine", 3600)
            and not manager.is_throttled("child's", 3600)
            and manager.play_audio("Stop", True)[0]
            and AudioManager().should_throttle("mine", 3600)
        )
    )
    assert manager.is_throttled("child's", 3600)
    assert manager.play_audio("Stop", True)[0]
    sandbox.played(2)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # That is what is tested.
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forks_while_other_threads_use_the_manager(manager):
    ends = threading.Event()

    def use():
        while not ends.is_set():
            manager.is_throttled("a", 0.001)
            manager.mark_emitted("b", when=10.0)
            manager._write_throttle(manager._read_throttle())
            manager.play_audio("Stop")
            manager.reload_config()

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.daemon = True
        thread.start()
    context = multiprocessing.get_context("fork")
    try:
        for number in range(50):
            end, pipe = context.Pipe(duplex=False)
            child = context.Process(target=workers.check_with, args=(manager, f"mine {number}", pipe))
            child.start()
            pipe.close()
            assert end.poll(workers.PATIENCE), "the child hangs"
            assert end.recv() == [False, True]
            child.join(PATIENCE)
            assert manager.is_throttled(f"mine {number}", 3600)
    finally:
        ends.set()
        join_all(threads)


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_manager_cannot_be_pickled_and_says_so(manager, take):
    with pytest.raises(TypeError, match="create one in each process"):
        take(manager)
