"""HeraldDispatcher: an event goes in; a sound, a reply and a report come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._manager import AudioManager


@dataclass
class DispatchContext:
    """An event that is to be dispatched: its name in whatever spelling, and what the agent told."""

    event_type: str
    payload: dict[str, Any] = field(default_factory=dict)
    enable_audio: bool = True


@dataclass
class DispatchReport:
    """What became of an event."""

    event_type: str
    """The event, as it was given."""
    handler_name: str | None
    """The event's official name, if it is known."""
    handled: bool
    """Whether the event is known."""
    audio_type: str | None
    """Whose sound was to be heard."""
    audio_played: bool
    """Whether it was handed to the player."""
    audio_path: Path | None
    """The sound's file; None where there is none, or the sound is built in."""
    throttled: bool
    """Whether it was heard less than its window ago, and so was not now."""
    response: dict[str, Any]
    """The reply to the agent."""
    notes: list[str]
    """Why it was not heard, and what else there is to say."""
    errors: list[str]
    """What went wrong: with the payload, or with the policy's files."""
    decision_payload: dict[str, Any] | None
    """What the decision policy decided."""
    blocked: bool
    """Whether the policy denied, blocked, or asks."""


class HeraldDispatcher:
    """Does all that a hook does, for a program that need start no process for its hooks.

    Without a manager, which may also be called audio_manager as the original had it, it makes one. Any
    number of threads may dispatch at the same moment.
    """

    def __init__(
        self,
        manager: AudioManager | None = None,
        *,
        audio_manager: AudioManager | None = None,
    ) -> None:
        given = manager if audio_manager is None else audio_manager
        self.audio_manager = AudioManager() if given is None else given

    def create_context(
        self, event_type: str, payload: Mapping[str, Any] | None = None
    ) -> DispatchContext:
        """What is to be dispatched: an event, and what the agent told of it."""
        return DispatchContext(event_type, dict(payload or {}))

    def dispatch(
        self,
        context: DispatchContext | str,
        payload: Mapping[str, Any] | None = None,
        *,
        marker: str | None = None,
        enable_audio: bool = True,
        metadata: Mapping[str, Any] | None = None,
    ) -> DispatchReport:
        """Makes the event's sound, unless it was heard a moment ago, and decides what to reply.

        Takes what create_context() made; or, as the original did, an event and what the agent told of
        it. marker tells two of a kind apart for the throttle; metadata is for nobody here.
        """
        if not isinstance(context, DispatchContext):
            payload = {**(payload or {}), "marker": marker} if marker else payload
            context = self.create_context(context, payload)
            context.enable_audio = enable_audio
        fields = self.audio_manager._dispatch(
            context.event_type, context.payload, bool(context.enable_audio)
        )
        if fields["audio_path"] is not None:
            fields["audio_path"] = Path(fields["audio_path"])
        return DispatchReport(**fields)


Dispatcher = HeraldDispatcher
