//! Sends the events of this machine to the server.
//!
//! Of an event whose append got no answer nobody knows whether the server has it: it is appended again with the same
//! sequence, by which desks recognize it. What cannot be sent within the time to live is dropped; then, and while no
//! desk is present, `away` says whether a box plays it itself.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use herald_audio::internals::config::fleet::Away;
use herald_audio::internals::system::env::Env;

use super::outbox::{Next, Outgoing};
use super::relay::Relay;
use crate::admin::own_server::OwnServer;
use crate::engine::Engine;
use crate::engine::redis::Server;
use crate::queue::{Dropped, Queued};

/// How long a box believes that somebody is there, rather than asking after each event.
const BELIEVED: Duration = Duration::from_secs(5);

/// Starts the thread that appends. It ends when the relay leaves and nothing is queued.
pub(super) fn start(relay: Arc<Relay>, server: Server, env: Env) -> io::Result<JoinHandle<()>> {
    let thread = thread::Builder::new().name("relay-append".to_owned());
    thread.spawn(move || {
        let own_server = OwnServer::of(&relay.fleet, &env);
        if let Some(Err(error)) = own_server.map(|own_server| own_server.start(&env)) {
            relay.journal.away(&error);
        }
        let mut appending = Appending {
            relay,
            server,
            attended: None,
        };
        appending.run();
    })
}

struct Appending {
    relay: Arc<Relay>,
    server: Server,
    /// When a desk was last found present, or the fleet muted.
    attended: Option<Instant>,
}

impl Appending {
    fn run(&mut self) {
        loop {
            let is_leaving = || self.relay.is_leaving.get().is_some();
            let next = self.relay.outbox.next(|| self.server.pause(), is_leaving);
            match next {
                Next::Leave => return,
                Next::Late(events) => {
                    let give_up =
                        |late: Queued<Outgoing>| self.relay.give_up(late.event, Dropped::Late);
                    events.into_iter().for_each(give_up);
                }
                Next::Release(claims) => {
                    // A claim that cannot be given back ends by itself.
                    claims
                        .iter()
                        .for_each(|claim| _ = self.server.release(claim));
                }
                Next::Send(event) => self.send(*event),
            }
        }
    }

    fn send(&mut self, event: Queued<Outgoing>) {
        if let Some((name, window)) = &event.event.claim {
            let claim = self.server.claim(name, *window);
            if let Some(asked) = self.relay.outbox.answered(&event.event) {
                self.relay.settle(asked, claim.ok());
            }
        }
        let started = Instant::now();
        let sent = self.server.append(&event.event.body);
        self.relay.counts.connected(sent.as_ref().err());
        if let Err(error) = sent {
            self.relay.journal.away(&error);
            let replaced = self.relay.outbox.end(Some(event));
            replaced
                .into_iter()
                .for_each(|(why, old)| self.relay.give_up(old, why));
            return;
        }
        self.relay.counts.appended(started.elapsed());
        self.relay.outbox.end(None);
        let plays = self.relay.desk.is_none() && self.relay.fleet.away == Away::Local;
        if plays && !self.is_attended() {
            self.relay.hand_on(event.event.request);
        }
    }

    /// Whether a desk is present, or the fleet is muted.
    fn is_attended(&mut self) -> bool {
        if self.attended.is_some_and(|at| at.elapsed() < BELIEVED) {
            return true;
        }
        // That the server has the event is enough if it does not say who is there.
        let is_attended = self.server.is_attended().unwrap_or(true);
        self.attended = is_attended.then(Instant::now);
        is_attended
    }
}
