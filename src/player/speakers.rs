//! Plays requests on the speaker and reports outcomes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::authority::Authority;
use super::outcomes::Outcomes;
use super::protocol::{Outcome, Request};
use super::quiet::Quiet;
use crate::audio::ClipCache;
use crate::backend::Context;
use crate::clock::{Clock, SystemClock};
use crate::controls::Silence;
use crate::engine::Master;
use crate::error::{Error, ErrorKind, Result};
use crate::event;
use crate::quiet_rule::QuietRule;
use crate::speaker::{Piece, Speaker};
use crate::system::stopwatch::Stopwatch;
use crate::throttle::Firing;
use crate::variation::Variation;

/// How often the controls are applied while something plays.
pub(super) const CONTROLS_INTERVAL: Duration = Duration::from_millis(20);
/// The size of cached decoded sounds, in bytes: about twenty seconds.
const MAX_CACHED_LEN: usize = 8 << 20;
/// How many requests are held at once: more are played without a wait.
const MAX_HELD: usize = 64;
/// A request older than this is late.
const MAX_AGE: Duration = Duration::from_secs(10);

/// Receives the outcome of a request, on any thread.
type OnOutcome = Box<dyn FnOnce(&Outcome) + Send>;

pub(super) struct Speakers {
    authority: Authority,
    state_dir: Option<PathBuf>,
    outcomes: Arc<Outcomes>,
    quiet: Quiet,
    /// None until it is needed.
    speaker: Option<Speaker>,
    clips: Arc<ClipCache>,
    master: Arc<Master>,
    /// The latest attention request that came late.
    late: Option<(Request, OnOutcome)>,
    held: Vec<Held>,
}

/// A request that waits for the event that nobody has to answer it.
struct Held {
    request: Request,
    stopwatch: Stopwatch,
    on_outcome: OnOutcome,
    /// When the key that holds it was marked.
    since: Option<Firing>,
}

impl Speakers {
    /// `decoder` is the decoder program; without one, only plain PCM WAV is played.
    pub(super) fn new(
        outcomes: Outcomes,
        authority: Authority,
        state_dir: Option<&Path>,
        decoder: Option<PathBuf>,
    ) -> Self {
        Self {
            quiet: Quiet::new(&authority, outcomes.throttle()),
            authority,
            state_dir: state_dir.map(Path::to_owned),
            outcomes: Arc::new(outcomes),
            speaker: None,
            clips: Arc::new(ClipCache::new(MAX_CACHED_LEN).decoded_by(decoder)),
            master: Arc::default(),
            late: None,
            held: Vec::new(),
        }
    }

    pub(super) fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// The size of cached decoded sounds, in bytes.
    pub(super) fn kept_bytes(&self) -> usize {
        self.clips.bytes()
    }

    /// The loudest sample since the last call, from 0 to 1.
    pub(super) fn take_peak(&self) -> f32 {
        self.master.take_peak()
    }

    /// Applies the controls to what is playing. Returns why sound is off, if it is.
    pub(super) fn apply_controls(&self) -> Option<Silence> {
        let now = SystemClock.unix_ms();
        let controls = self.outcomes.controls(now);
        let silence = controls.silence(now);
        self.master.set_volume(controls.volume());
        self.master.set_muted(silence.is_some());
        silence
    }

    /// Plays `request`, and calls `on_outcome` with its outcome on any thread.
    ///
    /// A late request (after a suspended process or machine) is not played, except the latest attention
    /// request, once no other request follows: see [`Self::play_late`].
    pub(super) fn play(
        &mut self,
        request: Request,
        on_outcome: impl FnOnce(&Outcome) + Send + 'static,
    ) {
        if request.asked.age() <= MAX_AGE {
            let stopwatch = self.outcomes.open(&request);
            let on_outcome = Box::new(on_outcome);
            if request.held_by.is_empty() || self.held.len() >= MAX_HELD {
                return self.start(request, stopwatch, on_outcome);
            }
            let since = self.outcomes.hold(&request);
            self.held.push(Held {
                request,
                stopwatch,
                on_outcome,
                since,
            });
            return;
        }
        let late: (Request, OnOutcome) = (request, Box::new(on_outcome));
        let dropped = match event::is_attention(&late.0.event) {
            true => self.late.replace(late),
            false => Some(late),
        };
        if let Some((request, on_outcome)) = dropped {
            let stopwatch = self.outcomes.open(&request);
            let age = request.asked.age().as_secs();
            let what = format!("too late: requested {age} s ago");
            let too_late = Error::new(ErrorKind::Busy, what);
            self.outcomes
                .close(&request, &stopwatch, Err(too_late), on_outcome);
        }
    }

