"""What pip runs: the package is built, with Herald's programs in it where they can be built."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import types
from pathlib import Path

import pytest
from herald_audio._manager import _installed_player

PACKAGE = Path(__file__).resolve().parents[2] / "src/bindings/python"


@pytest.fixture
def backend(tmp_path, monkeypatch):
    """The backend in a directory of its own, with stand-ins for cargo and for maturin."""
    (tmp_path / "herald_audio").mkdir()
    shutil.copy(PACKAGE / "build_backend.py", tmp_path)
    for program in ("herald", "herald-player"):
        (tmp_path / program).write_text(program)
    maturin = types.ModuleType("maturin")
    maturin.calls = []

    def build(directory, settings=None, metadata=None):
        found = sorted(path.name for path in (tmp_path / "programs").glob("scripts/*"))
        maturin.calls.append((settings, found))
        return "the.whl"

    maturin.build_wheel = maturin.build_editable = build
    maturin.build_sdist = lambda *_: "the.tar.gz"
    maturin.get_maturin_pep517_args = lambda settings: list(filter(None, [settings.get("build-args")]))
    monkeypatch.setitem(sys.modules, "maturin", maturin)
    monkeypatch.delenv("HERALD_PYTHON_PROFILE", raising=False)
    spec = importlib.util.spec_from_file_location("backend_in_test", tmp_path / "build_backend.py")
    backend = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(backend)
    return backend


def cargo(monkeypatch, place, script):
    program = place / "path/cargo"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" > {place}/asked\n{script}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}/bin{os.pathsep}/usr/bin")


BUILDS = """
echo '{"executable": null}'
case "$*" in *"--bin herald-player"*) program=herald-player ;; *) program=herald ;; esac
echo "{\\"executable\\": \\"%s/$program\\"}"
"""


def test_the_programs_come_with_the_wheel_and_do_not_stay(backend, tmp_path, monkeypatch):
    cargo(monkeypatch, tmp_path, BUILDS % tmp_path)
    assert backend.build_wheel("out", {"build-args": "--features x"}) == "the.whl"
    [(settings, found)] = sys.modules["maturin"].calls
    assert settings["build-args"] == ["--features x", "--profile", "release"]
    assert found == ["herald", "herald-player"]
    assert "-p herald-cli --bin herald-player --profile release" in (tmp_path / "asked").read_text()
    assert not (tmp_path / "programs").exists()
    assert backend.build_sdist("out") == "the.tar.gz", "the other hooks are maturin's"


def test_where_it_is_used_as_it_stands_the_programs_stay(backend, tmp_path, monkeypatch):
    cargo(monkeypatch, tmp_path, BUILDS % tmp_path)
    backend.build_editable("out")
    assert (tmp_path / "herald_audio/bin/herald-player").exists()


@pytest.mark.parametrize("has_cargo", [True, False])
def test_a_program_that_cannot_be_built_is_left_out(backend, tmp_path, monkeypatch, capsys, has_cargo):
    if has_cargo:
        cargo(monkeypatch, tmp_path, "exit 101")
    else:
        monkeypatch.setenv("PATH", "/nonexistent")
    assert backend.build_wheel("out") == "the.whl"
    [(_, found)] = sys.modules["maturin"].calls
    assert found == []
    assert "herald-player is left out" in capsys.readouterr().err


@pytest.mark.parametrize("way", ["variable", "setting"])
def test_another_profile(backend, tmp_path, monkeypatch, way):
    cargo(monkeypatch, tmp_path, "exit 1")
    if way == "variable":
        monkeypatch.setenv("HERALD_PYTHON_PROFILE", "dev")
    backend.build_wheel("out", {"profile": "dev"} if way == "setting" else None)
    [(settings, _)] = sys.modules["maturin"].calls
    assert settings["build-args"] == ["--profile", "dev"]
    assert "--profile dev" in (tmp_path / "asked").read_text()


def test_the_programs_are_installed_beside_python():
    scripts = Path(sysconfig.get_path("scripts"))
    said = subprocess.run([scripts / "herald", "--version", "--verbose"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("herald ")
    if subprocess.run(["pkg-config", "--exists", "alsa"], check=False).returncode != 0:
        pytest.skip("the player cannot be built here: ALSA's headers are missing")
    assert _installed_player() == scripts / "herald-player"
    assert str(scripts / "herald-player") in said.stdout
