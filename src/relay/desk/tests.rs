use std::collections::{BTreeMap, HashMap, HashSet};

use herald_throttle::internals::clock::ManualClock;
use herald_throttle::internals::table::LocalSlots;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::engine::EntryId;

const START: u64 = 1_780_000_000_000;
const TTL_MS: u64 = 10_000;
const WINDOW_MS: u64 = 5_000;

fn rules(machine: &str, desks: Desks) -> Rules {
    Rules {
        machine: machine.to_owned(),
        scope: Scope::Project,
        ttl: Duration::from_millis(TTL_MS),
        desks,
    }
}

fn desk<'c>(
    clock: &'c ManualClock,
    machine: &str,
    desks: Desks,
) -> Desk<LocalSlots, &'c ManualClock> {
    Desk::new(rules(machine, desks), Table::in_process(clock))
}

fn message(sequence: u64, event: &str, project: &str) -> Message {
    let text = serde_json::json!({
        "version": 1, "sequence": sequence, "event": event, "project": project, "session": 1,
    });
    Message::decode(text.to_string().as_bytes()).unwrap()
}

fn entry(from: &str, age_ms: Option<i64>, message: &Message) -> Entry {
    Entry {
        from: from.to_owned(),
        id: EntryId { ms: 0, number: 0 },
        age_ms,
        body: message.encode(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what a config may say")]
fn wanted(message: &Message) -> Result<Wanted, String> {
    Ok(Wanted {
        name: message.event.clone(),
        window: Duration::from_millis(WINDOW_MS),
    })
}

fn is_sound(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Sound(_))
}

fn present(name: &str, active_ago_s: Option<u64>) -> engine::Desk {
    engine::Desk {
        name: name.to_owned(),
        active_ago: active_ago_s.map(Duration::from_secs),
    }
}

#[test]
fn a_key_sounds_once_in_its_window_whichever_box_says_it() {
    let clock = ManualClock::at(START);
    let mut desk = desk(&clock, "laptop", Desks::All);
    let mut say =
        |from: &str, message: &Message| desk.arrive(&entry(from, None, message), 0, wanted);
    assert!(is_sound(&say("a", &message(1, "Stop", "p"))));
    assert_eq!(
        say("a", &message(1, "Stop", "p")),
        Verdict::Quiet(Quiet::Repeated)
    );
    assert_eq!(
        say("b", &message(1, "Stop", "p")),
        Verdict::Quiet(Quiet::Suppressed)
    );
    assert!(is_sound(&say("b", &message(2, "Stop", "another"))));
    clock.advance(WINDOW_MS);
    assert!(is_sound(&say("b", &message(3, "Stop", "p"))));
    // What asks for attention is of its box and session.
    assert!(is_sound(&say("a", &message(4, "PermissionRequest", "p"))));
    assert!(is_sound(&say("b", &message(4, "PermissionRequest", "p"))));
}

#[test]
fn what_was_read_back_is_judged_by_its_age_and_marks_nothing() {
    let clock = ManualClock::at(START);
    let mut desk = desk(&clock, "laptop", Desks::All);
    let ttl = TTL_MS as i64;
    for (sequence, age, quiet) in [
        (1, ttl + 1, Quiet::Late(ttl + 1)),
        (2, -1, Quiet::Future(1)),
        (3, -3_600_000, Quiet::Future(3_600_000)),
    ] {
        let late = entry("a", Some(age), &message(sequence, "Stop", "p"));
        assert_eq!(desk.arrive(&late, 0, wanted), Verdict::Quiet(quiet));
    }
    let silent = entry("a", None, &message(4, "Stop", "p"));
    let muted = |_: &Message| Err("muted".to_owned());
    let quiet = Verdict::Quiet(Quiet::Unwanted("muted".to_owned()));
    assert_eq!(desk.arrive(&silent, 0, muted), quiet);
    let in_time = entry("a", Some(ttl), &message(5, "Stop", "p"));
    assert!(is_sound(&desk.arrive(&in_time, 0, wanted)));
}

#[test]
fn a_box_that_floods_is_capped_and_silences_nobody_else() {
    let clock = ManualClock::at(START);
    let mut desk = desk(&clock, "laptop", Desks::All);
    let mut say = |from: &str, sequence: u64, now_ms: u64| {
        let message = message(sequence, "Stop", &format!("p{from}{sequence}"));
        desk.arrive(&entry(from, None, &message), now_ms, wanted)
    };
    let sounds = (0..1_000).filter(|n| is_sound(&say("a", *n, 0))).count();
    assert_eq!(sounds as u64, BURST);
    assert!(is_sound(&say("b", 1, 0)));
    assert_eq!(say("a", 1_001, PAUSE_MS - 1), Verdict::Quiet(Quiet::Capped));
    assert!(is_sound(&say("a", 1_002, PAUSE_MS)));
}

#[test]
fn a_window_lasts_ten_minutes_at_most() {
    let clock = ManualClock::at(START);
    let mut desk = desk(&clock, "laptop", Desks::All);
    let week = |message: &Message| {
        let window = Duration::from_secs(7 * 24 * 60 * 60);
        Ok(Wanted {
            window,
            ..wanted(message)?
        })
    };
    let mut say =
        |sequence| desk.arrive(&entry("a", None, &message(sequence, "Stop", "p")), 0, week);
    assert!(is_sound(&say(1)));
    clock.advance(10 * 60 * 1_000);
    assert!(is_sound(&say(2)));
}

#[test]
fn one_desk_sounds_and_a_sound_that_failed_leaves_no_mark() {
    let clock = ManualClock::at(START);
    let [mut first, mut second] = ["a", "b"].map(|name| {
        let mut desk = desk(&clock, name, Desks::Auto);
        desk.meet(
            vec![
                present("a", None),
                present("b", Some(60)),
                present("c", Some(9_999)),
            ],
            0,
        );
        desk
    });
    let event = entry("box", None, &message(1, "Stop", "p"));
    // Somebody is at b: it comes first, then by name.
    assert_eq!(second.arrive(&event, 0, wanted), Verdict::Waits);
    assert_eq!(first.arrive(&event, 0, wanted), Verdict::Waits);
    assert_eq!(
        (first.next_due(), second.next_due()),
        (Some(TURN_MS), Some(0))
    );
    let again = entry("box", None, &message(2, "Stop", "p"));
    assert_eq!(
        first.arrive(&again, 0, wanted),
        Verdict::Quiet(Quiet::Suppressed)
    );
    let Verdict::Sound(heard) = second
        .due(0)
        .pop()
        .map(|it| second.settle(it, Some(Claim::Won)))
        .unwrap()
    else {
        panic!("it has won");
    };
    assert!(heard.has_claim);
    let lost = first.due(TURN_MS).pop().unwrap();
    assert_eq!(lost.claim(), heard.claim());
    assert_eq!(
        first.settle(lost, Some(Claim::Lost)),
        Verdict::Quiet(Quiet::Elsewhere)
    );
    second.take_back(&heard);
    let retried = entry("box", None, &message(3, "Stop", "p"));
    assert_eq!(first.arrive(&retried, 0, wanted), Verdict::Waits);
    let without_server = first.due(TURN_MS).pop().unwrap();
    assert!(is_sound(&first.settle(without_server, None)));
    // Nobody is known to be anywhere: all sound.
    let later = entry("box", None, &message(4, "Stop", "another"));
    assert!(is_sound(&second.arrive(&later, ACTIVE_MS as u64, wanted)));
}

#[test]
fn own_events_sound_at_once_unless_somebody_is_at_another_desk() {
    let clock = ManualClock::at(START);
    let mut desk = desk(&clock, "laptop", Desks::Auto);
    let event = |project: &str| message(1, "Stop", project);
    let own = |desk: &mut Desk<_, _>, event: &Message| desk.own(event, wanted(event).unwrap(), 0);
    assert!(matches!(own(&mut desk, &event("p")), Verdict::Sound(heard) if !heard.has_claim));
    assert_eq!(
        own(&mut desk, &event("p")),
        Verdict::Quiet(Quiet::Suppressed)
    );
    desk.meet(
        vec![present("laptop", Some(1)), present("office", Some(2))],
        0,
    );
    assert!(matches!(own(&mut desk, &event("q")), Verdict::Sound(heard) if heard.has_claim));
    desk.meet(
        vec![present("laptop", Some(2)), present("office", Some(1))],
        0,
    );
    let Verdict::Ask(asked) = own(&mut desk, &event("r")) else {
        panic!("somebody is at the office");
    };
    assert!(
        is_sound(&desk.settle(asked, None)),
        "the server does not answer"
    );
}

/// What happens in the model.
#[derive(Clone, Debug)]
enum Step {
    /// A box says that an event of a project happened. To each desk go copies: each with its delay, and whether it
    /// is read back rather than fresh.
    Event {
        from: usize,
        project: usize,
        copies: [Vec<(u64, bool)>; 3],
    },
    /// Time passes.
    Pause(u64),
    /// The server forgets everything, and desks connect again.
    Amnesia,
    /// A desk's relay is killed, and starts again.
    Restart(usize),
}

/// What a part of the model does wrong, to see that the properties notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// The server gives each desk every claim.
    EveryClaimIsWon,
    /// The table is lost when a relay is killed.
    TableIsLost,
    /// What was read back looks fresh.
    LateLooksFresh,
    /// Each copy looks like another event.
    CopiesLookNew,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let copies = prop::collection::vec((0..15_000_u64, prop::bool::weighted(0.3)), 0..4);
    let event = (0..3_usize, 0..3_usize, prop::array::uniform3(copies));
    let step = prop_oneof![
        6 => event.prop_map(|(from, project, copies)| Step::Event { from, project, copies }),
        6 => (1..4_000_u64).prop_map(Step::Pause),
        1 => Just(Step::Amnesia),
        1 => (0..3_usize).prop_map(Step::Restart),
    ];
    prop::collection::vec(step, 1..60)
}

/// A copy of an event on its way to a desk.
#[derive(Clone, Debug)]
struct Delivery {
    desk: usize,
    from: usize,
    /// The event, whatever its message looks like.
    event: u64,
    message: Message,
    sent_ms: u64,
    is_read_back: bool,
}

/// Boxes, a network, a server with claims, and three desks.
struct World<'c> {
    clock: &'c ManualClock,
    now_ms: u64,
    mode: Desks,
    flaw: Flaw,
    desks: Vec<Desk<LocalSlots, &'c ManualClock>>,
    events: u64,
    /// By the time of arrival.
    on_the_way: BTreeMap<u64, Vec<Delivery>>,
    claims: HashMap<String, (usize, u64)>,
    has_forgotten: bool,
    has_restarted: bool,
    /// By desk and project: when it sounded.
    sounds: HashMap<(usize, String), Vec<u64>>,
    /// By desk: the events that sounded.
    sounded: Vec<(usize, u64)>,
    /// What each desk was told fresh or in time, and what it was told too late.
    told: HashSet<(usize, String)>,
    late: HashSet<(usize, u64)>,
}

