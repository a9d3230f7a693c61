"""Herald in the place of the original's utils/audio_manager.py: hooks that import it stay as they are."""

from pathlib import Path

import herald_audio
from herald_audio import AudioConfig

__all__ = ["AudioConfig", "AudioManager"]


class AudioManager(herald_audio.AudioManager):
    """As the original's: the project is the one that this file is in, at .claude/hooks/utils."""

    def __init__(self, **options):
        super().__init__(**{"project_dir": Path(__file__).resolve().parents[3], **options})
