"""Herald for Python: the right sound of a coding agent's event, at once and exactly once.

    from herald_audio import AudioManager

    manager = AudioManager()
    if not manager.is_throttled_safe("Stop", 5):
        manager.play_audio("Stop", enabled=True)

AudioManager has the members of the original Herald's class of that name, so that a hook written for
that one keeps working. HeraldDispatcher does all that a hook does: an event goes in; a sound, a reply
and a report come out.

The throttle, mute and volume are shared with every process of the user, whatever language it is
written in. Every function may be called from any number of threads, and none but those with "wait" in
their names waits for a sound.
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