impl<'c> World<'c> {
    fn new(clock: &'c ManualClock, mode: Desks, flaw: Flaw) -> Self {
        let mut world = Self {
            clock,
            now_ms: 0,
            mode,
            flaw,
            desks: Vec::new(),
            events: 0,
            on_the_way: BTreeMap::new(),
            claims: HashMap::new(),
            has_forgotten: false,
            has_restarted: false,
            sounds: HashMap::new(),
            sounded: Vec::new(),
            told: HashSet::new(),
            late: HashSet::new(),
        };
        world.desks = (0..3).map(|number| world.start(number)).collect();
        world
    }

    fn start(&self, number: usize) -> Desk<LocalSlots, &'c ManualClock> {
        let name = format!("desk{number}");
        let mut desk = Desk::new(rules(&name, self.mode), Table::in_process(self.clock));
        let all = (0..3).map(|desk| present(&format!("desk{desk}"), Some(desk)));
        desk.meet(all.collect(), self.now_ms);
        desk
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Pause(ms) => self.pass(self.now_ms + ms),
            Step::Amnesia => {
                self.claims.clear();
                self.has_forgotten = true;
            }
            Step::Restart(number) => {
                self.has_restarted = true;
                // What waited for its turn is lost; the table is a file.
                for lost in self.desks[number].due(u64::MAX) {
                    self.told.remove(&(number, lost.message.project.unwrap()));
                }
                // And what it had read.
                self.late.retain(|(desk, _)| *desk != number);
                let fresh = self.start(number);
                let old = std::mem::replace(&mut self.desks[number], fresh);
                if self.flaw != Flaw::TableIsLost {
                    self.desks[number].table = old.table;
                }
            }
            Step::Event {
                from,
                project,
                copies,
            } => {
                self.events += 1;
                for (desk, copies) in copies.into_iter().enumerate() {
                    for (number, (delay, is_read_back)) in copies.into_iter().enumerate() {
                        let sequence = match self.flaw {
                            Flaw::CopiesLookNew => self.events * 8 + number as u64,
                            _ => self.events * 8,
                        };
                        let mut message = message(sequence, "Stop", &format!("p{project}"));
                        message.session = Some(self.events);
                        let delivery = Delivery {
                            desk,
                            from,
                            event: self.events,
                            message,
                            sent_ms: self.now_ms,
                            is_read_back,
                        };
                        self.on_the_way
                            .entry(self.now_ms + delay)
                            .or_default()
                            .push(delivery);
                    }
                }
            }
        }
    }

    /// Lets time pass until `end_ms`, and everything happen that is due.
    fn pass(&mut self, end_ms: u64) {
        loop {
            let arrival = self.on_the_way.keys().next().copied();
            let turn = self.desks.iter().filter_map(Desk::next_due).min();
            let next = arrival.into_iter().chain(turn).min();
            let Some(next_ms) = next.filter(|next_ms| *next_ms <= end_ms) else {
                break;
            };
            self.at(next_ms);
            let arriving = self.on_the_way.remove(&next_ms).unwrap_or_default();
            arriving
                .into_iter()
                .for_each(|delivery| self.arrive(&delivery));
            for desk in 0..3 {
                for pending in self.desks[desk].due(next_ms) {
                    let claim = self.claim(desk, pending.claim());
                    let verdict = self.desks[desk].settle(pending, Some(claim));
                    self.note(desk, verdict);
                }
            }
        }
        self.at(end_ms);
    }

    fn at(&mut self, ms: u64) {
        self.now_ms = self.now_ms.max(ms);
        self.clock.set(START + self.now_ms);
    }

    fn arrive(&mut self, delivery: &Delivery) {
        let Delivery {
            desk,
            message,
            event,
            ..
        } = delivery;
        let age_ms = self.now_ms - delivery.sent_ms;
        let is_late = delivery.is_read_back && age_ms > TTL_MS;
        let age = Some(age_ms as i64)
            .filter(|_| delivery.is_read_back && self.flaw != Flaw::LateLooksFresh);
        let entry = entry(&format!("box{}", delivery.from), age, message);
        let verdict = self.desks[*desk].arrive(&entry, self.now_ms, wanted);
        // What was late once stays so.
        if verdict != Verdict::Quiet(Quiet::Repeated) {
            let sounded = (*desk, *event);
            if !is_late {
                self.told.insert((*desk, message.project.clone().unwrap()));
            } else if !self.sounded.contains(&sounded) {
                self.late.insert(sounded);
            }
        }
        self.note(*desk, verdict);
    }

    fn claim(&mut self, desk: usize, (name, window): (String, Duration)) -> Claim {
        let end_ms = self.now_ms + window.as_millis() as u64;
        let held = self
            .claims
            .get(&name)
            .filter(|(_, end_ms)| *end_ms > self.now_ms);
        match held {
            Some((by, _)) if *by != desk && self.flaw != Flaw::EveryClaimIsWon => Claim::Lost,
            _ => {
                self.claims.insert(name, (desk, end_ms));
                Claim::Won
            }
        }
    }

    fn note(&mut self, desk: usize, verdict: Verdict) {
        if let Verdict::Sound(heard) = verdict {
            let project = heard.message.project.unwrap();
            self.sounds
                .entry((desk, project))
                .or_default()
                .push(self.now_ms);
            self.sounded.push((desk, heard.message.session.unwrap()));
        }
    }

    /// What went wrong, if something did.
    fn violation(&self) -> Option<String> {
        let are_apart = |times: &[u64]| times.windows(2).all(|two| two[1] - two[0] >= WINDOW_MS);
        if let Some(twice) = self.sounds.iter().find(|(_, times)| !are_apart(times)) {
            return Some(format!("sounded twice in a window: {twice:?}"));
        }
        if let Some(late) = self
            .sounded
            .iter()
            .find(|sounded| self.late.contains(sounded))
        {
            return Some(format!("sounded late: {late:?}"));
        }
        let different: HashSet<_> = self.sounded.iter().collect();
        if !self.has_restarted && different.len() < self.sounded.len() {
            return Some(format!("an event sounded twice: {:?}", self.sounded));
        }
        let mut anywhere: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for ((_, project), times) in &self.sounds {
            anywhere.entry(project).or_default().extend(times);
        }
        let is_one = self.mode != Desks::All;
        let is_heard = |(desk, project): &(usize, String)| match is_one {
            true => anywhere.contains_key(&**project),
            false => self.sounds.contains_key(&(*desk, project.clone())),
        };
        if let Some(unheard) = self.told.iter().find(|told| !is_heard(told)) {
            return Some(format!("never sounded: {unheard:?}"));
        }
        anywhere
            .values_mut()
            .for_each(|times| times.sort_unstable());
        let twice = anywhere.iter().find(|(_, times)| !are_apart(times));
        let twice = twice.filter(|_| is_one && !self.has_forgotten);
        twice.map(|twice| format!("sounded at two desks in a window: {twice:?}"))
    }
}

