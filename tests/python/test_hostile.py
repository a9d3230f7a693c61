"""Arguments that nobody should give: a clear error, or no harm. Never a panic, never a crash."""

import inspect
import math
import threading

import pytest
from conftest import run_all, wait_until
from herald_audio import AudioManager, HeraldDispatcher, HeraldError

NASTY = [
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    2**64,
    10**400,
    -(10**400),
    0.0,
    -0.0,
    1e-320,
    1e308,
    -1e308,
    math.nan,
    math.inf,
    -math.inf,
    1j,
    "",
    "Stop",
    "\0",
    "\ud800",
    "../../../etc/passwd",
    "%s%n{}",
    "é" * 100_000,
    b"Stop",
    b"\xff",
    [],
    [None],
    {},
    {"a": {}},
    {1: 2},
    set(),
    object(),
    AudioManager,
    lambda: None,
    range(3),
]

CALM = (TypeError, ValueError, OverflowError, AttributeError, HeraldError)
# They wait for as long as they are told to.
WAITING = {"play_and_wait", "_play_and_wait"}


def methods(manager):
    for name in dir(manager):
        method = getattr(manager, name)
        if callable(method) and not name.startswith("__") and name not in WAITING:
            yield name, method


def arity(method):
    parameters = inspect.signature(method).parameters.values()
    return len([each for each in parameters if each.kind is not each.VAR_KEYWORD])


def test_every_method_takes_anything(manager):
    tried = 0
    for name, method in methods(manager):
        count = arity(method)
        for nasty in NASTY:
            ways = [[nasty] * count]
            ways += [["Stop"] * at + [nasty] + [5] * (count - at - 1) for at in range(count)]
            for arguments in ways:
                tried += 1
                try:
                    method(*arguments)
                except CALM as error:
                    assert str(error) and "panic" not in str(error).lower(), name
    assert tried > 1_000
    manager.unmute()
    manager.set_volume(None)
    # The player may have had its hands full.
    wait_until("all is well after that", lambda: AudioManager().play_audio("Stop", True)[0])


@pytest.mark.parametrize("nasty", NASTY, ids=repr)
def test_a_manager_is_made_with_anything(sandbox, nasty):
    for option in ("project_dir", "player", "in_process", "no_such_option"):
        try:
            AudioManager(**{option: nasty}).play_audio("Stop")
        except CALM as error:
            assert str(error)
    with pytest.raises(TypeError):
        AudioManager(nasty)


@pytest.mark.parametrize("nasty", NASTY, ids=repr)
def test_attributes_take_anything(sandbox, nasty):
    manager = AudioManager()

    def assign_mapping():
        manager.config.mappings["Stop"] = nasty

    def assign(of, name):
        setattr(of, name, nasty)

    for change in (
        assign_mapping,
        lambda: assign(manager.config, "base_path"),
        lambda: assign(manager.config, "mappings"),
        lambda: assign(manager, "volume"),
        lambda: assign(manager, "config"),
    ):
        try:
            change()
            manager.play_audio("Stop")
            manager.resolve_file("Stop")
        except CALM as error:
            assert str(error)
        try:
            manager.reload_config()
        except CALM as error:
            pytest.fail(f"a reload does not fix it: {error}")


@pytest.mark.parametrize("nasty", NASTY, ids=repr)
def test_payloads_hold_anything(manager, nasty):
    dispatcher = HeraldDispatcher(manager)
    report = dispatcher.dispatch(dispatcher.create_context("Stop", {"session_id": nasty, "x": [nasty]}))
    assert report.handled and report.event_type == "Stop"
    try:
        report = dispatcher.dispatch(dispatcher.create_context(nasty, {}))
        assert report.event_type == nasty
    except CALM as error:
        assert str(error)
    try:
        dispatcher.dispatch(dispatcher.create_context("Stop", nasty))
    except CALM as error:
        assert str(error)


def test_a_payload_within_itself_is_an_error(manager):
    dispatcher = HeraldDispatcher(manager)
    payload = {}
    payload["again"] = [payload]
    with pytest.raises(ValueError, match="nested"):
        dispatcher.dispatch(dispatcher.create_context("Stop", payload))


def test_what_the_callers_own_classes_raise_comes_through(manager):
    class Loud:
        def __float__(self):
            raise RuntimeError("loud")

        def __str__(self):
            raise RuntimeError("loud")

        def __fspath__(self):
            raise RuntimeError("loud")

        def keys(self):
            raise RuntimeError("loud")

    for call in (
        lambda: manager.is_throttled("Stop", Loud()),
        lambda: manager.mark_emitted("Stop", Loud()),
        lambda: manager.play_audio("Stop", True, Loud()),
        lambda: manager.play_and_wait(Loud(), 1),
        lambda: AudioManager(project_dir=Loud()),
        lambda: manager._dispatch("Stop", {"x": Loud()}, True),
    ):
        with pytest.raises(RuntimeError, match="loud"):
            call()
    assert manager._read_throttle() == {}


def test_a_number_that_calls_back_finds_no_lock(manager):
    class Recursive(float):
        def __float__(self):
            manager._write_throttle({"mine": 1.0})
            return 2.0

    manager._write_throttle({"a": Recursive(3.0), "b": 4.0})
    manager.mark_emitted("c", Recursive(3.0))


def test_waiting_takes_any_limit(manager):
    for timeout in (0, -1, 1e-9, -math.inf):
        with pytest.raises(HeraldError):
            manager.play_and_wait("no such sound", timeout)
    for timeout in (math.inf, 1e300, 2**64):
        assert manager.play_and_wait("Stop", timeout) == "null"
    with pytest.raises(ValueError):
        manager.play_and_wait("Stop", math.nan)
    for sound in (None, 5, [], object()):
        with pytest.raises(TypeError):
            manager.play_and_wait(sound)
    for sound in ("\0", "\ud800", ""):
        with pytest.raises((HeraldError, ValueError)):
            manager.play_and_wait(sound)


def test_a_class_of_ones_own(sandbox):
    class Mine(AudioManager):
        def __init__(self, volume, *more):
            super().__init__()
            self.volume = volume
            self.more = more

        def play_audio(self, audio_type, enabled=False, additional_context=None):
            return super().play_audio(audio_type, enabled, {"mine": self.more})

    mine = Mine(0.25, 1, 2)
    assert mine.play_audio("Stop")[2]["mine"] == (1, 2)
    assert mine.play_audio("Stop")[2]["volume"] == 0.25


def test_a_class_that_forgets_its_base_is_told(sandbox):
    class Forgetful(AudioManager):
        def __init__(self):
            pass

    manager = Forgetful()
    for name, method in methods_of(AudioManager, manager):
        try:
            method(*["Stop", 5][: arity(method)])
        except (HeraldError, AttributeError, TypeError) as error:
            assert str(error), name
    with pytest.raises(HeraldError, match=r"super\(\).__init__"):
        manager.is_throttled("Stop", 5)


def methods_of(cls, manager):
    for name in dir(cls):
        if not name.startswith("__") and callable(getattr(cls, name)):
            yield name, getattr(manager, name)


def test_a_manager_is_made_once(manager):
    with pytest.raises(HeraldError, match="create another"):
        manager.__init__()


def test_managers_come_and_go(sandbox):
    def many():
        for _ in range(50):
            AudioManager().mark_emitted("Stop")

    run_all([threading.Thread(target=many) for _ in range(4)])
