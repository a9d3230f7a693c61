"""The throttle: what the original's users relied on."""

import math
import threading
import time

import pytest
from herald_audio import AudioManager, HeraldDispatcher

CHECKS = ["is_throttled", "is_throttled_safe"]
LOOKS = ["should_throttle", "should_throttle_safe"]
MARKS = ["mark_emitted", "mark_emitted_safe"]


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_marks_and_the_next_one_is_throttled(manager, check):
    assert getattr(manager, check)("Stop", 60) is False
    assert getattr(manager, check)("Stop", 60) is True
    assert getattr(manager, check)(audio_type="Stop", throttle_window_seconds=60) is True
    assert getattr(manager, check)("Notification", 60) is False


@pytest.mark.parametrize("name", ["stop", "STOP", "s_t_o_p", "Stop"])
def test_spellings_are_one_key(manager, name):
    manager.mark_emitted("Stop")
    assert manager.should_throttle(name, 60)


@pytest.mark.parametrize("name", ["mine", "build finished", "", "a" * 2000, "nul\0", "ü", "\n"])
def test_a_key_of_ones_own(manager, name):
    assert not manager.is_throttled(name, 60)
    assert manager.is_throttled(name, 60)
    assert not manager.is_throttled(name + "2", 60)


def test_a_name_that_is_no_text_is_one_all_the_same(manager):
    manager.mark_emitted(7)
    manager.mark_emitted_safe(None)
    assert manager.should_throttle("7", 60) and manager.should_throttle(7, 60)
    assert manager.is_throttled(7, 60)
    assert manager._read_throttle().keys() == {"7", "None"}


@pytest.mark.parametrize("window", [0, -1, 0.0, -0.5, -math.inf])
def test_no_window_never_throttles_and_marks_nothing(manager, window):
    for _ in range(2):
        assert not manager.is_throttled_safe("Stop", window)
    assert not manager.should_throttle("Stop", 60)
    manager.mark_emitted("Stop")
    assert not manager.should_throttle("Stop", window)
    assert not manager.should_throttle("Stop", window, now=time.time())


@pytest.mark.parametrize("window", [60, 60.5, 1e300, math.inf, 2**62, True])
def test_windows_are_numbers_of_any_kind_and_length(manager, window):
    assert not manager.is_throttled("Stop", window)
    assert manager.should_throttle("Stop", window)


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_marks_nothing(manager, look):
    look = getattr(manager, look)
    assert look("Stop", 60) is False
    assert look(key="Stop", window_seconds=60, now=None) is False
    assert manager._read_throttle() == {}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("when", [1_000.0, 1_790_000_000.25, 0.0, -5.0])
def test_a_given_now_counts_to_the_last_digit(manager, look, mark, when):
    look = getattr(manager, look)
    getattr(manager, mark)("Stop", when=when)
    assert look("stop", 10, now=when + 9.75)
    assert not look("Stop", 10, now=when + 10)
    assert not look("Stop", 10, now=when + 11)
    assert manager._read_throttle() == {"Stop": when}


def test_a_look_by_the_clock(manager):
    manager.mark_emitted("Stop", time.time() - 30)
    assert manager.should_throttle("Stop", 60)
    assert not manager.should_throttle("Stop", 20)
    manager.mark_emitted("Stop")
    assert manager.should_throttle("Stop", 20)


def test_an_earlier_mark_is_old_news_and_the_future_is_now(manager):
    now = time.time()
    manager.mark_emitted("Stop", now)
    manager.mark_emitted("Stop", now - 100)
    assert manager._read_throttle() == {"Stop": now}
    manager.mark_emitted("mine", now + 10**6)
    assert manager._read_throttle()["mine"] < now + 10**5


def test_nothing_is_known_of_a_key_that_never_fired(manager):
    assert not manager.should_throttle("Stop", 60, now=1.0)
    assert manager._read_throttle_safe() == {}


def test_other_managers_see_the_same_throttle(manager):
    manager.mark_emitted("Stop")
    other = AudioManager()
    assert other.is_throttled("Stop", 60)
    assert other._read_throttle().keys() == {"Stop"}


def test_an_admission_can_be_taken_back(manager):
    decision = manager.admit("Stop", 60)
    assert decision and decision.admitted and decision.retry_after == 0.0
    second = manager.admit("Stop", 60)
    assert not second and not second.admitted and 0 < second.retry_after <= 60
    assert manager.cancel(decision) is True
    assert manager.cancel(decision) is False
    assert manager.cancel(second) is False
    assert manager._read_throttle() == {}
    assert manager.admit("Stop", 60)
    assert repr(second).startswith("Decision(admitted=False, retry_after=")


def test_a_reset_key_may_fire_again(manager):
    assert manager.reset("Stop") is False
    manager.mark_emitted("Stop")
    manager.mark_emitted("old", when=5.0)
    assert manager.reset("stop") is True
    assert manager.reset("old") is True
    assert manager._read_throttle() == {}
    assert not manager.is_throttled("Stop", 60)


