"""The throttle of ADR-003, the original Herald's design for many threads: a JSON file that is locked to
read and again to write. Written anew; what is not needed for a check is left out."""

import fcntl
import json
import threading
import time
from pathlib import Path

_OFFICIAL = {
    name.lower(): name
    for name in (
        "Stop SubagentStop Notification PreToolUse PostToolUse SessionStart SessionEnd "
        "UserPromptSubmit PreCompact"
    ).split()
} | {"agentstop": "SubagentStop", "usernotification": "Notification"}


class AudioManager:
    def __init__(self, throttle_path):
        self._throttle_path = Path(throttle_path)
        self._throttle_lock = threading.Lock()

    def is_throttled_safe(self, audio_type, throttle_window_seconds):
        if throttle_window_seconds <= 0:
            return False
        audio_type = self._normalize_key(audio_type)
        now = time.time()
        throttle_data = self._read_throttle_safe()
        last_played = throttle_data.get(audio_type, 0.0)
        if now - last_played < throttle_window_seconds:
            return True
        throttle_data[audio_type] = now
        self._write_throttle_safe(throttle_data)
        return False

    def _normalize_key(self, key):
        return _OFFICIAL.get(key.replace("_", "").replace("-", "").lower(), key)

    def _read_throttle_safe(self):
        with self._throttle_lock:
            try:
                if not self._throttle_path.exists():
                    return {}
                with open(self._throttle_path, "r") as file:
                    fcntl.flock(file.fileno(), fcntl.LOCK_SH)
                    data = json.load(file)
                    fcntl.flock(file.fileno(), fcntl.LOCK_UN)
                    return data
            except (FileNotFoundError, json.JSONDecodeError, OSError):
                return {}

    def _write_throttle_safe(self, data):
        with self._throttle_lock:
            try:
                self._throttle_path.parent.mkdir(parents=True, exist_ok=True)
                with open(self._throttle_path, "w") as file:
                    fcntl.flock(file.fileno(), fcntl.LOCK_EX)
                    json.dump(data, file, indent=2)
                    fcntl.flock(file.fileno(), fcntl.LOCK_UN)
            except OSError:
                pass
