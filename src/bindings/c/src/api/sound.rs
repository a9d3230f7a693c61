//! Sounds, and the work of a hook.
#![allow(unsafe_code, reason = "exported names are unsafe")]

use std::ffi::c_char;

use herald_audio::internals::original::{Record, play_audio};
use herald_audio::{AudioManager, Dispatcher};
use serde_json::{Map, Value};

use super::times;
use crate::boundary::{with, with_forks};
use crate::failure::{Result, Status};
use crate::pointers::{Out, Text};
use crate::table::Manager;

/// Plays the sound configured for an event or a sound name. Herald's `play_audio`: does not ask the throttle,
/// and does not wait.
///
/// enabled: with false nothing is played, and the result is as otherwise.
///
/// A sound that was not played is not an error.
#[unsafe(no_mangle)]
pub extern "C" fn herald_play_audio(
    manager: *mut Manager,
    audio_type: *const c_char,
    enabled: bool,
    context_json: *const c_char,
    played: *mut bool,
    result_json: *mut *mut c_char,
) -> Status {
    with(manager, |manager| {
        let audio_type = Text::given(audio_type, "audio_type").text()?;
        let context = Text::given(context_json, "context_json").object()?;
        let (was_played, _, result) = play_audio(manager, audio_type, enabled, context);
        Out::optional(result_json).put_json(&result)?;
        Out::optional(played).put(was_played);
        Ok(())
    })
}

/// Plays a sound and waits until it was played.
///
/// sound: an event, a sound name, or a sound file (WAV, MP3, Ogg Vorbis, FLAC).
/// limit_ms: the longest it waits, in milliseconds.
///
/// Errors: HERALD_NO_SOUND, HERALD_MUTED, HERALD_BUSY if a newer sound replaced it, HERALD_NO_PLAYER if it
/// did not end within the limit, or nothing can play.
#[unsafe(no_mangle)]
pub extern "C" fn herald_play_and_wait(
    manager: *mut Manager,
    sound: *const c_char,
    limit_ms: u64,
) -> Status {
    with_forks(manager, |manager| {
        let name = Text::given(sound, "sound").text()?;
        let sound = manager.find_sound(name)?;
        let volume = manager.config().volume_of(name);
        manager.play_and_wait(name, sound, volume, times::limit(limit_ms))?;
        Ok(())
    })
}

/// Waits until the sounds of this process have ended, at most limit_ms milliseconds. Without
/// HERALD_IN_PROCESS there are none.
///
/// silent: whether they have; may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn herald_wait_until_silent(
    manager: *mut Manager,
    limit_ms: u64,
    silent: *mut bool,
) -> Status {
    with_forks(manager, |manager| {
        let is_silent = manager.wait_until_silent(times::limit(limit_ms));
        Out::optional(silent).put(is_silent);
        Ok(())
    })
}

/// Does the work of a hook: plays the event's sound, unless the throttle suppresses it, and returns the reply
/// for the agent. Does not wait for the sound.
///
/// event: its name; NULL: the payload's member hook_event_name.
/// payload_json: the JSON object that an agent writes to a hook's standard input.
/// reply_json: what a hook writes to its standard output, one line; may be NULL.
/// report_json: what became of the event, a JSON object: event_type, handler_name, handled,
/// audio_type, audio_played, audio_path, throttled, response, notes, errors, decision_payload,
/// blocked; may be NULL.
/// Free both with herald_string_free().
#[unsafe(no_mangle)]
pub extern "C" fn herald_dispatch(
    manager: *mut Manager,
    event: *const c_char,
    payload_json: *const c_char,
    reply_json: *mut *mut c_char,
    report_json: *mut *mut c_char,
) -> Status {
    with(manager, |manager| {
        let event = Text::given(event, "event").optional()?;
        let payload = Text::given(payload_json, "payload_json");
        payload.text()?;
        let payload = payload.object()?.unwrap_or_default();
        dispatch(
            manager,
            event,
            &payload,
            Out::optional(reply_json),
            Out::optional(report_json),
        )
    })
}

fn dispatch(
    manager: &AudioManager,
    event: Option<&str>,
    payload: &Map<String, Value>,
    reply: Out<*mut c_char>,
    report_place: Out<*mut c_char>,
) -> Result<()> {
    let told = || payload.get("hook_event_name")?.as_str();
    let event = event.or_else(told).unwrap_or_default();
    let payload = serde_json::to_vec(payload).unwrap_or_default();
    let report = Dispatcher::new(manager.clone()).dispatch(event, payload);
    report_place.put_json(&Record::of(&report))?;
    reply.put_text(report.reply())
}
