"""Times throttle checks in Python: check.py herald|original

Reads lines such as "suppressed 100" (what to ask, and for how many milliseconds), and answers each with
the nanoseconds that one check took in the median batch."""

import gc
import os
import statistics
import sys
from itertools import repeat
from time import perf_counter_ns

HOUR = 3600


def nothing(name, window):
    return False


def checks(who):
    """For each thing to ask: whom, with what window, and what the answer is to be. And how many a batch
    has: enough that reading the timer does not count."""
    if who == "herald":
        import herald_audio

        manager = herald_audio.AudioManager()
        # A window of 0 marks nothing with is_throttled, and any other suppresses the next check.
        admitted = manager.admit, 0, True
        batch = 500
    else:
        import original

        manager = original.AudioManager(os.path.join(os.environ["HERALD_STATE_DIR"], "throttle.json"))
        # Shorter than the check itself. A window of 0 marks nothing.
        admitted = manager.is_throttled_safe, 1e-9, False
        batch = 20
    manager.is_throttled_safe("Stop", HOUR)
    suppressed = manager.is_throttled_safe, HOUR, True
    return {"nothing": (nothing, 0, False), "suppressed": suppressed, "admitted": admitted}, batch


def measure(call, window, batch, limit_ns):
    name = "Stop"
    times = []
    first = perf_counter_ns()
    while True:
        start = perf_counter_ns()
        for _ in repeat(None, batch):
            call(name, window)
        end = perf_counter_ns()
        times.append((end - start) / batch)
        if end - first >= limit_ns:
            return statistics.median(times)


def main():
    cases, batch = checks(sys.argv[1])
    gc.disable()  # as timeit does
    for line in sys.stdin:
        what, limit_ms = line.split()
        call, window, answer = cases[what]
        assert bool(call("Stop", window)) == answer, f"{what}: {call} answers {not answer}"
        print(measure(call, window, batch, int(limit_ms) * 1_000_000), flush=True)
        assert bool(call("Stop", window)) == answer, f"{what}: {call} answers {not answer}"


main()
