//! Sounds mixed by the engine, for a device that pulls samples.
//!
//! # Invariants
//!
//! - The engine gets its first voices before the device starts, so no period is lost.
//! - A sound counts as played when its last frame was rendered and the device's latency has passed, as
//!   reported by the system.
//! - Samples are only rendered for a device that pulls: one that pulls nothing for [`STALL_LIMIT`] while
//!   something plays is considered dead.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::device::{Device, Stream};
use super::output::{Backend, Context, Cue, Progress, Voice, VoiceId};
use crate::audio::Format;
use crate::engine::{Engine, Renderer, VoiceHandle, VoiceState};
use crate::error::Result;
use crate::sound::Sound;

/// The time after which a device that pulls nothing is dead.
const STALL_LIMIT: Duration = Duration::from_secs(2);

pub(super) struct Mixed {
    name: String,
    engine: Engine,
    device: State,
    worth_keeping: bool,
    voices: HashMap<VoiceId, Playing>,
    next: u64,
    /// The number of frames pulled at the last check, and since when it is unchanged.
    pulled: (u64, Instant),
}

enum State {
    Ready(Box<dyn Device>, Box<Renderer>),
    Running(Box<dyn Stream>),
    /// Between the two, and after a failed start.
    Gone,
}

struct Playing {
    handle: VoiceHandle,
    /// When the last sample was rendered.
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
        let handle = self.engine.play_placed(clip, cue.gain, cue.sides, from)?;
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
                "the device took no samples for {} s",
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
mod tests;
