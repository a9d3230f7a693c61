//! Where requests become sound: the speaker, and the outcomes it reports to.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::authority::Authority;
use super::outcomes::Outcomes;
use super::protocol::{Outcome, Request};
use crate::audio::ClipCache;
use crate::clock::{Clock, SystemClock};
use crate::controls::Silence;
use crate::engine::Master;
use crate::error::{Error, ErrorKind, Result};
use crate::event;
use crate::speaker::{Piece, Speaker};

/// How often somebody who has something to play looks whether it is still to be heard.
pub(super) const LISTEN: Duration = Duration::from_millis(20);
/// Decoded sounds that are kept, in bytes: some twenty seconds.
const MAX_CACHED_LEN: usize = 8 << 20;
/// A request that is older than this when it is taken up tells of a moment long gone.
const MAX_AGE: Duration = Duration::from_secs(10);

/// Told what became of a request, on whichever thread learns of it.
type Told = Box<dyn FnOnce(&Outcome) + Send>;

pub(super) struct Speakers {
    authority: Authority,
    outcomes: Arc<Outcomes>,
    /// None until it is needed.
    speaker: Option<Speaker>,
    clips: Arc<ClipCache>,
    master: Arc<Master>,
    /// The latest of those that need somebody and come late.
    late: Option<(Request, Told)>,
}

impl Speakers {
    /// Where `decoder` decodes, a program; none: only plain PCM WAV is played.
    pub(super) fn new(outcomes: Outcomes, authority: Authority, decoder: Option<PathBuf>) -> Self {
        Self {
            authority,
            outcomes: Arc::new(outcomes),
            speaker: None,
            clips: Arc::new(ClipCache::new(MAX_CACHED_LEN).decoded_by(decoder)),
            master: Arc::default(),
            late: None,
        }
    }

    pub(super) fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Bytes of decoded sounds that it keeps.
    pub(super) fn kept_bytes(&self) -> usize {
        self.clips.bytes()
    }

    /// Puts the controls in force for what sounds. Returns why nothing is to be heard, if so.
    pub(super) fn obey(&self) -> Option<Silence> {
        let now = SystemClock.unix_ms();
        let controls = self.outcomes.controls(now);
        let silence = controls.silence(now);
        self.master.set_volume(controls.volume());
        self.master.set_muted(silence.is_some());
        silence
    }

    /// Plays what `request` asks for, and calls `told` with what became of it, on whichever thread
    /// learns of it.
    ///
    /// One that comes late, since this process was stopped or the machine slept, is not played; but the
    /// latest of those that need somebody is, once nothing else has come: see [`Self::play_late`].
    pub(super) fn play(&mut self, request: Request, told: impl FnOnce(&Outcome) + Send + 'static) {
        if request.asked.age() <= MAX_AGE {
            return self.start(request, Box::new(told));
        }
        let late: (Request, Told) = (request, Box::new(told));
        let dropped = match event::is_attention(&late.0.event) {
            true => self.late.replace(late),
            false => Some(late),
        };
        if let Some((request, told)) = dropped {
            let stopwatch = self.outcomes.open(&request);
            let age = request.asked.age().as_secs();
            let what = format!("too late: requested {age} s ago");
            let too_late = Error::new(ErrorKind::Busy, what);
            self.outcomes
                .close(&request, &stopwatch, Err(too_late), told);
        }
    }

    /// Whether something late is to be played.
    pub(super) const fn has_late(&self) -> bool {
        self.late.is_some()
    }

    /// Plays it, now that nothing else has come.
    pub(super) fn play_late(&mut self) {
        if let Some((request, told)) = self.late.take() {
            self.start(request, told);
        }
    }

    fn start(&mut self, request: Request, told: Told) {
        let outcomes = self.outcomes.clone();
        let stopwatch = outcomes.open(&request);
        if let Some(silence) = self.obey() {
            return outcomes.close(&request, &stopwatch, Err(silence.into()), told);
        }
        let speaker = match self.speaker() {
            Ok(speaker) => speaker,
            Err(error) => return outcomes.close(&request, &stopwatch, Err(error), told),
        };
        let piece = Piece {
            sounds: request.sounds.clone(),
            volume: request.volume,
            is_users: request.is_users,
            project: request.project.clone(),
            needs_somebody: event::is_attention(&request.event),
            playback: request.playback,
            stopwatch: stopwatch.clone(),
        };
        let done = Box::new(move |result| outcomes.close(&request, &stopwatch, result, told));
        speaker.play(piece, done);
    }

    fn speaker(&mut self) -> Result<&Speaker> {
        let alive = self.speaker.take().filter(Speaker::is_alive);
        let speaker = match alive {
            Some(speaker) => speaker,
            None => {
                let Authority { output, server, .. } = &self.authority;
                Speaker::new(output, server, self.clips.clone(), self.master.clone())?
            }
        };
        Ok(self.speaker.insert(speaker))
    }
}
