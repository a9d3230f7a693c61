"""Sounds: what play_audio returns, and what its attributes do."""

import threading
from pathlib import Path

import pytest
from conftest import PATIENCE, press_ctrl_c, wait_until
from herald_audio import AudioManager, HeraldError

PLAYS = ["play_audio", "play_audio_safe"]


@pytest.mark.parametrize("play", PLAYS)
@pytest.mark.parametrize("given", [(), (False,)])
def test_not_enabled_it_is_skipped_and_the_file_told(sandbox, play, given):
    sandbox.write_original()
    file = sandbox.write_sound(".claude/sounds/task_complete.wav")
    manager = AudioManager()
    played, path, context = getattr(manager, play)("stop", *given)
    assert played is False
    assert path == file and isinstance(path, Path)
    assert context == {
        "audioType": "Stop",
        "enabled": False,
        "playerCmd": "herald-player",
        "volume": 0.2,
        "filePath": str(file),
        "status": "skipped",
        "reason": "disabled",
    }


@pytest.mark.parametrize("play", PLAYS)
def test_enabled_it_is_played(sandbox, play):
    sandbox.write_original()
    file = sandbox.write_sound(".claude/sounds/task_complete.wav")
    manager = AudioManager()
    played, path, context = getattr(manager, play)(audio_type="Stop", enabled=True)
    assert (played, path) == (True, file)
    assert context["status"] == "played" and context["returnCode"] == 0
    assert "reason" not in context and "error" not in context
    [line] = sandbox.played(1)
    assert line["sound"] == str(file)


def test_a_built_in_sound_has_no_file(manager):
    played, path, context = manager.play_audio("Stop", enabled=True)
    assert (played, path, context["filePath"]) == (True, None, None)


def test_disabled_comes_before_file_not_found(manager):
    for enabled, reason in [(False, "disabled"), (True, "file_not_found")]:
        played, path, context = manager.play_audio("no such sound", enabled)
        assert (played, path) == (False, None)
        assert (context["status"], context["reason"]) == ("skipped", reason)
        assert context["audioType"] == "no such sound" and context["filePath"] is None


def test_the_callers_members_win_over_what_was_asked_and_not_over_what_happened(manager):
    mine = {"mine": object(), "volume": "loud", "audioType": None, "status": "mine", "reason": "x"}
    given = dict(mine)
    _, _, context = manager.play_audio("Stop", False, additional_context=given)
    for name in ("mine", "volume", "audioType"):
        assert context[name] is mine[name]
    assert (context["status"], context["reason"]) == ("skipped", "disabled")
    assert given == mine, "what is the caller's is not changed"
    order = ["audioType", "enabled", "playerCmd", "volume", "filePath", "mine", "status", "reason"]
    assert list(context) == order


def test_what_is_muted_is_skipped(manager):
    manager.mute()
    _, _, context = manager.play_audio("Stop", True)
    assert (context["status"], context["reason"]) == ("skipped", "muted")


def test_without_a_player_it_fails_and_says_why(sandbox):
    sandbox.setenv(PATH="/nonexistent")
    manager = AudioManager(player="/nonexistent/player")
    played, _, context = manager.play_audio("Stop", True)
    assert not played
    assert (context["status"], context["reason"]) == ("failed", "no_player")
    assert context["returnCode"] == 1 and "herald-player" in context["error"]


def test_the_callers_directory_counts(sandbox):
    sandbox.write_original()
    sandbox.write_sound(".claude/sounds/task_complete.wav")
    manager = AudioManager()
    file = sandbox.write_sound("mine/task_complete.wav")
    manager.config.base_path = file.parent
    assert manager.resolve_file("Stop") == file
    assert manager.play_audio("Stop", True)[1] == file
    assert sandbox.played(1)[0]["sound"] == str(file)
    played, path, context = manager.play_audio("Notification", True)
    assert (played, path, context["reason"]) == (False, None, "file_not_found")
    manager.config.base_path = str(file.parent)
    assert manager.resolve_file("Stop") == file, "a string will do"
    manager.reload_config()
    assert manager.config.base_path == sandbox.project / ".claude/sounds"
    assert manager.resolve_file("Stop") == sandbox.project / ".claude/sounds/task_complete.wav"


def test_the_callers_directory_counts_where_nothing_is_configured(sandbox):
    manager = AudioManager()
    manager.config.base_path = sandbox.project / "mine"
    assert manager.play_audio("Stop", True)[2]["reason"] == "file_not_found"
    file = sandbox.write_sound("mine/task_complete.wav")
    assert manager.resolve_file("stop") == file, "it is the original's own name for it"


