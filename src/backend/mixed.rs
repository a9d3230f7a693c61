//! Sounds mixed by the engine, for a device that takes samples.
//!
//! # Invariants
//!
//! - The engine gets its first voices before the device is started: not a period is lost.
//! - A sound counts as heard when its last frame was rendered and the device's latency has passed
//!   since, by the system's own account.
//! - Samples are rendered only for a device that pulls: one that stands still for [`STALL_LIMIT`]
//!   with something to play is taken for dead.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::{Backend, Context, Cue, Device, Progress, Stream, Voice, VoiceId};
use crate::audio::Format;
use crate::engine::{Engine, Renderer, VoiceHandle, VoiceState};
use crate::error::Result;
use crate::sound::Sound;

/// A device that pulls nothing for this long, with something to play, is dead.
const STALL_LIMIT: Duration = Duration::from_secs(2);

pub(super) struct Mixed {
    name: String,
    engine: Engine,
    device: State,
    worth_keeping: bool,
    voices: HashMap<VoiceId, Playing>,
    next: u64,
    /// Frames pulled when last looked at, and since when that number stands.
    pulled: (u64, Instant),
}

enum State {
    Ready(Box<dyn Device>, Box<Renderer>),
    Running(Box<dyn Stream>),
    /// Between the two, and after a start that failed.
    Gone,
}

struct Playing {
    handle: VoiceHandle,
    /// When the last sample was found rendered.
    rendered: Option<Instant>,
}

impl Mixed {
    pub(super) fn new(device: Box<dyn Device>, context: &Context) -> Self {
        let lead_in = context.lead_in.unwrap_or_else(|| device.lead_in());
        let (engine, renderer) = Engine::with(device.format(), lead_in, context.master.clone());
        Self {
            name: device.name(),
            engine,
            worth_keeping: device.is_worth_keeping(),
            device: State::Ready(device, Box::new(renderer)),
            voices: HashMap::new(),
            next: 0,
            pulled: (0, Instant::now()),
        }
    }

    fn format(&self) -> Format {
        self.engine.format()
    }

    fn stream(&self) -> Option<&dyn Stream> {
        match &self.device {
            State::Running(stream) => Some(&**stream),
            _ => None,
        }
    }
}

impl Backend for Mixed {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn wants(&self, _: &Sound, _: Duration) -> Option<Format> {
        Some(self.format())
    }

    fn play(&mut self, cue: Cue) -> Result<Voice> {
        let clip = cue.clip()?;
        let length = clip.duration();
        let from = self.format().frames(cue.from);
        let handle = self.engine.play_from(clip, cue.gain, from)?;
        let id = VoiceId(self.next);
        self.next += 1;
        let rendered = None;
        self.voices.insert(id, Playing { handle, rendered });
        Ok(Voice { id, length })
    }

    fn start(&mut self) -> Result<()> {
        if let State::Ready(device, renderer) = std::mem::replace(&mut self.device, State::Gone) {
            self.device = State::Running(device.start(*renderer)?);
            self.pulled = (0, Instant::now());
        }
        Ok(())
    }

    fn progress(&mut self, voice: VoiceId) -> Progress {
        let latency = self.stream().map(Stream::latency).unwrap_or_default();
        let Some(playing) = self.voices.get_mut(&voice) else {
            return Progress::Stopped;
        };
        let state = playing.handle.state();
        if !state.is_over() {
            return Progress::Sounding;
        }
        let rendered = *playing.rendered.get_or_insert_with(Instant::now);
        if rendered.elapsed() < latency {
            return Progress::Fading;
        }
        self.voices.remove(&voice);
        self.engine.free_ended();
        match state {
            VoiceState::Finished => Progress::Heard,
            _ => Progress::Stopped,
        }
    }

    fn stop(&mut self, voice: VoiceId) {
        if let Some(playing) = self.voices.get(&voice) {
            playing.handle.stop();
        }
    }

    fn heard(&self, voice: VoiceId) -> Duration {
        let Some(playing) = self.voices.get(&voice) else {
            return Duration::ZERO;
        };
        let on_its_way = self.stream().map(Stream::latency).unwrap_or_default();
        let rendered = playing.handle.position() as f64 / f64::from(self.format().rate.max(1));
        Duration::from_secs_f64(rendered).saturating_sub(on_its_way)
    }

    fn failure(&mut self) -> Option<String> {
        let stream = self.stream()?;
        if let Some(failure) = stream.failure() {
            return Some(failure);
        }
        let (frames, now) = (stream.frames(), Instant::now());
        let (pulled, since) = self.pulled;
        if frames != pulled || self.voices.is_empty() {
            self.pulled = (frames, now);
        } else if now - since >= STALL_LIMIT {
            return Some(format!(
                "it took no samples for {} s",
                STALL_LIMIT.as_secs()
            ));
        }
        None
    }

