"""The config: what is in force, and the attributes that show it."""

import math
import os
from pathlib import Path

import pytest
from herald_audio import AudioConfig, AudioManager

ORIGINAL_WINDOWS = {
    "Stop": 120,
    "SubagentStop": 120,
    "Notification": 30,
    "PreToolUse": 60,
    "PostToolUse": 45,
    "SessionStart": 5,
    "SessionEnd": 5,
    "UserPromptSubmit": 10,
}


def test_the_config_of_the_original_shows_as_it_did(sandbox):
    sandbox.write_original()
    manager = AudioManager()
    assert isinstance(manager.config, AudioConfig)
    assert manager.config.base_path == sandbox.project / ".claude/sounds"
    assert isinstance(manager.config.base_path, Path)
    assert manager.config.mappings["Stop"] == "task_complete.wav"
    assert manager.config.mappings["PreToolUse"] == "user_prompt.wav"
    assert manager.config.mappings.keys() == ORIGINAL_WINDOWS.keys()
    assert manager.volume == 0.2
    assert manager._throttle_cfg == ORIGINAL_WINDOWS
    for name, seconds in ORIGINAL_WINDOWS.items():
        window = manager.get_throttle_window(name, 7)
        assert f"{window}s" == f"{seconds}s"


def test_what_is_built_in(manager, sandbox):
    assert manager.config == AudioConfig(sandbox.project / ".claude/sounds", {})
    assert manager._throttle_cfg == {}
    assert manager.project_dir == sandbox.project
    assert manager.notes() == []
    assert manager.resolve_file("Stop") is None


@pytest.mark.parametrize(
    ("default", "window"), [(7, 7), (7.5, 7.5), (0, 0), (-3, 0), (math.inf, math.inf), (1e300, 1e300)]
)
def test_a_window_is_what_is_configured_or_the_default(manager, default, window):
    assert manager.get_throttle_window("my sound", default) == window
    assert manager.get_throttle_window("my sound", default_seconds=default) == window
    for name in ("stop", "SessionStart"):
        assert manager.get_throttle_window(name, default) == window


def test_a_window_of_the_originals_own_is_not_configured(sandbox):
    sandbox.write(".claude/hooks/utils/audio_config.json", "{}")
    manager = AudioManager()
    assert manager.get_throttle_window("Stop", 3) == 3
    assert manager.get_throttle_window("SessionStart", 0) == 0
    assert manager.get_throttle_window(None, 4) == 4
    assert manager._throttle_cfg == {}


def test_a_window_that_is_not_whole_is_a_float(sandbox):
    sandbox.write_config(audio_settings={"throttle_seconds": {"Stop": 2.5}})
    manager = AudioManager()
    assert manager.get_throttle_window("Stop", 1) == 2.5
    assert manager._throttle_cfg == {"Stop": 2.5}


@pytest.mark.parametrize("get", ["get_config", "get_config_safe"])
def test_values_by_dotted_keys(sandbox, get):
    sandbox.write_original()
    get = getattr(AudioManager(), get)
    assert get("audio_settings.volume") == 0.2
    assert get("audio_settings.throttle_seconds")["Stop"] == 120
    assert get("sound_files.mappings.Stop") == "task_complete.wav"
    assert get("no.such.key") is None
    assert get("no.such.key", 5) == 5
    assert get(key="audio_settings.no", default="x") == "x"
    assert get("") is None


@pytest.mark.parametrize("reload", ["reload_config", "reload_config_safe"])
def test_a_reload_renews_everything(sandbox, reload):
    manager = AudioManager()
    sandbox.write_config(
        sound_files={"base_path": "new", "mappings": {"stop": "a.wav"}},
        audio_settings={"volume": 0.25, "throttle_seconds": {"Stop": 9}},
    )
    assert manager.get_throttle_window("Stop", 1) == 1
    file = sandbox.write_sound("new/a.wav")
    assert getattr(manager, reload)() is None
    assert manager.get_throttle_window("Stop", 1) == 9
    assert manager._throttle_cfg == {"Stop": 9}
    assert manager.config == AudioConfig(sandbox.project / "new", {"Stop": "a.wav"})
    assert manager.volume == 0.25
    assert manager.get_config("audio_settings.volume") == 0.25
    assert manager.resolve_file("Stop") == file


def test_the_config_manager_of_the_originals_users(sandbox):
    sandbox.write_original()
    manager = AudioManager()
    config = manager._config_manager
    assert config.get("audio_settings.volume") == 0.2
    assert config.get("no.such.key", 3) == 3
    assert config.get_config("audio_config")["audio_settings"]["volume"] == 0.2
    sandbox.write_config(audio_settings={"volume": 0.75})
    config.clear_cache()
    assert config.get("audio_settings.volume") == 0.75


def test_what_is_wrong_with_the_config_is_said(sandbox):
    sandbox.write_config(audio_settings={"volume": "loud"})
    [note] = AudioManager().notes()
    assert "herald.json" in note and "volume" in note


