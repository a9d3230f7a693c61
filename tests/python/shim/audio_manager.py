"""Herald in the place of the original's utils/audio_manager.py: hooks that import it stay as they are."""

import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

try:
    from herald_audio import AudioConfig, AudioManager as _AudioManager
except ImportError as error:
    # This interpreter has no such package: the hook goes on and answers, and nothing sounds.
    with suppress(AttributeError, OSError):
        sys.stderr.write(f"[Herald] no sounds with {sys.executable}: {error}\n")

    @dataclass
    class AudioConfig:
        base_path: Path = ROOT / ".claude" / "sounds"
        mappings: dict = field(default_factory=dict)

    class _AudioManager:
        def __init__(self, **_):
            self.config, self.volume = AudioConfig(), 0.0

        def play_audio(self, audio_type, enabled=False, additional_context=None):
            context = {"audioType": audio_type, "enabled": enabled, "playerCmd": None, "volume": self.volume}
            context.update({"filePath": None, **(additional_context or {})})
            reason = "no_player" if enabled else "disabled"
            return False, None, {**context, "status": "skipped", "reason": reason}

        def get_throttle_window(self, audio_type, default_seconds):
            return max(0, int(default_seconds))

        def get_config(self, key, default=None):
            return default

        def should_throttle(self, key, window_seconds, now=None):
            return False

        def is_throttled(self, audio_type, throttle_window_seconds):
            return False

        def _nothing(self, *_, **__):
            return None

        resolve_file = mark_emitted = reload_config = _nothing
        play_audio_safe, get_config_safe, reload_config_safe = play_audio, get_config, reload_config
        should_throttle_safe, is_throttled_safe = should_throttle, is_throttled
        mark_emitted_safe = mark_emitted


__all__ = ["AudioConfig", "AudioManager"]


class AudioManager(_AudioManager):
    """As the original's: the project is the one that this file is in, at .claude/hooks/utils."""

    def __init__(self, **options):
        super().__init__(**{"project_dir": ROOT, **options})
