"""Builds the package with maturin, including Herald's programs.

HERALD_PYTHON_PROFILE, or the config setting "profile", names cargo's profile; release by default. A
wheel installs the programs next to Python's own, where they are commands. If the player cannot be
built, usually because ALSA's headers are missing, the package does not include it, and Herald searches
for herald-player next to the running program and on PATH.
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
_PROGRAMS = {"herald": "cli", "herald-player": "playback"}  # each with its feature


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    # maturin wants the directory that pyproject.toml names, even if nothing is in it yet.
    (_HERE / "programs" / "scripts").mkdir(parents=True, exist_ok=True)
    return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    # pyproject.toml names its parent: what is in "scripts" there is installed beside Python's programs.
    scripts = _HERE / "programs" / "scripts"
    settings = _put_programs(scripts, config_settings)
    try:
        return maturin.build_wheel(wheel_directory, settings, metadata_directory)
    finally:
        shutil.rmtree(scripts.parent, ignore_errors=True)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    # It is used where it stands: the programs stay there, and git ignores them.
    settings = _put_programs(_HERE / "herald_audio" / "bin", config_settings)
    scripts = _HERE / "programs" / "scripts"
    scripts.mkdir(parents=True, exist_ok=True)
    return maturin.build_editable(wheel_directory, settings, metadata_directory)


def _put_programs(place, config_settings):
    """Builds the programs into a directory; returns the settings for maturin, with the same profile."""
    settings = dict(config_settings or {})
    profile = settings.get("profile", os.environ.get("HERALD_PYTHON_PROFILE", "release"))
    arguments = maturin.get_maturin_pep517_args(settings)
    settings["build-args"] = [*arguments, "--profile", profile]
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for program, feature in _PROGRAMS.items():
        command = ["cargo", "build", "-p", "herald-cli", "--bin", program, "--profile", profile]
        command += ["--no-default-features", "--features", feature]
        command.append("--message-format=json-render-diagnostics")
        try:
            # What it says goes to standard error: maturin's own output is read.
            built = subprocess.run(command, cwd=_HERE, stdout=subprocess.PIPE, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"warning: {program} is left out: {error} (install ALSA's headers)", file=sys.stderr)
            continue
        messages = map(json.loads, built.stdout.splitlines())
        for file in filter(None, (message.get("executable") for message in messages)):
            shutil.copy2(file, place)
    return settings
