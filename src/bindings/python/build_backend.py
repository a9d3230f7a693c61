"""Builds the package with maturin, including Herald's player.

HERALD_PYTHON_PROFILE, or the config setting "profile", names cargo's profile; release by default. If
the player cannot be built, usually because ALSA's headers are missing, the package does not include
it, and Herald searches for herald-player next to the running program and on PATH.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import maturin
from maturin import *  # noqa: F403: the hooks of PEP 517 that are as they are

_HERE = Path(__file__).resolve().parent
_BIN = _HERE / "herald_audio" / "bin"
_PLAYER = "build -p herald-cli --bin herald-player"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    settings = _put_player(config_settings)
    try:
        return maturin.build_wheel(wheel_directory, settings, metadata_directory)
    finally:
        shutil.rmtree(_BIN, ignore_errors=True)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    # It is used where it stands: the player stays there, and git ignores it.
    settings = _put_player(config_settings)
    return maturin.build_editable(wheel_directory, settings, metadata_directory)


def _put_player(config_settings):
    """Builds the player into the package; returns the settings for maturin, with the same profile."""
    settings = dict(config_settings or {})
    profile = settings.get("profile", os.environ.get("HERALD_PYTHON_PROFILE", "release"))
    arguments = maturin.get_maturin_pep517_args(settings)
    settings["build-args"] = [*arguments, "--profile", profile]
    shutil.rmtree(_BIN, ignore_errors=True)
    command = ["cargo", *_PLAYER.split(), "--profile", profile, "--message-format", "json-render-diagnostics"]
    try:
        # What it says goes to standard error: maturin's own output is read.
        built = subprocess.run(command, cwd=_HERE, stdout=subprocess.PIPE, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"warning: herald-player is left out: {error} (install ALSA's headers)", file=sys.stderr)
        return settings
    messages = map(json.loads, built.stdout.splitlines())
    _BIN.mkdir()
    for program in filter(None, (message.get("executable") for message in messages)):
        shutil.copy2(program, _BIN)
    return settings
