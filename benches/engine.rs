//! Mixing one period of 480 stereo frames, and loading sounds.
#![allow(elided_lifetimes_in_paths, reason = "Bencher has two")]

use std::sync::Arc;

use divan::Bencher;
use herald::audio::{Clip, Format};
use herald::engine::Engine;
use herald::sound::{Chime, Sound};

const FORMAT: Format = Format {
    rate: 48_000,
    channels: 2,
};
const PERIOD: usize = 480 * 2;

fn main() {
    divan::main();
}

#[divan::bench(args = [0, 1, 8, 32])]
fn render_a_period(bencher: Bencher, voices: usize) {
    // Long enough not to end while it is measured.
    let clip = Arc::new(Clip::new(FORMAT, vec![0.01; PERIOD * 1_000]));
    let periods = 900;
    bencher
        .with_inputs(|| {
            let (mut engine, mut renderer) = Engine::new(FORMAT);
            for _ in 0..voices {
                engine.play(clip.clone(), 0.5).unwrap();
            }
            renderer.render(&mut [0.0; PERIOD]);
            (engine, renderer, vec![0.0; PERIOD])
        })
        .input_counter(move |_| divan::counter::ItemsCount::new(periods as usize))
        .bench_local_values(|(engine, mut renderer, mut out)| {
            for _ in 0..periods {
                renderer.render(divan::black_box(&mut out));
            }
            (engine, renderer, out)
        });
}

#[divan::bench(args = [44_100, 48_000])]
fn make_a_chime(rate: u32) -> Clip {
    let format = Format { rate, channels: 2 };
    herald::audio::load(&Sound::Chime(Chime::Finished), format).unwrap()
}
