"""Sounds that come from this process: only where the package was installed with the feature playback."""

import os
import time

import pytest
from conftest import PATIENCE, in_child, press_ctrl_c, wait_until
from test_concurrent import played_by_five_threads


def test_in_process_a_sound_is_heard_without_a_player(open_in_process, sandbox):
    manager = open_in_process()
    assert manager.play_audio("Stop", True)[0]
    assert manager.wait_until_silent(PATIENCE)
    assert sandbox.played(1)[0]["output"] == "null"
    assert manager.play_and_wait("Stop", PATIENCE) == "null"
    assert not list(sandbox.state_dir.glob("player*")), "no resident player was started"


def test_in_process_five_threads_play_at_once(open_in_process, sandbox):
    manager = open_in_process()
    played = played_by_five_threads(manager)
    assert manager.wait_until_silent(PATIENCE)
    assert len(sandbox.played(played)) == played, "each has one outcome"


def test_in_process_ctrl_c_ends_the_waiting_for_silence(open_in_process, sandbox):
    begun, go = sandbox.play_until_told()
    manager = open_in_process()
    assert manager.play_audio("Stop", True)[0]
    wait_until("the player runs", begun.exists)
    asked = time.monotonic()
    assert manager.wait_until_silent(0.2) is False
    assert time.monotonic() - asked >= 0.2
    waits = time.monotonic() + 0.2
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c(lambda: time.monotonic() > waits)
        manager.wait_until_silent(2 * PATIENCE)
    go.touch()
    assert manager.wait_until_silent(PATIENCE) is True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # That is what is tested.
def test_in_process_a_child_plays_through_the_resident_player(open_in_process, sandbox):
    manager = open_in_process()
    manager.play_and_wait("Stop", PATIENCE)
    in_child(lambda: manager.play_and_wait("Notification", PATIENCE) == "null")
    assert [line["event"] for line in sandbox.played(2)] == ["Stop", "Notification"]
    assert list(sandbox.state_dir.glob("player*")), "the child asked the resident player"