    fn is_worth_keeping(&self) -> bool {
        self.worth_keeping
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;
    use crate::audio::load;
    use crate::error::{Error, ErrorKind};
    use crate::sound::Chime;
    use crate::system::env::Env;
    use crate::system::sound_server::SoundServer;

    /// A device that a test pulls.
    #[derive(Clone, Default)]
    struct Hand(Arc<Mutex<State>>);

    #[derive(Default)]
    struct State {
        renderer: Option<Renderer>,
        frames: u64,
        latency: Duration,
        failure: Option<String>,
        refuses: bool,
    }

    impl Hand {
        fn state(&self) -> std::sync::MutexGuard<'_, State> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        /// Pulls `frames` frames.
        fn pull(&self, frames: usize) -> Vec<f32> {
            let mut state = self.state();
            let mut out = vec![0.0; 2 * frames];
            state.renderer.as_mut().unwrap().render(&mut out);
            state.frames += frames as u64;
            out
        }
    }

    impl Device for Hand {
        fn name(&self) -> String {
            "hand".to_owned()
        }

        fn format(&self) -> Format {
            Format {
                rate: 48_000,
                channels: 2,
            }
        }

        fn start(self: Box<Self>, renderer: Renderer) -> Result<Box<dyn Stream>> {
            if self.state().refuses {
                return Err(Error::new(ErrorKind::Output, "not today"));
            }
            self.state().renderer = Some(renderer);
            Ok(self)
        }

        fn is_worth_keeping(&self) -> bool {
            true
        }
    }

    impl Stream for Hand {
        fn frames(&self) -> u64 {
            self.state().frames
        }

        fn latency(&self) -> Duration {
            self.state().latency
        }

        fn failure(&self) -> Option<String> {
            self.state().failure.clone()
        }
    }

    fn mixed() -> (Mixed, Hand) {
        let hand = Hand::default();
        let context = Context {
            master: Arc::default(),
            server: SoundServer::from_env(&Env::of::<&str, &str>([])),
            lead_in: None,
        };
        (Mixed::new(Box::new(hand.clone()), &context), hand)
    }

    fn cue(from_ms: u64) -> Cue {
        let sound = Sound::Chime(Chime::Started);
        let format = Hand::default().format();
        Cue {
            clip: Some(Arc::new(load(&sound, format).unwrap())),
            sound,
            gain: 1.0,
            from: Duration::from_millis(from_ms),
        }
    }

    #[test]
    fn a_sound_is_heard_when_its_last_frame_had_time_to_reach_the_ear() {
        let (mut mixed, hand) = mixed();
        let voice = mixed.play(cue(0)).unwrap();
        mixed.start().unwrap();
        let frames = (voice.length.as_secs_f64() * 48_000.0) as usize;
        let first = hand.pull(frames - 1);
        assert!(
            first[..480].iter().any(|sample| *sample != 0.0),
            "from the start"
        );
        assert_eq!(mixed.progress(voice.id), Progress::Sounding);
        hand.state().latency = Duration::from_secs(3_600);
        hand.pull(2);
        assert_eq!(mixed.progress(voice.id), Progress::Fading);
        assert_eq!(
            mixed.heard(voice.id),
            Duration::ZERO,
            "an hour is on its way"
        );
        hand.state().latency = Duration::ZERO;
        assert_eq!(mixed.heard(voice.id), voice.length);
        assert_eq!(mixed.progress(voice.id), Progress::Heard);
    }

    #[test]
    fn where_a_sound_goes_on_is_what_was_surely_heard() {
        let (mut mixed, hand) = mixed();
        let voice = mixed.play(cue(20)).unwrap();
        mixed.start().unwrap();
        assert_eq!(mixed.heard(voice.id).as_millis(), 20);
        hand.pull(4_800);
        hand.state().latency = Duration::from_millis(30);
        assert_eq!(mixed.heard(voice.id).as_millis(), 20 + 100 - 30);
    }

    #[test]
    fn a_stopped_sound_is_stopped() {
        let (mut mixed, hand) = mixed();
        let voice = mixed.play(cue(0)).unwrap();
        mixed.start().unwrap();
        hand.pull(100);
        mixed.stop(voice.id);
        assert_eq!(mixed.progress(voice.id), Progress::Sounding, "it fades out");
        hand.pull(480);
        assert_eq!(mixed.progress(voice.id), Progress::Stopped);
    }

    #[test]
    fn a_device_that_ends_or_does_not_start_says_why() {
        let (mut mixed, hand) = self::mixed();
        mixed.play(cue(0)).unwrap();
        mixed.start().unwrap();
        hand.pull(1);
        assert_eq!(mixed.failure(), None);
        hand.state().failure = Some("unplugged".to_owned());
        assert_eq!(mixed.failure().as_deref(), Some("unplugged"));

        let (mut mixed, hand) = self::mixed();
        hand.state().refuses = true;
        assert!(mixed.start().unwrap_err().to_string().contains("not today"));
        assert_eq!(mixed.failure(), None);
    }

    #[test]
    fn a_device_that_stands_still_with_something_to_play_is_dead() {
        let (mut mixed, hand) = mixed();
        let voice = mixed.play(cue(0)).unwrap();
        mixed.start().unwrap();
        let long_ago = Instant::now().checked_sub(STALL_LIMIT).unwrap();
        mixed.pulled.1 = long_ago;
        assert!(mixed.failure().unwrap().contains("took no samples"));
        hand.pull(480);
        assert_eq!(mixed.failure(), None, "it moves");
        mixed.pulled.1 = long_ago;
        hand.pull(48_000);
        assert_eq!(mixed.progress(voice.id), Progress::Heard);
        mixed.pulled = (mixed.stream().unwrap().frames(), long_ago);
        assert_eq!(mixed.failure(), None, "nothing to play");
    }
}
