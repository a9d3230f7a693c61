"""Herald for Python: the right sound for a coding agent's event, at once and exactly once.

    from herald_audio import AudioManager

    manager = AudioManager()
    if not manager.is_throttled_safe("Stop", 5):
        manager.play_audio("Stop", enabled=True)

AudioManager has the members of the original Herald's class of that name, so existing hooks keep
working. HeraldDispatcher does the work of a hook: it takes an event, plays its sound, and returns the
reply and a report.

The throttle, mute and volume are shared with all processes of the user, in any language. Every
function may be called from any number of threads; only those with "wait" in their names wait for a
sound.
"""

from ._dispatcher import DispatchContext, Dispatcher, DispatchReport, HeraldDispatcher
from ._manager import AudioConfig, AudioManager
from ._native import Controls, Decision, HeraldError

__all__ = [
    "AudioConfig",
    "AudioManager",
    "Controls",
    "Decision",
    "DispatchContext",
    "DispatchReport",
    "Dispatcher",
    "HeraldDispatcher",
    "HeraldError",
]
