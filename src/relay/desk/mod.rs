//! Whether an event sounds at this desk. No I/O: time, entries and the server's answers come from the caller.
//!
//! # Invariants
//!
//! - A key sounds at most once in its window, by this desk's own table, clock and windows: whatever the server
//!   forgets or repeats, and whatever boxes say.
//! - Nothing late sounds. An entry that was read back is judged by its age; one that came while this desk
//!   waited is fresh.
//! - A box that is quiet, muted or unwanted marks nothing; neither does an event that another desk plays.
//! - Nobody silences anybody else: an event that asks for attention has a key of its box and session, and each
//!   box has a limit of its own.
//! - A desk that knows nothing of others plays. So two desks may sound where the server is away, never none.
//!
//! # One desk
//!
//! Where one desk shall sound, the event waits for 150 ms for each desk that comes before this one, and then
//! claims its key. Desks at which somebody is come first, the latest before the others.

mod repeats;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use herald_audio::internals::config::fleet::{Desks, Scope};
use herald_throttle::internals::clock::Clock;
use herald_throttle::internals::table::{Admission, Key, Slots, Table};

use crate::engine::{self, Claim, Entry};
use crate::message::Message;
use repeats::Repeats;

/// The longest window of a fleet's key, whatever the config says.
const MAX_WINDOW: Duration = Duration::from_secs(10 * 60);
/// How many sounds a box may make at once, and the time after which it may make another one.
const BURST: u64 = 30;
const PAUSE_MS: u64 = 500;
/// How long somebody counts as being at a desk.
const ACTIVE_MS: i64 = 30 * 60 * 1_000;
/// How long a desk lets the one before it have an event.
const TURN_MS: u64 = 150;
/// The maximum number of events that wait for their turn.
const MAX_PENDING: usize = 1_024;

/// What decides at a desk.
pub(crate) struct Desk<S, C> {
    rules: Rules,
    table: Table<S, C>,
    boxes: HashMap<String, Sender>,
    pending: Vec<Pending>,
    /// The known desks, and when somebody was last at them, in milliseconds since boot or before it.
    desks: Vec<(String, Option<i64>)>,
}

/// The settings of a desk.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The name of this desk.
    pub(crate) machine: String,
    pub(crate) scope: Scope,
    pub(crate) ttl: Duration,
    pub(crate) desks: Desks,
}

/// What the desk's config wants of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The finest configured key.
    pub(crate) name: String,
    pub(crate) window: Duration,
}

/// What is known of a box.
#[derive(Default)]
struct Sender {
    repeats: Repeats,
    /// When all its sounds so far are paid for, in milliseconds since boot.
    paid_ms: u64,
}

/// An event that may sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The box.
    pub(crate) from: String,
    pub(crate) message: Message,
    key: Key,
    window: Duration,
    /// The mark to take back if it cannot be played.
    admission: Admission,
    /// Whether the key is this desk's by a claim, or is to be claimed as soon as it sounds.
    pub(crate) has_claim: bool,
}

/// An event that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    /// When to claim its key, or to do without, in milliseconds since boot.
    due_ms: u64,
    from: String,
    message: Message,
    key: Key,
    window: Duration,
}

/// What to do about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Play it.
    Sound(Heard),
    /// Ask the server now who plays it, then [`Desk::settle`] it.
    Ask(Pending),
    /// It waits for its turn: see [`Desk::due`].
    Waits,
    /// Play nothing.
    Quiet(Quiet),
}

/// Why an event does not sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Quiet {
    /// It was read back and is older than the time to live, in milliseconds.
    Late(i64),
    /// It claims to be from the future, by milliseconds.
    Future(i64),
    /// It was read before.
    Repeated,
    /// It is no message, and why.
    Invalid(String),
    /// Its box makes too many sounds.
    Capped,
    /// Its key sounded less than a window ago, or waits to.
    Suppressed,
    /// Another desk plays it.
    Elsewhere,
    /// The desk's config or controls, and which.
    Unwanted(String),
}

impl<S: Slots, C: Clock> Desk<S, C> {
    pub(crate) fn new(rules: Rules, table: Table<S, C>) -> Self {
        Self {
            rules,
            table,
            boxes: HashMap::new(),
            pending: Vec::new(),
            desks: Vec::new(),
        }
    }