fn violation(steps: Vec<Step>, mode: Desks, flaw: Flaw) -> Option<String> {
    let clock = ManualClock::at(START);
    let mut world = World::new(&clock, mode, flaw);
    steps.into_iter().for_each(|step| world.take(step));
    world.pass(world.now_ms + 60_000);
    world.violation()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the network and the server do: at each desk a key sounds at most once in its window, no event twice
    /// and none late, and each that a desk was told in time is heard; with one desk, at one of them.
    #[test]
    fn each_key_sounds_once(
        steps in steps(),
        mode in prop::sample::select(vec![Desks::All, Desks::Auto, Desks::One]),
    ) {
        prop_assert_eq!(violation(steps, mode, Flaw::None), None);
    }
}

#[test]
fn the_properties_notice_what_goes_wrong() {
    for (flaw, mode, says) in [
        (Flaw::EveryClaimIsWon, Desks::One, "at two desks"),
        (Flaw::TableIsLost, Desks::All, "twice in a window"),
        (Flaw::LateLooksFresh, Desks::All, "late"),
        (Flaw::CopiesLookNew, Desks::All, "an event sounded twice"),
    ] {
        let mut runner = TestRunner::deterministic();
        let noticed = (0..400).any(|_| {
            let steps = steps().new_tree(&mut runner).unwrap().current();
            violation(steps, mode, flaw).is_some_and(|why| why.contains(says))
        });
        assert!(noticed, "{flaw:?}");
    }
}
