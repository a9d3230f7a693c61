//! What the threads of the relay share, and what becomes of an event.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use std::{process, thread};

use herald_audio::internals::clock::{SystemClock, boot_ms};
use herald_audio::internals::config::fleet::{Away, Fleet};
use herald_audio::internals::player::protocol::Request;
use herald_audio::internals::state_file::StateFile;
use herald_audio::internals::sync::{AtomicU64, Ordering::Relaxed};
use herald_audio::internals::throttle::Table;
use herald_audio::{AudioManager, Error};

use super::outbox::{Asked, Outbox, Outgoing};
use super::status::{Counts, Journal, Status};
use super::unpoisoned::lock;
use crate::desk::{Desk, Heard, Quiet, Rules, Verdict, Wanted};
use crate::engine::Claim;
use crate::message::Message;
use crate::queue;

/// How long a desk that has claimed an event looks whether it can be played.
const LOOK: Duration = Duration::from_secs(3);
/// The file of the desk's table in the state directory.
const TABLE: &str = "fleet.v1";

/// What the threads share.
pub(super) struct Relay {
    pub(super) fleet: Fleet,
    pub(super) manager: AudioManager,
    /// None on a box that is no desk.
    pub(super) desk: Option<Mutex<Desk<StateFile, SystemClock>>>,
    pub(super) outbox: Outbox,
    pub(super) counts: Counts,
    pub(super) journal: Journal,
    started: Instant,
    /// The upper half of the sequences of this process, and the lower half of the next one.
    number: u32,
    next: AtomicU64,
    /// Set when the relay exits as soon as nothing is queued.
    pub(super) is_leaving: OnceLock<()>,
}

impl Relay {
    pub(super) fn new(fleet: Fleet, manager: AudioManager, state_dir: &Path) -> Self {
        let rules = Rules {
            machine: fleet.machine().to_owned(),
            scope: fleet.scope,
            ttl: fleet.ttl,
            desks: fleet.desks,
        };
        let table = || Table::new(StateFile::open_at(&state_dir.join(TABLE)), SystemClock);
        let desk = fleet
            .follows()
            .then(|| Mutex::new(Desk::new(rules, table())));
        Self {
            desk,
            outbox: Outbox::new(fleet.ttl),
            counts: Counts::default(),
            journal: Journal::new(state_dir, manager.env(), &fleet),
            started: Instant::now(),
            number: RandomState::new().hash_one(process::id()) as u32,
            next: AtomicU64::new(0),
            is_leaving: OnceLock::new(),
            fleet,
            manager,
        }
    }

    /// Takes the request of a hook of this machine.
    pub(super) fn take(&self, request: Request) {
        self.counts.received();
        let sequence =
            u64::from(self.number) << 32 | self.next.fetch_add(1, Relaxed) & u64::from(u32::MAX);
        let Some(message) = Message::of(&request, sequence) else {
            // Nothing that another machine would understand.
            return self.hand_on(request);
        };
        let at_ms = request.asked.boot_ms.min(boot_ms());
        let mut outgoing = Outgoing::new(&message, request);
        if let Some(desk) = &self.desk {
            let (name, window) = self.manager.key_and_window(&message.event);
            let verdict = lock(desk).own(&message, Wanted { name, window }, boot_ms());
            match verdict {
                Verdict::Ask(pending) => self.outbox.ask(&mut outgoing, pending),
                verdict => {
                    if let Verdict::Sound(heard) = &verdict {
                        outgoing.claim = Some(heard.claim()).filter(|_| heard.has_claim);
                    }
                    self.play_own(verdict, outgoing.request.clone());
                }
            }
        }
        let dropped = self.outbox.push(at_ms, outgoing);
        dropped
            .into_iter()
            .for_each(|(why, old)| self.give_up(old, why));
    }

    /// Decides about an event of this machine by what the server said; none if it said nothing.
    pub(super) fn settle(&self, asked: Asked, claim: Option<Claim>) {
        if let Some(desk) = &self.desk {
            let verdict = lock(desk).settle(asked.pending, claim);
            self.play_own(verdict, asked.request);
        }
    }

    /// Plays an event of this machine, or takes its marks back.
    fn play_own(&self, verdict: Verdict, request: Request) {
        match verdict {
            Verdict::Sound(_) => self.hand_on(request),
            Verdict::Quiet(quiet) => {
                self.manager.take_back(&request);
                self.note_quiet(self.fleet.machine(), &request.event, &quiet);
            }
            Verdict::Ask(_) | Verdict::Waits => {}
        }
    }

    pub(super) fn hand_on(&self, request: Request) {
        let event = request.event.clone();
        let marks = request.clone();
        match self.manager.hand_on(request) {
            Ok(()) => self.counts.played(),
            Err(error) => {
                self.manager.take_back(&marks);
                self.journal.failed(self.fleet.machine(), &event, &error);
            }
        }
    }

    /// Plays an event of another machine, or says why not.
    pub(super) fn play(self: &Arc<Self>, verdict: Verdict) {
        let heard = match verdict {
            Verdict::Sound(heard) => heard,
            Verdict::Quiet(quiet) => return self.counts.quiet(&quiet),
            Verdict::Ask(_) | Verdict::Waits => return,
        };
        self.counts.heard(&heard.from);
        let request = match self.manager.request_of(&heard.message.event, &heard.from) {
            Ok(request) => request,
            Err(error) => return self.silent(&heard, &error),
        };
        self.counts.played();
        if !heard.has_claim {
            if let Err(error) = self.manager.hand_on(request) {
                self.silent(&heard, &error);
            }
            return;
        }
        // The other desks are silent because of this one, so it looks whether it sounds.
        let relay = self.clone();
        let look = move || {
            if let Err(error) = relay.manager.hand_on_and_look(request, LOOK) {
                relay.silent(&heard, &error);
            }
        };
        let _ = thread::Builder::new()
            .name("relay-look".to_owned())
            .spawn(look);
    }

    /// Leaves no mark of an event that could not be played.
    fn silent(&self, heard: &Heard, error: &Error) {
        if let Some(desk) = &self.desk {
            lock(desk).take_back(heard);
        }
        if heard.has_claim {
            self.outbox.release(heard.claim().0);
        }
        self.journal
            .failed(&heard.from, &heard.message.event, error);
    }

    pub(super) fn note_quiet(&self, from: &str, event: &str, quiet: &Quiet) {
        self.counts.quiet(quiet);
        self.journal.quiet(from, event, quiet);
    }

    pub(super) fn status(&self) -> Status {
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: process::id(),
            running_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            fleet: self.fleet.fleet().to_owned(),
            machine: self.fleet.machine().to_owned(),
            queued: self.outbox.len(),
            ..self.counts.status()
        }
    }

    /// Does without the server: a box plays the event itself, if `away` says so.
    pub(super) fn give_up(&self, event: Outgoing, why: queue::Dropped) {
        if why == queue::Dropped::Replaced {
            return;
        }
        self.counts.dropped(why);
        self.journal
            .dropped(self.fleet.machine(), &event.request.event, why);
        match (self.desk.is_none(), self.fleet.away) {
            (true, Away::Local) => self.hand_on(event.request),
            (true, Away::Silent) => self.manager.take_back(&event.request),
            (false, _) => {}
        }
    }
}
