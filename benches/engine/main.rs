//! The engine beside what a user would pick instead, in one run: mixing, starting and loading.
//!
//! # How it is measured
//!
//! Every contestant mixes the same sounds, in memory and at the output's rate, each at half its
//! level, into blocks of 480 stereo frames: what an audio callback does every 10 ms at 48 kHz.
//! Before that each must have given the right samples: a quick mixer of silence is none. A figure
//! is the median over many batches; the contestants take turns, so that a slow minute of the
//! machine is nobody's own. With `--test` everything runs once, briefly.
//!
//! # Limits
//!
//! rodio gives one sample at a time through nested iterators, kira interpolates each sound so that
//! its pitch may change: neither can be told not to. What they can do and Herald cannot is not in
//! the figures. One core mixes, with warm caches.

mod loading;
mod mixers;

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::{is_trial, median};
use mixers::{Herald, Kira, Mixer, PERIOD, Rodio, SAMPLES};

/// Voices at once.
const VOICES: [usize; 4] = [1, 8, 32, 64];
/// Periods in a batch.
const BATCH: usize = 20;
/// Times everything is measured.
const ROUNDS: usize = 60;

fn main() {
    let once = is_trial();
    if once {
        println!("Everything runs once, to see that it does; the figures mean nothing.\n");
    }
    let rounds = if once { 1 } else { ROUNDS };
    for check in [check::<Herald>, check::<Rodio>, check::<Kira>] {
        check();
    }
    mixing(rounds);
    starting(rounds);
    loading::run(rounds);
}

/// Whether a mixer gives the sum of its sounds, each at half its level.
fn check<M: Mixer>() {
    let samples: &'static [f32] = Vec::leak((0..2 * SAMPLES).map(sample).collect());
    let mut mixer = M::new(samples, 3, 0.1);
    let mut out = [0.0; 2 * PERIOD];
    let mut mixed = Vec::new();
    while mixed.len() < SAMPLES {
        mixer.mix(&mut out);
        mixed.extend(out);
    }
    // Some begin with a block of silence.
    let start = mixed.chunks_exact(2).position(|frame| frame != [0.0; 2]);
    let mixed = &mixed[2 * start.unwrap_or_else(|| panic!("{} is silent", M::NAME))..];
    // Interpolation needs some frames to begin.
    let matches = |offset: usize| {
        let pairs = mixed[2_000..8_000].iter().zip(&samples[2_000 + offset..]);
        pairs.fold(0.0f32, |most, (mixed, sample)| {
            most.max((mixed - sample * 0.3).abs())
        }) < 1e-4
    };
    assert!((0..32).any(matches), "{} does not mix", M::NAME);
}

/// A slow wave that differs from sample to sample.
fn sample(n: usize) -> f32 {
    let frame = (n / 2) as f32;
    let side = if n.is_multiple_of(2) { 0.5 } else { -0.25 };
    (frame * 0.01).sin() * side
}

/// Measures a batch; µs a period.
type Batch = Box<dyn FnMut() -> f64>;

fn mixing(rounds: usize) {
    println!("Mixing a period of {PERIOD} stereo frames, in µs; and how many times Herald's\n");
    println!(
        "{:22}{}",
        "voices",
        VOICES.map(|n| format!("{n:>16}")).concat()
    );
    let measured = VOICES.map(|voices| {
        // Long enough not to end while it is measured.
        let periods = (rounds + 2) * BATCH;
        let samples: &'static [f32] = Vec::leak((0..2 * PERIOD * periods).map(sample).collect());
        let gain = 0.5 / voices as f32;
        let mut contestants: [(&str, Batch); 4] = [
            ("Herald", batches(Herald::new(samples, voices, gain))),
            // Beyond full scale from the second voice on.
            (
                "Herald, limiting",
                batches(Herald::new(samples, voices, 3.0)),
            ),
            ("rodio", batches(Rodio::new(samples, voices, gain))),
            ("kira", batches(Kira::new(samples, voices, gain))),
        ];
        let mut times: [Vec<f64>; 4] = Default::default();
        for round in 0..=rounds {
            for ((_, batch), times) in contestants.iter_mut().zip(&mut times) {
                let time = batch();
                // The first batch warms up.
                if round > 0 {
                    times.push(time);
                }
            }
        }
        let names = contestants.map(|(name, _)| name);
        (names, times.map(median))
    });
    for contestant in 0..4 {
        print!("{:22}", measured[0].0[contestant]);
        for (_, medians) in &measured {
            let (herald, own) = (medians[0], medians[contestant]);
            print!("{:>16}", format!("{own:.2} ({:.1})", own / herald));
        }
        println!();
    }
    println!();
}

/// Measures a batch at each call, in µs a period.
fn batches<M: Mixer + 'static>(mut mixer: M) -> Batch {
    let mut out = [0.0; 2 * PERIOD];
    Box::new(move || {
        let start = Instant::now();
        for _ in 0..BATCH {
            mixer.mix(black_box(&mut out));
        }
        start.elapsed().as_secs_f64() * 1e6 / BATCH as f64
    })
}

/// What it takes to start and to stop a voice, and when it is heard.
fn starting(rounds: usize) {
    let samples: &'static [f32] = Vec::leak(vec![0.25; 2 * 4_800]);
    let mut herald = Herald::new(samples, 0, 1.0);
    let clip = mixers::clip(samples);
    let (mut plays, mut stops) = (Vec::new(), Vec::new());
    let mut out = [0.0; 2 * PERIOD];
    for _ in 0..rounds * BATCH {
        let start = Instant::now();
        let handle = herald.engine.play(clip.clone(), 1.0).unwrap();
        plays.push(nanoseconds(start.elapsed()));
        herald.mix(&mut out);
        assert_eq!(
            out[0], 0.25,
            "heard with the first frame of the next period"
        );
        let start = Instant::now();
        black_box(handle.stop());
        stops.push(nanoseconds(start.elapsed()));
        herald.mix(&mut out);
        herald.engine.free_ended();
    }
    println!(
        "Starting a voice takes {:.0} ns, stopping it {:.0} ns (reading the clock included); its first \
         frame is the\nfirst of the next period.\n",
        median(plays),
        median(stops)
    );
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_nanos() as f64
}
