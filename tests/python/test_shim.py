"""One file in the place of the original's: its users' hooks stay as they are."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SHIM = Path(__file__).parent / "shim" / "audio_manager.py"

# Another module of the original's package: hooks get the manager through such, too.
HELPER = """
from typing import Optional
from .audio_manager import AudioManager

_manager: Optional[AudioManager] = None

def get_audio_manager() -> AudioManager:
    global _manager
    if _manager is None:
        _manager = AudioManager()
    return _manager
"""

# A hook as the original's users have it.
HOOK = """
import argparse, json, sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from utils.audio_manager import AudioManager, AudioConfig
from utils.helper import get_audio_manager

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--enable-audio", action="store_true")
    args = parser.parse_args()
    payload = json.load(sys.stdin)
    audio = get_audio_manager()
    assert isinstance(audio, AudioManager) and isinstance(audio.config, AudioConfig)
    window = audio.get_throttle_window("Stop", 300)
    throttled = audio.should_throttle("Stop", window)
    played, path, context = False, None, {}
    if not throttled:
        played, path, context = audio.play_audio_safe(
            "stop", enabled=args.enable_audio, additional_context={"session": payload["session_id"]}
        )
        if played:
            audio.mark_emitted("Stop")
    print(json.dumps({"window": window, "throttled": throttled, "played": played,
                      "path": str(path), "context": context, "volume": audio.volume}))

main()
"""


@pytest.fixture(params=["inside", "outside"])
def hook(sandbox, request, monkeypatch):
    """A project with the original's files, and the shim among them."""
    sandbox.write_original()
    sandbox.write_sound(".claude/sounds/task_complete.wav")
    hooks = sandbox.project / ".claude/hooks"
    shutil.copy(SHIM, hooks / "utils")
    (hooks / "utils/__init__.py").touch()
    (hooks / "utils/helper.py").write_text(HELPER)
    script = hooks / "stop.py"
    script.write_text(HOOK)
    if request.param == "outside":
        # Without the agent's variable, and run from somewhere else: the file's place says it.
        monkeypatch.delenv("CLAUDE_PROJECT_DIR")
        monkeypatch.chdir(sandbox.root)
    return script


def test_the_documentation_shows_it():
    page = SHIM.parents[3] / "src/docs/python.md"
    assert SHIM.read_text() in page.read_text()


def run(script, *args, options=()):
    command = [sys.executable, *options, str(script), *args]
    output = subprocess.run(
        command, input=b'{"session_id": "7"}', stdout=subprocess.PIPE, check=True, timeout=120
    )
    return json.loads(output.stdout)


def test_the_hooks_of_the_originals_users(hook, sandbox):
    file = str(sandbox.project / ".claude/sounds/task_complete.wav")
    silent = run(hook)
    assert silent["context"]["reason"] == "disabled" and not silent["played"]
    assert (silent["window"], silent["volume"], silent["path"]) == (120, 0.2, file)
    heard = run(hook, "--enable-audio")
    assert heard["played"] and not heard["throttled"]
    assert heard["context"]["status"] == "played" and heard["context"]["session"] == "7"
    assert sandbox.played(1)[0]["sound"] == file
    assert run(hook, "--enable-audio")["throttled"]


# As the original's, with the manager's config in it for whoever asks.
CONFIG_MANAGER = """
class ConfigManager:
    paths, read = [], []

    @classmethod
    def get_instance(cls, search_paths=None):
        cls.paths = search_paths or cls.paths
        return cls()

    def get_config(self, name):
        self.read.append(name)
"""


def test_the_originals_config_manager_is_filled(hook):
    utils = hook.parent / "utils"
    (utils / "config_manager.py").write_text(CONFIG_MANAGER)
    told = "[ConfigManager.paths, ConfigManager.read]"
    text = HOOK.replace("from utils.helper", "from utils.config_manager import ConfigManager\nfrom utils.helper")
    hook.write_text(text.replace('"window": window', f'"told": {told}, "window": window'))
    assert run(hook)["told"] == [[str(utils)], ["audio_config.json"]]
    # One that cannot be used is no reason to fail.
    (utils / "config_manager.py").write_text("class ConfigManager: paths = read = None\n")
    assert run(hook)["told"] == [None, None]


def test_where_the_package_is_missing_the_hook_answers(hook, capfd):
    # Without what was installed: -S leaves out site-packages.
    answer = run(hook, "--enable-audio", options=["-S"])
    assert (answer["window"], answer["played"], answer["throttled"]) == (300, False, False)
    context = answer["context"]
    assert (context["status"], context["reason"], context["session"]) == ("skipped", "no_player", "7")
    assert "No module named 'herald_audio'" in capfd.readouterr().err
