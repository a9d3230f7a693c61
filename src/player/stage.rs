//! Where requests become sound: speakers, what they have in common, and the desk they report to.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::desk::Desk;
use super::protocol::{Outcome, Request};
use crate::audio::ClipCache;
use crate::clock::{Clock, SystemClock};
use crate::controls::Silence;
use crate::engine::Master;
use crate::error::Result;
use crate::sound::Output;
use crate::sound_server::SoundServer;
use crate::speaker::Speaker;

/// How often somebody who has something to play looks whether it is still to be heard.
pub(super) const LISTEN: Duration = Duration::from_millis(20);
/// Decoded sounds that are kept, in bytes: some twenty seconds.
const MAX_CACHED_LEN: usize = 8 << 20;

pub(super) struct Stage {
    desk: Arc<Desk>,
    /// One for each output and, where that makes a difference, sound server.
    speakers: HashMap<(Output, SoundServer), Speaker>,
    clips: Arc<ClipCache>,
    master: Arc<Master>,
}

impl Stage {
    pub(super) fn new(desk: Desk) -> Self {
        Self {
            desk: Arc::new(desk),
            speakers: HashMap::new(),
            clips: Arc::new(ClipCache::new(MAX_CACHED_LEN)),
            master: Arc::default(),
        }
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Bytes of decoded sounds that it keeps.
    pub(super) fn kept_bytes(&self) -> usize {
        self.clips.bytes()
    }

    /// Puts the controls in force for what sounds. Returns why nothing is to be heard, if so.
    pub(super) fn obey(&self) -> Option<Silence> {
        let now = SystemClock.unix_ms();
        let controls = self.desk.controls(now);
        let silence = controls.silence(now);
        self.master.set_volume(controls.volume());
        self.master.set_muted(silence.is_some());
        silence
    }

    /// Plays what `request` asks for, and calls `told` with what became of it, on whichever thread
    /// learns of it.
    pub(super) fn play(&mut self, request: Request, told: impl FnOnce(&Outcome) + Send + 'static) {
        let desk = self.desk.clone();
        let stopwatch = desk.open(&request);
        if let Some(silence) = self.obey() {
            return desk.close(&request, &stopwatch, Err(silence.into()), told);
        }
        let speaker = match self.speaker(&request.output, &request.server) {
            Ok(speaker) => speaker,
            Err(error) => return desk.close(&request, &stopwatch, Err(error), told),
        };
        let (sound, volume, playback) = (request.sound.clone(), request.volume, request.playback);
        let steps = stopwatch.clone();
        let done = Box::new(move |result| desk.close(&request, &steps, result, told));
        speaker.play(sound, volume, playback, stopwatch, done);
    }

    fn speaker(&mut self, output: &Output, server: &SoundServer) -> Result<&Speaker> {
        let server = match output.may_use_server() {
            true => server.clone(),
            false => SoundServer::default(),
        };
        let place = (output.clone(), server);
        let found = self.speakers.get(&place);
        if !found.is_some_and(Speaker::is_alive) {
            self.speakers
                .retain(|_, speaker| speaker.is_alive() && !speaker.is_idle());
            let (clips, master) = (self.clips.clone(), self.master.clone());
            let speaker = Speaker::new(output, &place.1, clips, master)?;
            self.speakers.insert(place.clone(), speaker);
        }
        Ok(&self.speakers[&place])
    }
}
