//! Herald, rodio and kira, each as a mixer that is asked for blocks.

use std::num::NonZero;
use std::sync::Arc;

use herald_audio::internals::audio::{Clip, Format};
use herald_audio::internals::engine::{Engine, Renderer};
use kira::backend::Backend;
use kira::sound::static_sound::{StaticSoundData, StaticSoundSettings};
use kira::{AudioManager, AudioManagerSettings, Capacities, Decibels, Frame};
use rodio::Source;
use rodio::static_buffer::StaticSamplesBuffer;

pub(crate) const RATE: u32 = 48_000;
/// Frames a period: 10 ms.
pub(crate) const PERIOD: usize = 480;
/// Samples that a mixer must get right before it is measured.
pub(crate) const SAMPLES: usize = 2 * PERIOD * 20;

/// Something that mixes sounds which started together.
pub(crate) trait Mixer {
    const NAME: &'static str;

    /// A mixer with `voices` sounds of `samples`, interleaved stereo at [`RATE`], each at `gain`.
    fn new(samples: &'static [f32], voices: usize, gain: f32) -> Self;

    /// Mixes the next [`PERIOD`].
    fn mix(&mut self, out: &mut [f32; 2 * PERIOD]);
}

pub(crate) struct Herald {
    pub(crate) engine: Engine,
    renderer: Renderer,
}

pub(crate) fn clip(samples: &[f32]) -> Arc<Clip> {
    let format = Format {
        rate: RATE,
        channels: 2,
    };
    Arc::new(Clip::new(format, samples.to_vec()))
}

impl Mixer for Herald {
    const NAME: &'static str = "Herald";

    fn new(samples: &'static [f32], voices: usize, gain: f32) -> Self {
        let clip = clip(samples);
        let (mut engine, renderer) = Engine::new(clip.format());
        for _ in 0..voices {
            engine.play(clip.clone(), gain).unwrap();
        }
        Self { engine, renderer }
    }

    fn mix(&mut self, out: &mut [f32; 2 * PERIOD]) {
        self.renderer.render(out);
    }
}

pub(crate) struct Rodio(rodio::mixer::MixerSource);

impl Mixer for Rodio {
    const NAME: &'static str = "rodio";

    fn new(samples: &'static [f32], voices: usize, gain: f32) -> Self {
        let (channels, rate) = (NonZero::new(2).unwrap(), NonZero::new(RATE).unwrap());
        let (mixer, source) = rodio::mixer::mixer(channels, rate);
        for _ in 0..voices {
            mixer.add(StaticSamplesBuffer::new(channels, rate, samples).amplify(gain));
        }
        Self(source)
    }

    fn mix(&mut self, out: &mut [f32; 2 * PERIOD]) {
        for sample in out {
            *sample = self.0.next().unwrap_or_default();
        }
    }
}

pub(crate) struct Kira(AudioManager<Pulled>);

/// A backend of kira's that is pulled by hand.
pub(crate) struct Pulled(Option<kira::backend::Renderer>);

impl Backend for Pulled {
    type Settings = ();
    type Error = ();

    fn setup((): (), _: usize) -> Result<(Self, u32), ()> {
        Ok((Self(None), RATE))
    }

    fn start(&mut self, renderer: kira::backend::Renderer) -> Result<(), ()> {
        self.0 = Some(renderer);
        Ok(())
    }
}

impl Mixer for Kira {
    const NAME: &'static str = "kira";

    fn new(samples: &'static [f32], voices: usize, gain: f32) -> Self {
        let settings = AudioManagerSettings::<Pulled> {
            capacities: Capacities::default(),
            main_track_builder: kira::track::MainTrackBuilder::default(),
            internal_buffer_size: 128,
            backend_settings: (),
        };
        let mut manager = AudioManager::new(settings).unwrap();
        let frames = samples
            .chunks_exact(2)
            .map(|frame| Frame::new(frame[0], frame[1]));
        let decibels = Decibels(20.0 * gain.log10());
        let sound = StaticSoundData {
            sample_rate: RATE,
            frames: frames.collect(),
            settings: StaticSoundSettings::new().volume(decibels),
            slice: None,
        };
        for _ in 0..voices {
            manager.play(sound.clone()).unwrap();
        }
        Self(manager)
    }

    fn mix(&mut self, out: &mut [f32; 2 * PERIOD]) {
        let renderer = self.0.backend_mut().0.as_mut().unwrap();
        renderer.on_start_processing();
        renderer.process(out, 2);
    }
}