class TestDictionary:
    """What the original kept in a file, read and written as a whole."""

    @pytest.fixture(params=["", "_safe"])
    def io(self, manager, request):
        return (
            getattr(manager, "_read_throttle" + request.param),
            getattr(manager, "_write_throttle" + request.param),
        )

    def test_what_is_written_has_fired(self, io, manager):
        read, write = io
        now = time.time()
        write({"stop": now - 1000, "mine": now - 2000, "old": 7.0})
        assert read() == {"Stop": now - 1000, "mine": now - 2000, "old": 7.0}
        assert manager.should_throttle("Stop", 1500) and not manager.should_throttle("Stop", 500)
        assert isinstance(read()["Stop"], float)

    def test_an_empty_one_clears(self, io, manager):
        read, write = io
        write({})
        for _ in range(2):
            manager.mark_emitted("Stop")
            manager.mark_emitted("mine")
            manager.mark_emitted("old", when=1.0)
            write({})
            assert read() == {}
            assert not manager.should_throttle("Stop", 60)

    def test_an_empty_one_that_was_read_changes_nothing_that_fired_since(self, io, manager):
        read, write = io
        data = read()
        manager.mark_emitted("Stop")
        write(data)
        assert read().keys() == {"Stop"}
        data = read()
        data.clear()
        manager.mark_emitted("mine")
        write(data)
        assert read().keys() == {"mine"}

    def test_an_empty_one_lets_hooks_fire(self, io, manager):
        _, write = io
        dispatcher = HeraldDispatcher(manager)
        context = dispatcher.create_context("Stop", {})
        assert dispatcher.dispatch(context).audio_played
        write({})
        assert not dispatcher.dispatch(context).throttled

    def test_a_key_taken_out_may_fire(self, io, manager):
        read, write = io
        manager.mark_emitted("Stop")
        manager.mark_emitted("mine")
        data = read()
        del data["Stop"]
        write(data)
        assert read().keys() == {"mine"}

    def test_without_reading_before_it_is_all_that_counts(self, io, manager):
        read, write = io
        other = AudioManager()
        other.mark_emitted("Stop")
        write({"mine": time.time()})
        assert read().keys() == {"mine"}

    @pytest.mark.parametrize("reads", [True, False])
    def test_a_key_with_an_earlier_time_may_fire(self, io, manager, reads):
        read, write = io
        now = time.time()
        manager.mark_emitted("Stop", now)
        data = read() if reads else {}
        data["Stop"] = now - 100
        write(data)
        assert not manager.should_throttle("Stop", 60)
        assert not manager.is_throttled("Stop", 60)

    def test_writing_back_undoes_nothing_that_others_did_meanwhile(self, io, manager):
        read, write = io
        other = AudioManager()
        past = time.time() - 1000
        for name in ("Stop", "Notification", "mine", "gone"):
            manager.mark_emitted(name, past)
        data = read()
        for name in ("Stop", "Notification", "mine", "theirs", "gone"):
            other.mark_emitted(name, past + 500)
        data["Notification"] = past + 1  # newer than it was read, older than what others did
        data["mine"] = past - 1
        data["ours"] = past + 2
        del data["gone"]
        write(data)
        same = {name: past + 500 for name in ("Stop", "Notification", "mine", "theirs", "gone")}
        assert read() == pytest.approx({**same, "ours": past + 2}, abs=0.002)

    def test_what_another_thread_read_since_is_not_what_this_one_changed(self, io, manager):
        read, write = io
        data = read()
        manager.mark_emitted("Stop")
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
        data["mine"] = time.time()
        write(data)
        assert read().keys() == {"Stop", "mine"}

    def test_a_wrong_value_changes_nothing(self, io, manager):
        read, write = io
        manager.mark_emitted("Stop", 10.0)
        for wrong in ({"a": 1.0, "b": "x"}, {"a": 1.0, 2: 2.0}, {"a": 1.0, "b": None}, [], None):
            with pytest.raises(TypeError):
                write(wrong)
        for wrong in (math.nan, math.inf):
            with pytest.raises(ValueError):
                write({"a": 1.0, "b": wrong})
        assert read() == {"Stop": 10.0}


def test_where_the_throttle_is(manager, sandbox):
    assert manager._throttle_path == sandbox.state_dir / "throttle.v1"
    assert manager._throttle_path.exists()
    assert manager._use_file_locking() is True


def test_a_file_that_cannot_be_mapped_is_locked(sandbox):
    for name in ("throttle.v1", "throttle.v1.repair"):
        (sandbox.state_dir / name).mkdir(parents=True)
    manager = AudioManager()
    assert manager._use_file_locking() is True
    assert not manager.is_throttled("Stop", 60)
    assert manager.is_throttled("Stop", 60)
    assert manager.should_throttle("Stop", 60)
    assert AudioManager().should_throttle("Stop", 60)
    assert manager.notes()
