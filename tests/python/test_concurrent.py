"""The three tests that the original's users asked for, 200 rounds each: by threads, and by processes."""

import multiprocessing
import threading

import pytest
import workers
from conftest import join_all, run_all
from herald_audio import AudioManager, HeraldDispatcher
from workers import PATIENCE, ROUNDS

CONTEXTS = ["fork", "spawn"]


def played_by_five_threads(audio_manager):
    """Multiple threads play audio simultaneously. Returns how many sounds were taken."""
    played = 0
    for _ in range(ROUNDS):
        results = []

        def play_audio_worker(audio_type: str):
            result = audio_manager.play_audio_safe(audio_type, enabled=True)
            results.append(result)

        run_all([threading.Thread(target=play_audio_worker, args=("notification",)) for _ in range(5)])

        assert len(results) == 5
        played += count_of_played(results)
    return played


def test_concurrent_audio_playback(sandbox):
    """Test multiple threads playing audio simultaneously."""
    played = played_by_five_threads(AudioManager())
    assert len(sandbox.played(played)) == played, "each has one outcome"


def test_throttle_thread_safety(manager):
    """Test throttling under concurrent access."""
    audio_manager = manager
    for _ in range(ROUNDS):
        throttle_results = []

        def check_throttle_worker():
            # An hour where the original's users had a second: a machine may stand still for one.
            result = audio_manager.is_throttled_safe("notification", 3600)
            throttle_results.append(result)

        threads = [threading.Thread(target=check_throttle_worker) for _ in range(10)]
        run_all(threads)

        assert len([r for r in throttle_results if not r]) == 1  # Only one non-throttled
        assert len(throttle_results) == 10
        audio_manager.reset("notification")


def test_herald_concurrent_hooks(sandbox):
    """Test Herald dispatcher with concurrent hook execution."""
    dispatcher = HeraldDispatcher()
    for _ in range(ROUNDS):
        results = []

        def trigger_hook_worker(event_type: str):
            context = dispatcher.create_context(event_type, {})
            result = dispatcher.dispatch(context)
            results.append(result)

        events = ["Notification", "Stop", "PreToolUse", "PostToolUse"]
        threads = [threading.Thread(target=trigger_hook_worker, args=(event,)) for event in events]
        run_all(threads)

        assert len(results) == 4
        assert {result.event_type for result in results} == set(events)
        assert all(not result.errors for result in results)


def count_of_played(results):
    """How many were taken; the others were refused because too many wait."""
    for played, path, context in results:
        assert path is None and context["audioType"] == "Notification"
        told = (played, context["status"], context.get("reason"))
        assert told in [(True, "played", None), (False, "failed", "busy")], context
    return sum(played for played, _, _ in results)


def by_processes(context, worker, count):
    """What each of count processes returns, which meet at every round."""
    context = multiprocessing.get_context(context)
    barrier = context.Barrier(count)
    ends, processes = [], []
    for number in range(count):
        end, pipe = context.Pipe(duplex=False)
        process = context.Process(target=worker, args=(barrier, number, pipe))
        process.start()
        pipe.close()
        ends.append(end)
        processes.append(process)
    try:
        return [receive(end) for end in ends]
    finally:
        for process in processes:
            process.join(PATIENCE)
            process.kill()


def receive(end):
    assert end.poll(2 * PATIENCE), "a process said nothing"
    return end.recv()


@pytest.mark.parametrize("context", CONTEXTS)
def test_five_processes_play_at_once(sandbox, context):
    results = by_processes(context, workers.play, 5)
    assert [len(result) for result in results] == [ROUNDS] * 5
    played = sum(count_of_played(result) for result in results)
    assert played > 0
    assert len(sandbox.played(played)) == played, "each has one outcome"


@pytest.mark.parametrize("context", CONTEXTS)
def test_of_ten_processes_one_is_not_throttled(sandbox, context):
    results = by_processes(context, workers.check, 10)
    rounds = list(zip(*results, strict=True))
    assert len(rounds) == ROUNDS
    assert [throttled.count(False) for throttled in rounds] == [1] * ROUNDS


@pytest.mark.parametrize("context", CONTEXTS)
def test_four_processes_dispatch_at_once(sandbox, context):
    results = by_processes(context, workers.dispatch, 4)
    assert [len(result) for result in results] == [ROUNDS] * 4
    assert all(not report.errors for result in results for report in result)


def test_reading_and_writing_back_on_threads_undoes_nothing(manager):
    ends = threading.Event()

    def write_back():
        while not ends.is_set():
            manager._write_throttle_safe(manager._read_throttle_safe())

    threads = [threading.Thread(target=write_back) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(ROUNDS):
            assert not manager.is_throttled_safe(f"mine {number}", 3600)
            assert manager.is_throttled_safe(f"mine {number}", 3600)
    finally:
        ends.set()
        join_all(threads)
    for number in range(ROUNDS):
        assert manager.should_throttle(f"mine {number}", 3600)


def test_ten_managers_on_as_many_threads_share_the_throttle(sandbox):
    managers = [AudioManager() for _ in range(10)]
    for number in range(ROUNDS):
        barrier = threading.Barrier(10)
        results = []

        def check(manager):
            barrier.wait(PATIENCE)
            results.append(manager.is_throttled_safe(f"mine {number}", 3600))

        threads = [threading.Thread(target=check, args=(manager,)) for manager in managers]
        run_all(threads)
        assert results.count(False) == 1 and len(results) == 10


def test_reloads_and_reads_at_once(sandbox):
    """No thread sees an attribute missing, or half a config."""
    sandbox.write_original()
    manager = AudioManager()
    wrong = []

    def read():
        for _ in range(ROUNDS):
            seen = (manager.volume, manager.config.mappings["Stop"], manager.play_audio("Stop")[0])
            if seen != (0.2, "task_complete.wav", False):
                wrong.append(seen)

    def reload():
        for _ in range(ROUNDS):
            manager.reload_config_safe()

    threads = [threading.Thread(target=target) for target in (read, read, reload, reload)]
    run_all(threads)
    assert not wrong
