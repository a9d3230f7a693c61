"""A place where a test runs Herald without touching, or being touched by, anything else."""

import json
import os
import shutil
import signal
import tempfile
import threading
import time
import wave
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
# How long a test waits for something that must come. Not a measure of speed: it only ends a test that
# would otherwise hang.
PATIENCE = 300.0


class Sandbox:
    """Temporary directories for state and home, and a project."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.project = root / "project"
        self.state_dir = root / "state"
        self._monkeypatch = monkeypatch

    def setenv(self, **variables: object) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, str(value))

    def write(self, name: str, text: str) -> Path:
        """A file of the project."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def write_config(self, **config: object) -> None:
        self.write(".claude/herald.json", json.dumps(config))

    def write_original(self) -> None:
        """The original's config, as it was shipped."""
        config = (FIXTURES / "original" / "audio_config.json").read_text()
        self.write(".claude/hooks/utils/audio_config.json", config)

    def write_sound(self, name: str, seconds: float = 0.01) -> Path:
        """A sound file below the project."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(48_000)
            file.writeframes(b"\1\0" * 2 * int(seconds * 48_000))
        return path

    def play_until_told(self) -> tuple[Path, Path]:
        """Lets sounds end when somebody says so. Returns two files: one that says it has begun, and that word."""
        begun, go = self.project / "begun", self.project / "go"
        # It also ends when the test has, with its directory.
        script = f"#!/bin/sh\ntouch {begun}\nwhile [ -e {begun} ] && [ ! -e {go} ]; do sleep 0.01; done\n"
        player = self.write("player", script)
        player.chmod(0o755)
        self.setenv(AUDIO_PLAYER_CMD=player, AUDIO_PLAYER_TIMEOUT=3600, HERALD_OUTPUT="command")
        return begun, go

    def played(self, count: int) -> list[dict]:
        """The player's record, once it has count lines."""
        return wait_until(f"{count} sounds have their line", lambda: self._enough(count))

    def _enough(self, count: int) -> list[dict] | None:
        log = self.state_dir / "log.ndjson"
        lines = log.read_text().splitlines(keepends=True) if log.exists() else []
        whole = [json.loads(line) for line in lines if line.endswith("\n")]
        record = [line for line in whole if isinstance(line.get("sound"), str)]
        return record if len(record) >= count else None


def wait_until(what: str, found):
    """Polls until found() finds something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.005)
    raise AssertionError(f"waited in vain until {what}")


def in_child(right) -> None:
    """Forks, and asserts that right() is so in the child: there too every wait ends."""
    pid = os.fork()
    if pid == 0:
        # Whatever happens, this process must not go on with pytest.
        is_right = False
        try:
            signal.alarm(int(PATIENCE))
            is_right = right()
        finally:
            os._exit(0 if is_right else 1)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def run_all(threads) -> None:
    """Starts them, and waits until all have ended."""
    for thread in threads:
        thread.daemon = True  # So that a failure does not hang.
        thread.start()
    join_all(threads)


def join_all(threads) -> None:
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "waited in vain until a thread ends"


def press_ctrl_c(when) -> None:
    """Interrupts the main thread when it is time."""

    def press():
        wait_until("it is time for Ctrl-C", when)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()


def removed(root: Path) -> bool:
    shutil.rmtree(root, ignore_errors=True)
    return not root.exists()


def pytest_addoption(parser):
    parser.addoption("--in-process", action="store_true", help="the package can play by itself: skip nothing")


@pytest.fixture(autouse=True)
def ground():
    """What tests stand on, whatever was inherited: a shell starts what is in the background with Ctrl-C
    ignored, and then Python has no use for it either."""
    for number in (signal.SIGTERM, getattr(signal, "SIGCHLD", None), getattr(signal, "SIGALRM", None)):
        if number is not None:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.umask(0o022)


@pytest.fixture
def sandbox(monkeypatch):
    root = Path(tempfile.mkdtemp(prefix="herald"))
    for name in list(os.environ):
        if name.startswith(("AUDIO_", "CLAUDE_", "HERALD_", "XDG_")):
            monkeypatch.delenv(name)
    for name in ("home", "run", "project"):
        (root / name).mkdir()
    place = Sandbox(root, monkeypatch)
    place.setenv(
        HOME=root / "home",
        XDG_RUNTIME_DIR=root / "run",
        HERALD_STATE_DIR=place.state_dir,
        CLAUDE_PROJECT_DIR=place.project,
        HERALD_OUTPUT="null",
    )
    monkeypatch.chdir(place.project)
    yield place
    # A player that notices its state directory gone leaves. One that is just starting may put a file
    # into it meanwhile.
    wait_until("the sandbox is gone", lambda: removed(root))


@pytest.fixture
def manager(sandbox):
    from herald_audio import AudioManager

    return AudioManager()


@pytest.fixture
def open_in_process(request, sandbox):
    """Makes a manager whose sounds come from this process; skips the test where none does."""
    from herald_audio import AudioManager, HeraldError

    def open_in_process():
        try:
            return AudioManager(in_process=True)
        except HeraldError as error:
            if request.config.getoption("--in-process"):
                raise
            assert "--features playback" in str(error)
            pytest.skip("this installation cannot play in process")

    return open_in_process