@pytest.mark.parametrize("both", [True, False])
def test_the_environment_names_the_sounds_directory(sandbox, both):
    first, second = sandbox.write_sound("a/s.wav"), sandbox.write_sound("b/s.wav")
    sandbox.setenv(AUDIO_SOUNDS_DIR=second.parent)
    if both:
        sandbox.setenv(CLAUDE_SOUNDS_DIR=first.parent)
    sandbox.write_config(sound_files={"mappings": {"Stop": "s.wav"}})
    manager = AudioManager()
    expected = first if both else second
    assert manager.config.base_path == expected.parent
    assert manager.resolve_file("Stop") == expected


def test_the_environment_names_the_player(sandbox):
    manager = AudioManager()
    assert (manager._player_cmd, manager._player_base_args) == ("herald-player", [])
    assert manager._timeout_s == 5.0 and isinstance(manager._timeout_s, float)
    record = sandbox.project / "heard"
    player = sandbox.write("player", f'#!/bin/sh\necho "$@" > {record}.new\nmv {record}.new {record}\n')
    player.chmod(0o755)
    sandbox.setenv(AUDIO_PLAYER_CMD=player, AUDIO_PLAYER_ARGS="-q 'a b'", AUDIO_PLAYER_TIMEOUT=3599.5)
    sandbox.setenv(HERALD_OUTPUT="command")
    manager = AudioManager()
    assert manager._player_cmd == str(player)
    assert manager._player_base_args == ["-q", "a b"]
    assert manager._timeout_s == 3599.5
    assert manager.play_audio("Stop")[2]["playerCmd"] == str(player)
    file = sandbox.write_sound("s.wav")
    manager.config.mappings["Stop"] = str(file)
    manager.play_and_wait("Stop", 3600)
    assert record.read_text().split()[:3] == ["-q", "a", "b"]


def test_a_player_goes_by_the_name_that_was_given(sandbox, monkeypatch):
    player = sandbox.write("bin/my-player", "#!/bin/sh\n")
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(player.parent), prepend=os.pathsep)
    sandbox.setenv(AUDIO_PLAYER_CMD="my-player -q")
    manager = AudioManager()
    assert (manager._player_cmd, manager._player_base_args) == ("my-player", ["-q"])
    assert manager.play_audio("Stop")[2]["playerCmd"] == "my-player"


@pytest.mark.parametrize("output", ["auto", "command"])
def test_a_player_that_is_not_there_fails_at_once(sandbox, output):
    sandbox.setenv(AUDIO_PLAYER_CMD="no-such-player", HERALD_OUTPUT=output)
    sandbox.write_original()
    file = sandbox.write_sound(".claude/sounds/task_complete.wav")
    played, path, context = AudioManager().play_audio("Stop", True)
    assert (played, path) == (False, file)
    assert (context["status"], context["returnCode"]) == ("failed", 1)
    assert (context["playerCmd"], context["reason"]) == ("no-such-player", "no_player")


def test_a_state_directory_is_where_the_environment_says(sandbox):
    other = sandbox.root / "other"
    sandbox.setenv(HERALD_STATE_DIR=other)
    assert AudioManager()._throttle_path == other / "throttle.v1"


def test_a_config_file_is_where_the_environment_says(sandbox):
    file = sandbox.write("mine.json", '{"audio_settings": {"volume": 0.125}}')
    sandbox.setenv(HERALD_CONFIG=file)
    assert AudioManager().volume == 0.125


@pytest.mark.parametrize("kind", [str, Path])
def test_the_project_can_be_given(sandbox, kind, monkeypatch):
    other = sandbox.root / "other"
    (other / ".claude").mkdir(parents=True)
    (other / ".claude/herald.json").write_text('{"audio_settings": {"volume": 0.625}}')
    manager = AudioManager(project_dir=kind(other))
    assert (manager.volume, manager.project_dir) == (0.625, other)
    assert manager._throttle_path == AudioManager()._throttle_path, "the throttle is the user's"
    monkeypatch.chdir(other)
    assert AudioManager(project_dir=kind(".")).volume == 0.625


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("agentstop", "SubagentStop"),
        ("agent_stop", "SubagentStop"),
        ("usernotification", "Notification"),
        ("user_notification", "Notification"),
        ("stop", "Stop"),
        ("pre_tool_use", "PreToolUse"),
        ("POSTTOOLUSE", "PostToolUse"),
        ("SessionStart", "SessionStart"),
        ("sessionend", "SessionEnd"),
        ("user_prompt_submit", "UserPromptSubmit"),
        ("subagent_stop", "SubagentStop"),
        ("No_Such_Name", "No_Such_Name"),
        ("", ""),
        ("\ud800", "\ud800"),
        (None, None),
        (5, 5),
        (b"stop", b"stop"),
    ],
)
def test_names(manager, raw, name):
    assert manager._normalize_key(raw) == name
    assert AudioManager._normalize_key(raw) == name


def test_what_shows_cannot_be_assigned(manager):
    names = ["_throttle_path", "_throttle_cfg", "_player_cmd", "_player_base_args", "_timeout_s"]
    for name in [*names, "project_dir"]:
        with pytest.raises(AttributeError):
            setattr(manager, name, 1)
