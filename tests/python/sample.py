"""What type checkers are shown: every public name, used as it is meant. It is not run."""

from pathlib import Path

from herald_audio import (
    AudioConfig,
    AudioManager,
    Controls,
    Decision,
    DispatchContext,
    Dispatcher,
    DispatchReport,
    HeraldDispatcher,
    HeraldError,
)


def use(manager: AudioManager) -> None:
    played: bool
    path: Path | None
    played, path, context = manager.play_audio("Stop", enabled=True, additional_context={"a": 1})
    played, path, context = manager.play_audio_safe("Stop")
    status: object = context["status"]
    throttled: bool = manager.is_throttled_safe("Stop", 5) or manager.is_throttled("Stop", 5.5)
    looked: bool = manager.should_throttle("Stop", 5, now=1.0) or manager.should_throttle_safe("a", 5)
    manager.mark_emitted("Stop", when=1)
    manager.mark_emitted_safe("Stop")
    window: float = manager.get_throttle_window("Stop", 5)
    file: Path | None = manager.resolve_file("Stop")
    times: dict[str, float] = manager._read_throttle_safe()
    manager._write_throttle_safe(times)
    manager.config.base_path = Path("sounds")
    manager.config.mappings["Stop"] = "stop.wav"
    manager.config = AudioConfig(Path("sounds"), {"Stop": "stop.wav"})
    manager.volume = manager.volume / 2
    value: object = manager.get_config_safe("audio_settings.volume", 0.5)
    manager.reload_config_safe()
    decision: Decision = manager.admit("mine", 5)
    wait: float = 0.0 if decision else decision.retry_after
    cancelled: bool = manager.cancel(decision) and manager.reset("mine")
    controls: Controls = manager.snooze(wait + 1)
    muted: bool = manager.mute().muted or manager.set_volume(None).silent or controls.silent
    try:
        through: str = manager.play_and_wait(Path("bell.wav"), timeout=5)
        silent: bool = manager.wait_until_silent(5)
    except HeraldError as error:
        print(error, manager.notes(), manager.project_dir)
    print(status, throttled, looked, window, file, value, cancelled, muted, through, silent)


def dispatch(dispatcher: HeraldDispatcher) -> DispatchReport:
    context: DispatchContext = dispatcher.create_context("Stop", {"session_id": "1"})
    return dispatcher.dispatch(context)


use(AudioManager(project_dir="project", in_process=False, player=None))
dispatch(Dispatcher(AudioManager()))