def test_the_callers_mapping_counts(sandbox):
    sandbox.write_original()
    task = sandbox.write_sound(".claude/sounds/task_complete.wav")
    mine = sandbox.write_sound(".claude/sounds/mine.wav")
    manager = AudioManager()
    manager.config.mappings["Stop"] = "mine.wav"
    assert manager.resolve_file("Stop") == mine
    assert manager.resolve_file("PostToolUse") == task, "the others are as they were"
    manager.config.mappings["Stop"] = str(task)
    assert manager.resolve_file("Stop") == task, "an absolute path will do"
    manager.config.mappings["my sound"] = "mine.wav"
    assert manager.play_audio("my sound", True)[:2] == (True, mine)
    del manager.config.mappings["Stop"]
    assert manager.play_audio("Stop", True)[2]["reason"] == "file_not_found"
    manager.config.mappings["Stop"] = "builtin:attention"
    assert manager.play_audio("Stop", True)[:2] == (True, None)
    manager.reload_config_safe()
    assert "my sound" not in manager.config.mappings
    assert manager.resolve_file("Stop") == task


def test_a_subagent_without_a_sound_of_its_own_has_the_one_of_stop(sandbox):
    manager = AudioManager()
    mine = sandbox.write_sound(".claude/sounds/mine.wav")
    manager.config.mappings["Stop"] = "mine.wav"
    for name in ("SubagentStop", "agentstop", "agent_stop"):
        assert manager.resolve_file(name) == mine


def test_a_whole_config_can_be_assigned(sandbox):
    from herald_audio import AudioConfig

    manager = AudioManager()
    mine = sandbox.write_sound("mine/mine.wav")
    manager.config = AudioConfig(base_path=mine.parent, mappings={"Stop": "mine.wav"})
    assert manager.resolve_file("Stop") == mine


@pytest.mark.parametrize(
    ("given", "is_then"), [(0.35, 0.35), (1, 1.0), (0, 0.0), (7, 1.0), (-1, 0.0), (float("inf"), 1.0)]
)
def test_the_volume_can_be_assigned(manager, given, is_then):
    assert manager.volume == 0.5
    manager.volume = given
    assert manager.volume == is_then
    _, _, context = manager.play_audio("Stop", True)
    assert context["volume"] == is_then
    assert context["status"] == ("played" if is_then else "skipped")
    assert AudioManager().volume == 0.5, "it is this manager's alone"
    manager.reload_config()
    assert manager.volume == 0.5


def test_playing_to_the_end_says_what_it_came_out_of(manager, sandbox):
    assert manager.play_and_wait("Stop", timeout=60) == "null"
    file = sandbox.write_sound("bell.wav")
    for sound in (file, str(file), "bell.wav", Path("bell.wav")):
        assert manager.play_and_wait(sound) == "null"
    assert len(sandbox.played(5)) == 5
    manager.config.mappings["Stop"] = str(file)
    manager.play_and_wait("stop")
    assert sandbox.played(6)[5]["sound"] == str(file)


def test_what_cannot_be_heard_says_why(manager, sandbox):
    with pytest.raises(HeraldError, match="no sound named.*use an event"):
        manager.play_and_wait("no such sound", 1)
    text = sandbox.write("text.wav", "no sound")
    with pytest.raises(HeraldError, match="text.wav"):
        manager.play_and_wait(text, 60)
    manager.mute()
    with pytest.raises(HeraldError, match="herald unmute"):
        manager.play_and_wait("Stop", 60)


def test_other_threads_run_while_one_waits_for_a_sound(sandbox):
    """The sound ends when another thread says so: it never does if that one stands still."""
    begun, go = sandbox.play_until_told()
    manager = AudioManager()
    heard = []
    # Daemonic, so that a failure does not hang.
    thread = threading.Thread(target=lambda: heard.append(manager.play_and_wait("Stop", 2 * PATIENCE)), daemon=True)
    thread.start()
    wait_until("the player runs", begun.exists)
    go.touch()
    thread.join(PATIENCE)
    assert len(heard) == 1


def test_ctrl_c_ends_the_waiting_and_not_the_sound(sandbox):
    begun, go = sandbox.play_until_told()
    manager = AudioManager()
    press_ctrl_c(begun.exists)
    with pytest.raises(KeyboardInterrupt):
        manager.play_and_wait("Stop", 2 * PATIENCE)
    go.touch()
    assert sandbox.played(1)[0]["status"] == "played"


def test_there_is_nothing_to_wait_for_where_the_resident_player_plays(manager):
    manager.play_audio("Stop", True)
    assert manager.wait_until_silent(0) is True
    assert manager.wait_until_silent(timeout=1e300) is True


@pytest.mark.parametrize("name", [None, 7, ("Stop",)])
def test_what_is_no_name_has_no_sound(manager, name):
    manager.config.mappings["7"] = "x.wav"
    for enabled, reason in ((False, "disabled"), (True, "file_not_found")):
        played, path, context = manager.play_audio(name, enabled)
        assert (played, path) == (False, None)
        assert (context["audioType"], context["status"], context["reason"]) == (name, "skipped", reason)
    assert manager.resolve_file(name) is None


def test_a_file_of_the_originals_that_is_missing_is_silent(sandbox):
    sandbox.write_original()
    played, path, context = AudioManager().play_audio("Stop", True)
    assert (played, path) == (False, None)
    assert (context["status"], context["reason"]) == ("skipped", "file_not_found")
