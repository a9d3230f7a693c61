"""Type checkers understand the package, and its stubs say what is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def mypy(tmp_path, *arguments):
    environment = {**os.environ, "MYPY_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-m", *arguments]
    output = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    return output.returncode, output.stdout + output.stderr


def test_stubs_say_what_is_there(tmp_path):
    code, said = mypy(tmp_path, "mypy.stubtest", "herald_audio")
    assert code == 0, said


@pytest.mark.parametrize("what", [[str(HERE / "sample.py")], ["-p", "herald_audio"]])
def test_a_strict_checker_is_content(tmp_path, what):
    code, said = mypy(tmp_path, "mypy", "--strict", *what)
    assert code == 0, said


@pytest.mark.parametrize(
    "line",
    [
        "AudioManager().is_throttled_safe(5, 5)",
        "AudioManager().is_throttled_safe('Stop', 'long')",
        "AudioManager('here')",
        "AudioManager().controls().muted = True",
        "AudioManager()._timeout_s = 5.0",
    ],
)
def test_a_strict_checker_sees_mistakes(tmp_path, line):
    file = tmp_path / "wrong.py"
    file.write_text(f"from herald_audio import AudioManager\n{line}\n")
    code, said = mypy(tmp_path, "mypy", "--strict", str(file))
    assert code == 1 and "wrong.py:2" in said, said
