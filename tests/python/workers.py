"""What several processes do at once. Each makes a manager of its own, and meets the others every round."""

from herald_audio import AudioManager, HeraldDispatcher

ROUNDS = 200
# Not a measure of speed: it only ends a test that would otherwise hang.
PATIENCE = 300.0


def play(barrier, number, pipe):
    manager = AudioManager()
    results = []
    for _ in range(ROUNDS):
        barrier.wait(PATIENCE)
        results.append(manager.play_audio_safe("notification", enabled=True))
    pipe.send(results)


def check(barrier, number, pipe):
    manager = AudioManager()
    results = []
    for _ in range(ROUNDS):
        if number == 0:
            manager.reset("notification")
        barrier.wait(PATIENCE)
        results.append(manager.is_throttled_safe("notification", 3600))
        barrier.wait(PATIENCE)
    pipe.send(results)


def dispatch(barrier, number, pipe):
    dispatcher = HeraldDispatcher()
    event = ["Notification", "Stop", "PreToolUse", "PostToolUse"][number]
    results = []
    for _ in range(ROUNDS):
        barrier.wait(PATIENCE)
        context = dispatcher.create_context(event, {})
        results.append(dispatcher.dispatch(context))
    pipe.send(results)


def check_with(manager, key, pipe):
    """In the child of a fork, with its parent's manager."""
    throttled = manager.is_throttled_safe(key, 3600)
    played, _, context = manager.play_audio("Stop", True)
    while context.get("reason") == "busy":
        played, _, context = manager.play_audio("Stop", True)
    pipe.send([throttled, played])
