//! The real-time side allocates nothing and frees nothing, whatever comes and goes meanwhile.
#![cfg(feature = "playback")]

use std::sync::Arc;

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use herald::audio::{Clip, Format};
use herald::engine::{Engine, MAX_VOICES};

/// Ends the program at an allocation inside `assert_no_alloc`.
#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

const FORMAT: Format = Format {
    rate: 48_000,
    channels: 2,
};

#[test]
fn rendering_never_allocates_or_frees() {
    let (mut engine, mut renderer) = Engine::new(FORMAT);
    let mut out = [0.0; 960];
    let mut heard = 0.0;
    for callback in 0..2_000 {
        // Clips of many lengths that nobody else holds: whoever drops the voice frees them.
        for voice in 0..callback % 7 {
            let clip = Clip::new(FORMAT, vec![0.01; 2 * (1 + voice * 377)]);
            let _ = engine.play(Arc::new(clip), 0.5);
        }
        if callback % 500 == 499 {
            // All places taken, and the queue full.
            for _ in 0..4 * MAX_VOICES {
                let clip = Clip::new(FORMAT, vec![0.01; 96_000]);
                let _ = engine.play(Arc::new(clip), 0.5);
            }
        }
        assert_no_alloc(|| renderer.render(&mut out));
        heard += out.iter().sum::<f32>();
    }
    assert!(heard > 0.0, "nothing was rendered");
}
