//! The real-time side allocates nothing and frees nothing, whatever comes and goes meanwhile.
#![cfg(feature = "playback")]

use std::sync::Arc;
use std::time::Duration;

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use herald_audio::internals::audio::{Clip, Format};
use herald_audio::internals::engine::{
    Engine, MAX_STARTING, MAX_VOICES, Master, VoiceHandle, VoiceState,
};

/// Ends the program at an allocation inside `assert_no_alloc`.
#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const FORMAT: Format = Format {
    rate: 48_000,
    channels: 2,
};

/// A clip that nobody else holds: whoever drops the voice frees it.
fn clip(frames: usize) -> Arc<Clip> {
    Arc::new(Clip::new(FORMAT, vec![0.05; 2 * frames]))
}

#[test]
fn rendering_never_allocates_or_frees() {
    let master = Arc::new(Master::new());
    let lead_in = Duration::from_millis(15);
    let (mut engine, mut renderer) = Engine::with(FORMAT, lead_in, master.clone());
    let mut out = [0.0; 960];
    let (mut heard, mut most_voices) = (0.0, 0);
    let mut handles: Vec<VoiceHandle> = Vec::new();
    for callback in 0..4_000 {
        // Commands: some voices of many lengths at each callback, now and then more than fit.
        let burst = if callback % 500 == 499 {
            2 * MAX_STARTING
        } else {
            1 + callback % 7
        };
        for voice in 0..burst {
            let length = if burst > 8 { 9_600 } else { 1 + voice * 1_377 };
            let sides = [1.0, if voice % 2 == 0 { 1.0 } else { 0.7 }];
            handles.extend(engine.play_placed(clip(length), 0.5, sides, 0));
        }
        for (n, handle) in handles.iter().enumerate() {
            match (callback + n) % 11 {
                0 => drop(handle.stop()),
                1 => handle.set_gain(0.25),
                _ => {}
            }
        }
        master.set_volume(if callback % 90 < 45 { 1.0 } else { 0.5 });
        master.set_muted(callback % 333 == 0);
        // Handles dropped while their voices play, and before they begin.
        handles.retain(|handle| !handle.state().is_over() && callback % 37 != 0);

        let frames = [1, 7, 64, 480][callback % 4];
        assert_no_alloc(|| renderer.render(&mut out[..2 * frames]));
        heard += out[..2 * frames].iter().sum::<f32>();
        let playing = |handle: &&VoiceHandle| handle.state() == VoiceState::Playing;
        most_voices = most_voices.max(handles.iter().filter(playing).count());
        // A control side that falls behind for a while: ended voices pile up.
        if callback % 1_000 < 900 {
            engine.free_ended();
        }
    }
    assert!(heard > 0.0, "nothing was rendered");
    assert!(most_voices > 32, "only {most_voices} voices at once");
    assert!(most_voices <= MAX_VOICES);
}
