"""AudioManager: the native manager with the assignable attributes of the original."""

from __future__ import annotations

import importlib
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _native


def _installed_player() -> Path | None:
    """The player that came with the package: next to Python's programs, or next to this file where the package is
    used as it stands. Else Herald searches next to the running program and on PATH."""
    package = Path(__file__).parent
    packages = package.parent
    if os.name == "nt":  # PREFIX/Lib/site-packages
        name, scripts = "herald-player.exe", packages.parent.parent / "Scripts"
    else:  # PREFIX/lib/python3.x/site-packages
        name, scripts = "herald-player", packages.parent.parent.parent / "bin"
    # The last is for pip install --target.
    players = (place / name for place in (package / "bin", scripts, packages / "bin"))
    return next((player for player in players if player.is_file()), None)


@dataclass
class AudioConfig:
    """The location of sounds: a directory, and the file in it for each event.

    Both may be changed. The manager then uses only these until it reloads its config.
    """

    base_path: Path = Path(".claude/sounds")
    mappings: dict[str, str] = field(default_factory=dict)


class _ConfigManager:
    """The config as one object, as in the original."""

    def __init__(self, manager: AudioManager) -> None:
        self._manager = manager

    def get(self, key: str, default: Any = None) -> Any:
        """The effective value of a dotted key, such as audio_settings.volume."""
        return self._manager.get_config(key, default)

    def get_config(self, name: str = "audio_config") -> Any:
        """The whole effective config, under any name."""
        return self._manager._effective()

    def clear_cache(self) -> None:
        """Reads the config's files again."""
        self._manager._reload()


def _fill_config_manager() -> None:
    """Makes the original's ConfigManager read its audio_config.json, as the original's AudioManager did.

    Other modules of a hook use it. It exists if the original's .claude/hooks is on Python's module
    path; another package called utils is not touched.
    """
    for entry in map(Path, sys.path):
        utils = entry / "utils"
        if entry.parts[-2:] == (".claude", "hooks") and (utils / "config_manager.py").is_file():
            break
    else:
        return
    try:
        module = importlib.import_module("utils.config_manager")
        if Path(str(module.__file__)).resolve().parent == utils.resolve():
            module.ConfigManager.get_instance([str(utils)]).get_config("audio_config.json")
    except Exception:
        # Sounds do not depend on it, so errors are ignored.
        return


class AudioManager(_native.Manager):
    """Plays the right sound for an event at most once per window, across all processes of a user.

    Optional keyword arguments:

    project_dir  the project, instead of CLAUDE_PROJECT_DIR or the one around the working directory
    in_process   sounds are played by this process and end with it; requires the feature playback. By
                 default the resident player plays them.
    player       the program to start if no resident player runs, instead of the one in this package

    Every method may be called from any number of threads; only play_and_wait and wait_until_silent wait
    for a sound. A manager works in a forked child, but cannot be pickled: create one in each process;
    they share the throttle. Problems with sound never raise, except in play_and_wait; an invalid number
    of seconds is a ValueError or a TypeError. The throttle converts names with str(); sounds require text.

    Attributes; the first two can be assigned, until the next reload_config():

    config       an AudioConfig: base_path and mappings
    volume       from 0 to 1, for the sounds of this manager
    project_dir  the project's directory
    """

    config: AudioConfig

    def __init__(
        self,
        *,
        project_dir: str | os.PathLike[str] | None = None,
        in_process: bool = False,
        player: str | os.PathLike[str] | None = None,
    ) -> None:
        if player is None:
            player = _installed_player()
        super().__init__(project_dir=project_dir, in_process=in_process, player=player)
        self._config_manager = _ConfigManager(self)
        _fill_config_manager()
        self._show_config()

    def _show_config(self) -> None:
        base_path, mappings, self._configured_volume = self._configured()
        self._loaded = AudioConfig(base_path, mappings)
        self.config = AudioConfig(base_path, dict(mappings))
        self._own_volume: float | None = None

    @property
    def volume(self) -> float:
        """The volume from 0 to 1: the assigned one, else the configured one."""
        return self._configured_volume if self._own_volume is None else self._own_volume

    @volume.setter
    def volume(self, volume: float) -> None:
        volume = float(volume)
        if math.isnan(volume):
            raise ValueError("NaN is no volume (give a number from 0 to 1)")
        self._own_volume = min(max(volume, 0.0), 1.0)

    def play_audio(
        self,
        audio_type: str,
        enabled: bool = False,
        additional_context: Mapping[str, Any] | None = None,
    ) -> tuple[bool, Path | None, dict[str, Any]]:
        """Plays the sound of audio_type, an event or a sound name, if enabled. Does not wait for it.

        Returns whether it was handed to the player, its file (None for a built-in sound, or without one),
        and a dictionary: audioType, enabled, playerCmd, volume and filePath, overridden by the members
        of additional_context, and by status (played, skipped, failed), reason (disabled, muted,
        file_not_found, busy, no_player), returnCode and error.
        """
        own = self._own(audio_type)
        return self._play(audio_type, bool(enabled), additional_context, own, self._own_volume)

    def resolve_file(self, audio_type: str) -> Path | None:
        """The file configured for audio_type, if it exists."""
        return self._resolve(audio_type, self._own(audio_type))

    def play_and_wait(self, sound: str | os.PathLike[str], timeout: float = 150.0) -> str:
        """Plays an event's sound or a sound file and waits until it ends, at most timeout seconds.

        Returns the output. Raises HeraldError if it was not played, with the reason and a hint. Ctrl-C
        ends the wait, not the sound.
        """
        own = self._own(sound) if isinstance(sound, str) else None
        return self._play_and_wait(sound, timeout, own, self._own_volume)

    def reload_config(self) -> None:
        """Reads the config files again: files, windows, volume. Assigned values are dropped."""
        self._reload()
        self._show_config()

    def _own(self, audio_type: str) -> tuple[Path, str | None] | None:
        """The assigned directory and file for audio_type, if they differ from the config."""
        config, loaded = self.config, self._loaded
        base_path = Path(config.base_path)
        name = self._normalize_key(audio_type)
        names = [name, "Stop"] if name == "SubagentStop" else [name]
        file, loaded_file = (
            next((mappings[name] for name in names if name in mappings), None)
            for mappings in (config.mappings, loaded.mappings)
        )
        if base_path == loaded.base_path and file == loaded_file:
            return None
        return base_path, "" if file is None and loaded_file is not None else file

    # The original's names of thread-safe methods: here all methods are thread-safe.
    is_throttled_safe = _native.Manager.is_throttled
    should_throttle_safe = _native.Manager.should_throttle
    mark_emitted_safe = _native.Manager.mark_emitted
    get_config_safe = _native.Manager.get_config
    _read_throttle_safe = _native.Manager._read_throttle
    _write_throttle_safe = _native.Manager._write_throttle
    play_audio_safe = play_audio
    reload_config_safe = reload_config