    /// Whether a late request is to be played.
    pub(super) const fn has_late(&self) -> bool {
        self.late.is_some()
    }

    /// Plays the late request, because no other followed.
    pub(super) fn play_late(&mut self) {
        if let Some((request, on_outcome)) = self.late.take() {
            let stopwatch = self.outcomes.open(&request);
            self.start(request, stopwatch, on_outcome);
        }
    }

    /// The rule that keeps the sound of `request` quiet now, if one does. Waits up to 50 ms for answers.
    pub(super) fn quiet_rule(&self, request: &Request) -> Option<QuietRule> {
        self.quiet.rule_for(request)
    }

    /// Applies the controls, drops held requests that nobody has to hear, and starts those that have waited
    /// long enough, each after a call of `starting`.
    pub(super) fn follow(&mut self, starting: impl Fn(&mut Request, Option<QuietRule>)) {
        let silence = self.apply_controls();
        for held in std::mem::take(&mut self.held) {
            let is_needless = self.outcomes.is_needless(&held.request);
            let is_due = held.request.asked.age() >= held.request.playback.settle();
            if silence.is_none() && !is_needless && !is_due {
                self.held.push(held);
                continue;
            }
            let Held {
                mut request,
                stopwatch,
                on_outcome,
                since,
            } = held;
            self.outcomes.let_go(&request, since);
            if is_needless {
                self.outcomes
                    .drop_needless(&request, &stopwatch, on_outcome);
            } else {
                let quiet = self.quiet_rule(&request);
                starting(&mut request, quiet);
                self.start(request, stopwatch, on_outcome);
            }
        }
    }

    fn start(&mut self, request: Request, stopwatch: Stopwatch, on_outcome: OnOutcome) {
        let outcomes = self.outcomes.clone();
        if let Some(silence) = self.apply_controls() {
            return outcomes.close(&request, &stopwatch, Err(silence.into()), on_outcome);
        }
        if let Some(rule) = stopwatch.time("ask", || self.quiet.rule_for(&request)) {
            self.quiet.note(rule);
            let what = format!("rules.{}: {}", rule.name(), rule.reason());
            let quiet = Error::new(ErrorKind::Muted, what);
            return outcomes.close(&request, &stopwatch, Err(quiet), on_outcome);
        }
        if request.volume == 0.0 && request.run.is_some() {
            let silent = Error::new(ErrorKind::Muted, "its volume is 0");
            return outcomes.close(&request, &stopwatch, Err(silent), on_outcome);
        }
        let speaker = match self.speaker() {
            Ok(speaker) => speaker,
            Err(error) => return outcomes.close(&request, &stopwatch, Err(error), on_outcome),
        };
        let piece = Piece {
            sounds: request.sounds.clone(),
            volume: request.volume,
            is_users: request.is_users,
            project: request.project.clone(),
            needs_somebody: event::is_attention(&request.event),
            playback: request.playback,
            variation: Variation::at(request.variation),
            stopwatch: stopwatch.clone(),
        };
        let done = Box::new(move |result| outcomes.close(&request, &stopwatch, result, on_outcome));
        speaker.play(piece, done);
    }

    fn speaker(&mut self) -> Result<&Speaker> {
        let alive = self.speaker.take().filter(Speaker::is_alive);
        let speaker = match alive {
            Some(speaker) => speaker,
            None => {
                let context = Context {
                    master: self.master.clone(),
                    server: self.authority.server.clone(),
                    lead_in: None,
                    state_dir: self.state_dir.clone(),
                };
                Speaker::new(&self.authority.output, context, self.clips.clone())?
            }
        };
        Ok(self.speaker.insert(speaker))
    }
}
