"""Mute, snooze and volume: in force at once for every process of the user."""

import math

import pytest
from herald_audio import AudioManager, HeraldError


def test_they_hold_in_every_manager(manager):
    other = AudioManager()
    assert repr(manager.controls()) == (
        "Controls(muted=False, snoozed_for=None, volume=None, silent=False)"
    )
    assert manager.mute().muted
    assert other.controls().muted and other.controls().silent
    assert not other.unmute().silent
    snoozed = manager.snooze(3600)
    assert not snoozed.muted and snoozed.silent and 0 < snoozed.snoozed_for <= 3601
    assert other.controls().snoozed_for
    both = manager.mute()
    assert both.muted and both.snoozed_for, "a mute does not hide a snooze"
    assert manager.unmute().snoozed_for is None
    assert manager.set_volume(0.25).volume == 0.25
    assert other.controls().volume == 0.25
    assert manager.set_volume(0).silent
    assert manager.set_volume(None).volume is None
    assert not other.controls().silent


def test_what_is_out_of_range_is_an_error_and_changes_nothing(manager):
    for seconds in (0, -1, 1e300, math.inf):
        with pytest.raises(HeraldError):
            manager.snooze(seconds)
    for volume in (-0.1, 1.5, math.nan, math.inf, 1e300):
        with pytest.raises(HeraldError, match="from 0 to 1"):
            manager.set_volume(volume)
    with pytest.raises(ValueError):
        manager.snooze(math.nan)
    with pytest.raises(TypeError):
        manager.snooze("long")
    with pytest.raises(TypeError):
        manager.set_volume()
    assert not manager.controls().silent


def test_they_cannot_be_written_to(manager):
    with pytest.raises(AttributeError):
        manager.controls().muted = True
