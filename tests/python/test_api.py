"""The public names and their signatures, as they are written down in api.txt.

After a change that is meant: HERALD_BLESS=1 python -m pytest tests/python/test_api.py
"""

import inspect
import os
import pydoc
from pathlib import Path

import herald_audio
import pytest

SNAPSHOT = Path(__file__).with_name("api.txt")
# What the original's users touch, although it begins with "_".
ORIGINAL = {
    "_config_manager",
    "_normalize_key",
    "_player_base_args",
    "_player_cmd",
    "_read_throttle",
    "_read_throttle_safe",
    "_throttle_cfg",
    "_throttle_path",
    "_timeout_s",
    "_use_file_locking",
    "_write_throttle",
    "_write_throttle_safe",
}


def members(cls):
    for name in sorted(dir(cls)):
        if (not name.startswith("_") or name in ORIGINAL) and name not in dir(Exception):
            yield name, inspect.getattr_static(cls, name)


def described(name, member):
    if isinstance(member, staticmethod):
        return f"    static {name}{inspect.signature(member)}"
    if inspect.isroutine(member):
        return f"    {name}{inspect.signature(member)}"
    return f"    {name}"


def api():
    lines = []
    for name in sorted(herald_audio.__all__):
        cls = getattr(herald_audio, name)
        has_signature = cls.__init__ is not object.__init__ and not issubclass(cls, Exception)
        lines.append(f"{name}{inspect.signature(cls) if has_signature else ''}")
        lines.extend(described(*member) for member in members(cls))
    return "\n".join(lines) + "\n"


def test_the_names_and_signatures_are_those_that_are_written_down():
    if os.environ.get("HERALD_BLESS") == "1":
        SNAPSHOT.write_text(api())
    assert api() == SNAPSHOT.read_text(), __doc__


def test_every_member_of_the_original_is_there(manager):
    for name in ORIGINAL | {"config", "volume"}:
        assert hasattr(manager, name), name


@pytest.mark.parametrize("name", herald_audio.__all__)
def test_every_public_name_says_what_it_is(name):
    cls = getattr(herald_audio, name)
    assert cls.__doc__ and not cls.__doc__.startswith(f"{name}("), name
    for member, value in members(cls):
        # A field of a data class is described where it stands, or by the class.
        if inspect.isroutine(value) or isinstance(value, property) or inspect.isdatadescriptor(value):
            assert inspect.getdoc(value), f"{name}.{member}"


def test_help_renders_and_tells_the_most_important():
    page = pydoc.render_doc(herald_audio, renderer=pydoc.plaintext)
    assert "from herald_audio import AudioManager" in page
    page = pydoc.render_doc(herald_audio.AudioManager, renderer=pydoc.plaintext)
    for word in (
        "play_audio(",
        "Plays the sound of audio_type",
        "is_throttled(self, /, audio_type, throttle_window_seconds)",
        "should_throttle(self, /, key, window_seconds, now=None)",
        "project_dir",
        "reload_config(",
    ):
        assert word in page, page
