"""HeraldDispatcher: plays the sound of an event, and returns the reply and a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._manager import AudioManager


@dataclass
class DispatchContext:
    """An event to dispatch: its name in any spelling, and the agent's payload."""

    event_type: str
    payload: dict[str, Any] = field(default_factory=dict)
    enable_audio: bool = True


@dataclass
class DispatchReport:
    """The outcome of an event."""

    event_type: str
    """The event, as it was given."""
    handler_name: str | None
    """The event's official name, if it is known."""
    handled: bool
    """Whether the event is known."""
    audio_type: str | None
    """The event or key whose sound was chosen."""
    audio_played: bool
    """Whether it was handed to the player."""
    audio_path: Path | None
    """The sound's file; None for a built-in sound, or without one."""
    throttled: bool
    """Whether the throttle suppressed it."""
    response: dict[str, Any]
    """The reply to the agent."""
    notes: list[str]
    """Why it was not played, and other remarks."""
    errors: list[str]
    """Errors of the payload or the policy's files."""
    decision_payload: dict[str, Any] | None
    """The decision of the policy."""
    blocked: bool
    """Whether the policy denied, blocked, or asks."""


class HeraldDispatcher:
    """Does the work of a hook, for programs that handle events in process.

    Creates a manager unless one is given (also as audio_manager, as in the original). Any number of
    threads may dispatch at the same time.
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
        """Creates an event to dispatch, with the agent's payload."""
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
        """Plays the event's sound, unless the throttle suppresses it, and determines the reply.

        Takes the result of create_context(), or, as in the original, an event and its payload. marker
        distinguishes events of one kind for the throttle; metadata is ignored.
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
