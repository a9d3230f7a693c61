//! The events of this machine that wait for the server.

use std::mem;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use herald_audio::internals::clock::boot_ms;
use herald_audio::internals::player::protocol::Request;
use xxhash_rust::xxh3::xxh3_64;

use super::unpoisoned::lock;
use crate::desk::Pending;
use crate::message::Message;
use crate::queue::{Dropped, Queue, Queued};

/// How often it looks for events that are too old.
const EXPIRY_INTERVAL: Duration = Duration::from_millis(100);

/// What waits for the server.
pub(super) struct Outbox {
    state: Mutex<State>,
    /// Something was added, or the relay leaves.
    changed: Condvar,
}

struct State {
    queue: Queue<Outgoing>,
    /// The events that are played if the server says so, or nothing.
    asked: Vec<Asked>,
    /// The names of claims to give back.
    releases: Vec<String>,
    /// The number of events on their way to the server.
    in_flight: usize,
}

/// An event on its way.
pub(super) struct Outgoing {
    key: u64,
    pub(super) body: Vec<u8>,
    pub(super) request: Request,
    /// The claim to make before it is appended.
    pub(super) claim: Option<(String, Duration)>,
}

/// An event of this machine that waits for the server's word.
pub(super) struct Asked {
    /// The message, which is its name here.
    body: Vec<u8>,
    pub(super) pending: Pending,
    pub(super) request: Request,
}

/// What is to be done next.
pub(super) enum Next {
    /// Nothing any more.
    Leave,
    /// Do without the server for these.
    Late(Vec<Queued<Outgoing>>),
    /// Send this.
    Send(Box<Queued<Outgoing>>),
    /// Give these claims back.
    Release(Vec<String>),
}

impl Outgoing {
    pub(super) fn new(message: &Message, request: Request) -> Self {
        let Message {
            event,
            project,
            session,
            detail,
            ..
        } = message;
        Self {
            key: xxh3_64(format!("{event}\0{project:?}\0{session:?}\0{detail}").as_bytes()),
            body: message.encode(),
            request,
            claim: None,
        }
    }
}

impl Outbox {
    pub(super) fn new(ttl: Duration) -> Self {
        let state = State {
            queue: Queue::new(ttl),
            asked: Vec::new(),
            releases: Vec::new(),
            in_flight: 0,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// Adds an event that happened at `at_ms` milliseconds since boot. Returns the one that no longer waits because
    /// of it.
    pub(super) fn push(&self, at_ms: u64, event: Outgoing) -> Option<(Dropped, Outgoing)> {
        let key = event.key;
        let dropped = lock(&self.state).queue.push(Queued { key, at_ms, event });
        self.changed.notify_one();
        dropped.map(|(why, old)| (why, old.event))
    }

    /// Ends the way of an event. One that the server may not have, `unsent`, waits again; returns the one that
    /// does not because of it.
    pub(super) fn end(&self, unsent: Option<Queued<Outgoing>>) -> Option<(Dropped, Outgoing)> {
        let mut state = lock(&self.state);
        state.in_flight = 0;
        let dropped = unsent.and_then(|unsent| state.queue.put_back(unsent));
        dropped.map(|(why, old)| (why, old.event))
    }

    /// Makes the event be played if the server says so, or says nothing: see [`Self::overdue`].
    pub(super) fn ask(&self, event: &mut Outgoing, pending: Pending) {
        event.claim = Some(pending.claim());
        lock(&self.state).asked.push(Asked {
            body: event.body.clone(),
            pending,
            request: event.request.clone(),
        });
    }

    /// When the server's word is no longer waited for, in milliseconds since boot.
    pub(super) fn next_deadline(&self) -> Option<u64> {
        let state = lock(&self.state);
        state.asked.iter().map(|asked| asked.pending.due_ms()).min()
    }

    /// The events for which the server's word did not come by `now_ms` milliseconds since boot.
    pub(super) fn overdue(&self, now_ms: u64) -> Vec<Asked> {
        let is_overdue = |asked: &mut Asked| asked.pending.due_ms() <= now_ms;
        lock(&self.state).asked.extract_if(.., is_overdue).collect()
    }

    /// The event that waits for the server's word about `event`, if it still does.
    pub(super) fn answered(&self, event: &Outgoing) -> Option<Asked> {
        let asked = &mut lock(&self.state).asked;
        let place = asked.iter().position(|asked| asked.body == event.body)?;
        Some(asked.swap_remove(place))
    }

    /// Gives a claim back.
    pub(super) fn release(&self, claim: String) {
        lock(&self.state).releases.push(claim);
        self.changed.notify_one();
    }

    /// The number of events that are not at the server yet.
    pub(super) fn len(&self) -> usize {
        let state = lock(&self.state);
        state.queue.len() + state.in_flight
    }

    /// Lets the thread look again.
    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Waits for something to do, at least for `pause` if the server is away.
    pub(super) fn next(&self, pause: impl Fn() -> Duration, is_leaving: impl Fn() -> bool) -> Next {
        let mut state = lock(&self.state);
        loop {
            let late = state.queue.expire(boot_ms());
            if !late.is_empty() {
                return Next::Late(late);
            }
            let pause = pause();
            if pause.is_zero() {
                if !state.releases.is_empty() {
                    return Next::Release(mem::take(&mut state.releases));
                }
                if let Some(event) = state.queue.pop() {
                    state.in_flight = 1;
                    return Next::Send(event.into());
                }
            }
            let is_empty = state.queue.len() == 0;
            if is_empty && is_leaving() {
                return Next::Leave;
            }
            // Without an event it is woken by the next one.
            let patience = match is_empty {
                true => EXPIRY_INTERVAL * 10,
                false => EXPIRY_INTERVAL.min(pause),
            };
            let waited = self.changed.wait_timeout(state, patience);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