    /// Decides about an entry of another box, at `now_ms` milliseconds since boot. `want` is what the config
    /// says, or why it says no.
    pub(crate) fn arrive(
        &mut self,
        entry: &Entry,
        now_ms: u64,
        want: impl FnOnce(&Message) -> Result<Wanted, String>,
    ) -> Verdict {
        let judged = self.judge(entry, now_ms, want);
        judged.unwrap_or_else(Verdict::Quiet)
    }

    fn judge(
        &mut self,
        entry: &Entry,
        now_ms: u64,
        want: impl FnOnce(&Message) -> Result<Wanted, String>,
    ) -> Result<Verdict, Quiet> {
        let message = Message::decode(&entry.body).map_err(Quiet::Invalid)?;
        let sender = self.boxes.entry(entry.from.clone()).or_default();
        if !sender.repeats.is_new(message.sequence) {
            return Err(Quiet::Repeated);
        }
        let ttl_ms = i64::try_from(self.rules.ttl.as_millis()).unwrap_or(i64::MAX);
        match entry.age_ms {
            Some(age_ms) if age_ms < 0 => return Err(Quiet::Future(-age_ms)),
            Some(age_ms) if age_ms > ttl_ms => return Err(Quiet::Late(age_ms)),
            _ => {}
        }
        let wanted = want(&message).map_err(Quiet::Unwanted)?;
        let key = self.key(&entry.from, &message, &wanted.name);
        let window = wanted.window.min(MAX_WINDOW);
        let waits = self.pending.iter().any(|pending| pending.key == key);
        if waits || self.table.peek(key, window).is_some() {
            return Err(Quiet::Suppressed);
        }
        self.charge(&entry.from, now_ms)?;
        let pending = Pending {
            due_ms: now_ms,
            from: entry.from.clone(),
            message,
            key,
            window,
        };
        match self.rank(now_ms) {
            Some(rank) if self.pending.len() < MAX_PENDING => {
                let due_ms = now_ms + rank as u64 * TURN_MS;
                self.pending.push(Pending { due_ms, ..pending });
                Ok(Verdict::Waits)
            }
            _ => self.admit(pending, false).map(Verdict::Sound),
        }
    }

    /// Decides about an event of this machine, which its hook has admitted.
    pub(crate) fn own(&mut self, message: &Message, wanted: Wanted, now_ms: u64) -> Verdict {
        let from = self.rules.machine.clone();
        let key = self.key(&from, message, &wanted.name);
        let window = wanted.window.min(MAX_WINDOW);
        let rank = self.rank(now_ms);
        let pending = Pending {
            due_ms: now_ms + TURN_MS,
            from,
            message: message.clone(),
            key,
            window,
        };
        if rank.is_some_and(|rank| rank > 0) && self.is_anybody_active(now_ms) {
            if self.table.peek(key, window).is_some() {
                return Verdict::Quiet(Quiet::Suppressed);
            }
            return Verdict::Ask(pending);
        }
        match self.admit(pending, rank.is_some()) {
            Ok(heard) => Verdict::Sound(heard),
            Err(quiet) => Verdict::Quiet(quiet),
        }
    }

    /// The events whose turn has come at `now_ms` milliseconds since boot: ask the server who plays them.
    pub(crate) fn due(&mut self, now_ms: u64) -> Vec<Pending> {
        let is_due = |pending: &mut Pending| pending.due_ms <= now_ms;
        self.pending.extract_if(.., is_due).collect()
    }

