//! The outputs of a speaker: a chain of choices, each opened when it is needed.
//!
//! Opening may take as long as a sound server hangs, so calls that may hang run under a [`Deadline`]. Other
//! calls may be late on a busy machine, but return. Closing takes at most half a second: see [`Backend`].

use std::sync::Arc;
use std::time::Duration;

use super::deadline::Deadline;
use crate::audio::{ClipCache, Format};
use crate::backend::{self, Backend, Context, Cue, OutputChoice, Voice};
use crate::error::Result;
use crate::sound::{Output, Sound};
use crate::system::stopwatch::Stopwatch;

/// The time limit for opening an output that may hang.
const OPEN_LIMIT: Duration = Duration::from_secs(4);

pub(super) struct Outputs {
    /// The best first. Outputs are identified by index.
    chain: Vec<OutputChoice>,
    context: Context,
    clips: Arc<ClipCache>,
    deadline: Deadline,
    /// At most one per choice.
    open: Vec<OpenOutput>,
}

struct OpenOutput {
    choice: usize,
    backend: Box<dyn Backend>,
    /// False while its first sound is being loaded.
    is_started: bool,
}

/// The result of playing a sound.
pub(super) enum Played {
    Sounds(Voice),
    /// The sound must be loaded in this format first.
    Wants(Format),
}

impl Outputs {
    pub(super) fn new(output: &Output, context: Context, clips: Arc<ClipCache>) -> Self {
        Self {
            chain: backend::chain(output, &context.server),
            context,
            clips,
            deadline: Deadline::default(),
            open: Vec::new(),
        }
    }

    /// The number of choices.
    pub(super) fn count(&self) -> usize {
        self.chain.len()
    }

    /// Sets the silence before the first sound for outputs opened later.
    pub(super) fn set_lead_in(&mut self, lead_in: Option<Duration>) {
        self.context.lead_in = lead_in;
    }

    /// Plays at `choice`, opening it if necessary with this sound at its beginning. The caller loads files,
    /// because that may take long.
    ///
    /// # Errors
    ///
    /// Those of [`backend::open`] and [`Backend::play`].
    pub(super) fn play(
        &mut self,
        choice: usize,
        mut cue: Cue,
        stopwatch: &Stopwatch,
    ) -> Result<Played> {
        let place = self.open.iter().position(|open| open.choice == choice);
        if let Some(open) = place.map(|place| &mut self.open[place]) {
            if let Some(format) = missing(&*open.backend, &mut cue, &self.clips)? {
                return Ok(Played::Wants(format));
            }
            if open.is_started {
                return open.backend.play(cue).map(Played::Sounds);
            }
        }
        let open = place.map(|place| self.open.remove(place).backend);
        let (target, context) = (self.chain[choice].clone(), self.context.clone());
        let clips = self.clips.clone();
        let start = move || {
            let mut backend = match open {
                Some(backend) => backend,
                None => backend::open(&target, &context)?,
            };
            if let Some(format) = missing(&*backend, &mut cue, &clips)? {
                return Ok((backend, Played::Wants(format)));
            }
            let voice = backend.play(cue)?;
            backend.start()?;
            Ok((backend, Played::Sounds(voice)))
        };
        let started = stopwatch.time("open", || match self.chain[choice].may_hang() {
            true => self.deadline.within(OPEN_LIMIT, start),
            false => start(),
        });
        let (backend, played) = started?;
        self.open.push(OpenOutput {
            choice,
            backend,
            is_started: matches!(played, Played::Sounds(_)),
        });
        Ok(played)
    }

    /// The output at `choice`, if open.
    pub(super) fn at(&mut self, choice: usize) -> Option<&mut Box<dyn Backend>> {
        let open = self.open.iter_mut().find(|open| open.choice == choice);
        open.map(|open| &mut open.backend)
    }

    pub(super) fn are_closed(&self) -> bool {
        self.open.is_empty()
    }

    /// The failed outputs, with the reasons.
    pub(super) fn failures(&mut self) -> Vec<(usize, String)> {
        let mut failures = Vec::new();
        for open in &mut self.open {
            failures.extend(open.backend.failure().map(|reason| (open.choice, reason)));
        }
        failures
    }

    /// Closes the outputs for which `is_over` returns true.
    pub(super) fn close(&mut self, is_over: impl Fn(usize, &dyn Backend) -> bool) {
        self.open
            .retain(|open| !is_over(open.choice, &*open.backend));
    }
}

/// The format in which `cue` must be loaded for `backend`; none if it is loaded. Built-in sounds are
/// generated at once.
fn missing(backend: &dyn Backend, cue: &mut Cue, clips: &ClipCache) -> Result<Option<Format>> {
    let loaded = cue.clip.as_ref().map(|clip| clip.format());
    let wanted = backend.wants(&cue.sound, cue.from);
    let wanted = wanted.filter(|wanted| loaded != Some(*wanted));
    if let (Some(format), Sound::Chime(_)) = (wanted, &cue.sound) {
        cue.clip = Some(clips.load_treated(&cue.sound, format, cue.treatment)?);
        return Ok(None);
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::sound::Chime;
    use crate::system::env::Env;
    use crate::system::sound_server::SoundServer;

    #[test]
    fn outputs_that_cannot_hang_have_no_time_limit() {
        let outputs = |output| {
            let clips = Arc::new(ClipCache::new(1 << 20));
            let context = Context {
                master: Arc::default(),
                server: SoundServer::from_env(&Env::of::<&str, &str>([])),
                lead_in: None,
                state_dir: None,
            };
            Outputs::new(&output, context, clips)
        };
        let cue = || Cue {
            sound: Sound::Chime(Chime::Started),
            clip: None,
            treatment: Default::default(),
            gain: 1.0,
            sides: [1.0; 2],
            from: Duration::ZERO,
        };
        let dir = tempfile::tempdir().unwrap();
        for output in [Output::Null, Output::Wav(dir.path().join("out.wav"))] {
            let mut outputs = outputs(output);
            // As after a call that exceeded its limit: no other is made until it returns.
            let (_release, hang) = sync_channel::<()>(0);
            let hangs = move || Ok(hang.recv().is_ok());
            assert!(outputs.deadline.within(Duration::ZERO, hangs).is_err());
            let played = outputs.play(0, cue(), &Stopwatch::default()).unwrap();
            assert!(matches!(played, Played::Sounds(_)));
        }
    }
}
