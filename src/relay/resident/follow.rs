//! Reads what other machines send, at a desk.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use herald_audio::Result;
use herald_audio::internals::clock::{Clock, SystemClock, boot_ms};
use herald_audio::internals::state_file::StateFile;

use super::relay::Relay;
use super::unpoisoned::lock;
use crate::desk::{Desk, Verdict, Wanted};
use crate::engine::redis::{PRESENCE, Server};
use crate::engine::{Engine, Entry};
use crate::message::Message;

/// How long it waits for events at most.
const PATIENCE: Duration = Duration::from_secs(1);

/// Starts the thread that follows. It ends with the process.
pub(super) fn start(relay: Arc<Relay>, server: Server) -> io::Result<()> {
    let thread = thread::Builder::new().name("relay-follow".to_owned());
    thread.spawn(move || {
        if let Some(desk) = &relay.desk {
            let mut following = Following {
                relay: &relay,
                desk,
                server,
                announced: None,
            };
            while relay.is_leaving.get().is_none() {
                following.turn();
            }
        }
    })?;
    Ok(())
}

struct Following<'r> {
    relay: &'r Arc<Relay>,
    desk: &'r Mutex<Desk<StateFile, SystemClock>>,
    server: Server,
    /// When this desk last said that it is present.
    announced: Option<Instant>,
}

impl Following<'_> {
    fn turn(&mut self) {
        let next = lock(self.desk).next_due();
        let rest = next.map(|at_ms| Duration::from_millis(at_ms.saturating_sub(boot_ms())));
        let patience = rest.map_or(PATIENCE, |rest| rest.min(PATIENCE));
        let read = self.server.follow(patience);
        self.relay.counts.connected(read.as_ref().err());
        match read {
            Ok(read) => {
                let is_due = self
                    .announced
                    .is_none_or(|said| said.elapsed() >= PRESENCE / 3);
                if (read.is_news || is_due)
                    && let Err(error) = self.look()
                {
                    self.relay.journal.away(&error);
                }
                for entry in read.entries {
                    self.arrive(&entry);
                }
            }
            Err(error) => self.relay.journal.away(&error),
        }
        let due = lock(self.desk).due(boot_ms());
        for pending in due {
            let (name, window) = pending.claim();
            let claim = self.server.claim(&name, window).ok();
            let verdict = lock(self.desk).settle(pending, claim);
            self.relay.play(verdict);
        }
    }

    /// Says that this desk is here, and sees who else is, and whether the fleet is muted.
    fn look(&mut self) -> Result<()> {
        self.server.announce(self.relay.manager.active_ago())?;
        self.announced = Some(Instant::now());
        let mute = self.server.controls()?;
        let file = self.relay.manager.throttle().state_file();
        file.set_fleet_mute(SystemClock.unix_ms(), mute.map(|mute| mute.ends_in))?;
        let desks = self.server.presence()?;
        lock(self.desk).meet(desks, boot_ms());
        Ok(())
    }

    fn arrive(&self, entry: &Entry) {
        let manager = &self.relay.manager;
        let mut event = None;
        let want = |message: &Message| {
            event = Some(message.event.clone());
            match manager.refusal(&message.event) {
                Some(why) => Err(why),
                None => {
                    let (name, window) = manager.key_and_window(&message.event);
                    Ok(Wanted { name, window })
                }
            }
        };
        let verdict = lock(self.desk).arrive(entry, boot_ms(), want);
        match verdict {
            Verdict::Quiet(quiet) => {
                let event = event.as_deref().unwrap_or("fleet");
                self.relay.note_quiet(&entry.from, event, &quiet);
            }
            verdict => self.relay.play(verdict),
        }
    }
}
