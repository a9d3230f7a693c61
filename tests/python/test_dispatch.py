"""The dispatcher: an event goes in; a sound, a reply and a report come out."""

import json
from pathlib import Path

from herald_audio import AudioManager, DispatchContext, Dispatcher, DispatchReport, HeraldDispatcher

FIELDS = [
    "event_type",
    "handler_name",
    "handled",
    "audio_type",
    "audio_played",
    "audio_path",
    "throttled",
    "response",
    "notes",
    "errors",
    "decision_payload",
    "blocked",
]


def dispatch(dispatcher, event, payload=None):
    return dispatcher.dispatch(dispatcher.create_context(event, payload))


def test_an_event_sounds_and_then_is_throttled(sandbox):
    sandbox.write_config(audio_settings={"throttle_seconds": {"Stop": 3600}})
    dispatcher = HeraldDispatcher()
    report = dispatch(dispatcher, "stop", {"session_id": "1"})
    assert isinstance(report, DispatchReport)
    assert list(vars(report)) == FIELDS
    assert vars(report) == {
        "event_type": "stop",
        "handler_name": "Stop",
        "handled": True,
        "audio_type": "Stop",
        "audio_played": True,
        "audio_path": None,
        "throttled": False,
        "response": {"continue": True},
        "notes": [],
        "errors": [],
        "decision_payload": None,
        "blocked": False,
    }
    report = dispatch(dispatcher, "Stop", {"session_id": "1"})
    assert report.throttled and not report.audio_played
    assert report.notes == ["Throttled (<= 3600s)"]
    dispatcher.audio_manager._write_throttle_safe({})
    assert dispatch(dispatcher, "Stop", {"session_id": "1"}).audio_played
    sandbox.played(2)


def test_a_file_is_told_as_a_path(sandbox):
    sandbox.write_original()
    file = sandbox.write_sound(".claude/sounds/task_complete.wav")
    report = dispatch(HeraldDispatcher(), "Stop")
    assert report.audio_path == file and isinstance(report.audio_path, Path)


def test_without_audio_there_is_a_reply_all_the_same(manager):
    dispatcher = HeraldDispatcher(manager)
    context = dispatcher.create_context("Stop", {"session_id": "1"})
    assert context == DispatchContext("Stop", {"session_id": "1"}, enable_audio=True)
    context.enable_audio = False
    report = dispatcher.dispatch(context)
    assert not report.audio_played and not report.throttled
    assert report.response == {"continue": True}


def test_an_unknown_event_is_no_error(manager):
    report = dispatch(HeraldDispatcher(manager), "NoSuchEvent", {})
    assert (report.handled, report.handler_name, report.errors) == (False, None, [])
    assert report.response == {"continue": True}


def test_a_policy_decides(sandbox):
    rule = {"action": "deny", "pattern": "rm -rf", "reason": "no", "severity": "high"}
    policy = json.dumps({"pre_tool_use": {"rules": [rule]}})
    sandbox.write(".claude/hooks/utils/decision_policy.json", policy)
    payload = {"tool_name": "Bash", "tool_input": {"command": "rm -rf /tmp/x"}}
    report = dispatch(HeraldDispatcher(), "PreToolUse", payload)
    assert report.blocked
    assert report.decision_payload["permissionDecision"] == "deny"
    assert "continue" not in report.response
    assert report.response["hookSpecificOutput"]["permissionDecision"] == "deny"


def test_the_originals_form(sandbox, manager):
    sandbox.write_config(audio_settings={"throttle_seconds": {"Stop": 3600}})
    dispatcher = HeraldDispatcher(audio_manager=AudioManager())
    silent = dispatcher.dispatch("Stop", {}, enable_audio=False)
    assert (silent.audio_played, silent.notes, silent.response) == (False, ["disabled"], {"continue": True})
    assert dispatcher.dispatch("Stop").audio_played
    assert dispatcher.dispatch("stop", {"session_id": "1"}, metadata={"argv": []}).throttled
    assert dispatcher.dispatch("Stop", {"session_id": "1"}, marker="another").audio_played
    context = dispatcher.create_context("Stop", {})
    assert dispatcher.dispatch(context).throttled
    assert HeraldDispatcher(audio_manager=manager).audio_manager is manager


def test_the_manager_is_the_one_that_was_given(manager):
    assert HeraldDispatcher(manager).audio_manager is manager
    assert isinstance(HeraldDispatcher().audio_manager, AudioManager)
    assert Dispatcher is HeraldDispatcher
