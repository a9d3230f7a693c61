"""What pip runs: the package is built, with Herald's player in it where that can be built."""

import importlib.util
import os
import shutil
import subprocess
import sys
import types
from pathlib import Path

import herald_audio
import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src/bindings/python"


@pytest.fixture
def backend(tmp_path, monkeypatch):
    """The backend in a directory of its own, with stand-ins for cargo and for maturin."""
    (tmp_path / "herald_audio").mkdir()
    shutil.copy(PACKAGE / "build_backend.py", tmp_path)
    (tmp_path / "herald-player").write_text("the player")
    maturin = types.ModuleType("maturin")
    maturin.calls = []

    def build(directory, settings=None, metadata=None):
        found = sorted(path.name for path in (tmp_path / "herald_audio").glob("bin/*"))
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


def test_the_player_comes_with_the_wheel_and_does_not_stay(backend, tmp_path, monkeypatch):
    message = '{"reason": "compiler-artifact", "executable": "%s/herald-player"}' % tmp_path
    cargo(monkeypatch, tmp_path, f"echo '{{\"executable\": null}}'; echo '{message}'")
    assert backend.build_wheel("out", {"build-args": "--features x"}) == "the.whl"
    [(settings, found)] = sys.modules["maturin"].calls
    assert settings["build-args"] == ["--features x", "--profile", "release"]
    assert found == ["herald-player"]
    assert "--profile release" in (tmp_path / "asked").read_text()
    assert "-p herald-cli --bin herald-player" in (tmp_path / "asked").read_text()
    assert not (tmp_path / "herald_audio/bin").exists()
    assert backend.build_sdist("out") == "the.tar.gz", "the other hooks are maturin's"


def test_where_it_is_used_as_it_stands_the_player_stays(backend, tmp_path, monkeypatch):
    cargo(monkeypatch, tmp_path, f"echo '{{\"executable\": \"{tmp_path}/herald-player\"}}'")
    backend.build_editable("out")
    assert (tmp_path / "herald_audio/bin/herald-player").exists()


@pytest.mark.parametrize("has_cargo", [True, False])
def test_a_player_that_cannot_be_built_is_left_out(backend, tmp_path, monkeypatch, capsys, has_cargo):
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


def test_the_player_is_installed_with_the_package():
    if subprocess.run(["pkg-config", "--exists", "alsa"], check=False).returncode != 0:
        pytest.skip("it cannot be built here: ALSA's headers are missing")
    player = Path(herald_audio.__file__).parent / "bin/herald-player"
    assert os.access(player, os.X_OK)