    /// When the next turn comes, in milliseconds since boot.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.pending.iter().map(|pending| pending.due_ms).min()
    }

    /// Decides about an event whose turn has come, by what the server says; none if it says nothing.
    pub(crate) fn settle(&mut self, pending: Pending, claim: Option<Claim>) -> Verdict {
        let admitted = match claim {
            Some(Claim::Lost) => Err(Quiet::Elsewhere),
            claim => self.admit(pending, claim.is_some()),
        };
        match admitted {
            Ok(heard) => Verdict::Sound(heard),
            Err(quiet) => Verdict::Quiet(quiet),
        }
    }

    /// Takes the mark of an event back that could not be played.
    pub(crate) fn take_back(&self, heard: &Heard) {
        self.table.cancel(heard.admission);
    }

    /// Takes note of the desks that are present, at `now_ms` milliseconds since boot.
    pub(crate) fn meet(&mut self, desks: Vec<engine::Desk>, now_ms: u64) {
        let active_at = |ago: Duration| {
            let ago_ms = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
            (now_ms as i64).saturating_sub(ago_ms)
        };
        let desks = desks.into_iter();
        self.desks = desks
            .map(|desk| (desk.name, desk.active_ago.map(active_at)))
            .collect();
    }

    fn admit(&self, pending: Pending, has_claim: bool) -> Result<Heard, Quiet> {
        let Pending {
            from,
            message,
            key,
            window,
            ..
        } = pending;
        let admission = self.table.admit(key, window).admission();
        Ok(Heard {
            from,
            message,
            key,
            window,
            admission: admission.ok_or(Quiet::Suppressed)?,
            has_claim,
        })
    }

    /// Counts a sound of the box.
    fn charge(&mut self, from: &str, now_ms: u64) -> Result<(), Quiet> {
        let Some(sender) = self.boxes.get_mut(from) else {
            return Ok(());
        };
        let paid_ms = sender.paid_ms.max(now_ms) + PAUSE_MS;
        if paid_ms - now_ms > BURST * PAUSE_MS {
            return Err(Quiet::Capped);
        }
        sender.paid_ms = paid_ms;
        Ok(())
    }

    fn key(&self, from: &str, message: &Message, name: &str) -> Key {
        let project = message.project.as_deref().unwrap_or_default();
        let scope = match message.is_attention() {
            true => Scope::Session,
            false => self.rules.scope,
        };
        let within = match (scope, message.session) {
            (Scope::Event, _) => String::new(),
            (Scope::Project, _) => format!("project {project}"),
            (Scope::Box, _) => format!("box {from}"),
            (Scope::Session, Some(session)) => format!("session {from} {session}"),
            (Scope::Session, None) => format!("box {from} project {project}"),
        };
        Key::new(&format!("{within}\0{name}\0{:016x}", message.detail))
    }

    /// How many desks come before this one, if one desk shall sound and this is not the only one.
    fn rank(&self, now_ms: u64) -> Option<usize> {
        let is_one = match self.rules.desks {
            Desks::All => false,
            Desks::One => true,
            Desks::Auto => self.is_anybody_active(now_ms),
        };
        let own = &self.rules.machine;
        let is_alone = self.desks.iter().all(|(name, _)| name == own);
        if !is_one || is_alone {
            return None;
        }
        let place = |active_at: Option<i64>| Reverse(active_at.filter(|at| is_active(*at, now_ms)));
        let active = self.desks.iter().find(|(name, _)| name == own);
        let here = (place(active.and_then(|(_, active)| *active)), own);
        let desks = self.desks.iter();
        Some(
            desks
                .filter(|(name, active)| (place(*active), name) < here)
                .count(),
        )
    }

    fn is_anybody_active(&self, now_ms: u64) -> bool {
        let mut active = self.desks.iter().filter_map(|(_, active)| *active);
        active.any(|at| is_active(at, now_ms))
    }
}

impl Heard {
    /// The name of its claim, and how long that lasts.
    pub(crate) fn claim(&self) -> (String, Duration) {
        (claim_name(self.key), self.window)
    }
}

impl Pending {
    /// When it is settled without a word of the server at the latest, in milliseconds since boot.
    pub(crate) const fn due_ms(&self) -> u64 {
        self.due_ms
    }

    /// The name of its claim, and how long that lasts.
    pub(crate) fn claim(&self) -> (String, Duration) {
        (claim_name(self.key), self.window)
    }
}

fn claim_name(key: Key) -> String {
    format!("{:016x}", key.to_bits())
}

fn is_active(at_ms: i64, now_ms: u64) -> bool {
    (now_ms as i64).saturating_sub(at_ms) < ACTIVE_MS
}
