//! Boxes, desks and a real server. No player: what a desk decides is what counts.

mod proxy;
pub(crate) mod server;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use herald_audio::internals::clock::{SystemClock, boot_ms};
use herald_audio::internals::config::fleet::{Desks, Fleet, Role, Scope};
use herald_audio::internals::state_file::StateFile;
use herald_audio::internals::throttle::Table;
use test_support::wait_until;

use crate::desk::{Desk, Rules, Verdict, Wanted};
use crate::engine::Engine;
use crate::engine::redis::Server;
use crate::message::Message;
use proxy::Proxy;
use server::TestServer;

const HOUR: Duration = Duration::from_secs(3_600);
/// How long a desk of a test waits for events.
const TURN: Duration = Duration::from_millis(100);

fn names(prefix: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{prefix}{number}"))
        .collect()
}

fn event(sequence: u64, project: &str) -> Vec<u8> {
    let text = serde_json::json!({
        "version": 1, "sequence": sequence, "event": "Stop", "project": project,
    });
    text.to_string().into_bytes()
}

/// Appends until the server says that it has it, as a relay does.
fn append(server: &mut Server, body: &[u8]) {
    while server.append(body).is_err() {
        thread::sleep(server.pause());
    }
}

/// A desk in a thread, which notes what sounds: from which box, and the project.
struct Listening {
    thread: JoinHandle<Vec<(String, String)>>,
    is_over: Flag,
    is_ready: Flag,
}

/// Set once.
type Flag = Arc<OnceLock<()>>;

impl Listening {
    fn start(fleet: Fleet, desks: usize) -> Self {
        let (is_over, is_ready) = (Flag::default(), Flag::default());
        let flags = (is_over.clone(), is_ready.clone());
        let thread = thread::spawn(move || listen(fleet, desks, &flags.0, &flags.1));
        Self {
            thread,
            is_over,
            is_ready,
        }
    }

    fn wait_until_ready(&self) {
        wait_until("the desk follows", || self.is_ready.get().copied());
    }

    /// Ends it when nothing has come for a while.
    fn sounds(self) -> Vec<(String, String)> {
        self.is_over.set(()).unwrap();
        self.thread.join().unwrap()
    }
}

fn listen(fleet: Fleet, desks: usize, is_over: &Flag, is_ready: &Flag) -> Vec<(String, String)> {
    let dir = tempfile::tempdir().unwrap();
    let rules = Rules {
        machine: fleet.machine().to_owned(),
        scope: Scope::Project,
        ttl: fleet.ttl,
        desks: fleet.desks,
    };
    let file = StateFile::open_at(&dir.path().join("fleet.v1"));
    let mut desk = Desk::new(rules, Table::new(file, SystemClock));
    let mut server = Server::new(fleet);
    let mut sounds = Vec::new();
    let mut idle = 0;
    // Five turns after the last event: other desks may still wait for theirs.
    while is_over.get().is_none() || idle < 5 {
        let Ok(read) = server.follow(TURN) else {
            continue;
        };
        idle = if read.entries.is_empty() { idle + 1 } else { 0 };
        if is_ready.get().is_none() || read.is_news {
            let present = server.announce(None).and_then(|()| server.presence());
            if let Ok(present) = present {
                if present.len() == desks {
                    let _ = is_ready.set(());
                }
                desk.meet(present, boot_ms());
            }
        }
        let mut verdicts: Vec<_> = read
            .entries
            .iter()
            .map(|entry| {
                let wanted = |message: &Message| {
                    let name = message.event.clone();
                    Ok(Wanted { name, window: HOUR })
                };
                desk.arrive(entry, boot_ms(), wanted)
            })
            .collect();
        for pending in desk.due(boot_ms()) {
            let (name, window) = pending.claim();
            let claim = server.claim(&name, window).ok();
            verdicts.push(desk.settle(pending, claim));
        }
        let heard = verdicts.into_iter().filter_map(|verdict| match verdict {
            Verdict::Sound(heard) => Some((heard.from, heard.message.project.unwrap())),
            _ => None,
        });
        sounds.extend(heard);
    }
    sounds
}

fn counts(sounds: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    sounds
        .into_iter()
        .for_each(|(_, project)| *counts.entry(project).or_default() += 1);
    counts
}

fn a_thousand_say_the_same(mode: Desks) -> Option<[BTreeMap<String, usize>; 3]> {
    const SENDERS: usize = 1_000;
    const THREADS: usize = 10;
    let server = TestServer::start()?;
    let rounds: usize = if std::env::var_os("HERALD_SOAK").is_some() {
        30
    } else {
        10
    };
    let desks = names("desk", 3);
    let boxes = names("box", SENDERS);
    server.add(&boxes, Role::Box);
    server.add(&desks, Role::Desk);
    let port = server.port;
    let listening: Vec<_> = desks
        .iter()
        .map(|name| {
            let fleet = Fleet {
                desks: mode,
                ..server.fleet(name, port)
            };
            Listening::start(fleet, desks.len())
        })
        .collect();
    listening.iter().for_each(Listening::wait_until_ready);
    thread::scope(|scope| {
        for boxes in boxes.chunks(SENDERS / THREADS) {
            let fleets: Vec<_> = boxes.iter().map(|name| server.fleet(name, port)).collect();
            scope.spawn(move || {
                let mut senders: Vec<_> = fleets.into_iter().map(Server::new).collect();
                for round in 0..rounds {
                    let body = event(round as u64, &format!("round{round}"));
                    senders.iter_mut().for_each(|sender| append(sender, &body));
                }
            });
        }
    });
    let heard: Vec<_> = listening
        .into_iter()
        .map(|desk| counts(desk.sounds()))
        .collect();
    let rounds: BTreeMap<_, _> = (0..rounds)
        .map(|round| (format!("round{round}"), 1))
        .collect();
    match mode {
        Desks::All => assert!(heard.iter().all(|heard| *heard == rounds), "{heard:?}"),
        _ => {
            let all = counts(heard.iter().flatten().map(|(round, count)| {
                assert_eq!(*count, 1);
                (String::new(), round.clone())
            }));
            assert_eq!(all, rounds, "{heard:?}");
        }
    }
    heard.try_into().ok()
}

#[test]
fn each_desk_sounds_once_for_a_thousand_senders() {
    a_thousand_say_the_same(Desks::All);
}

#[test]
fn one_desk_sounds_once_for_a_thousand_senders() {
    a_thousand_say_the_same(Desks::One);
}

#[test]
fn a_server_that_is_killed_and_forgets_costs_no_second_sound() {
    let Some(mut server) = TestServer::start() else {
        return;
    };
    server.add(&names("box", 1), Role::Box);
    server.add(&names("desk", 1), Role::Desk);
    let port = server.port;
    let desk = Listening::start(server.fleet("desk0", port), 1);
    desk.wait_until_ready();
    let mut sender = Server::new(server.fleet("box0", port));
    append(&mut sender, &event(1, "before"));
    server.kill();
    server.run();
    // Its reply may have been lost.
    append(&mut sender, &event(1, "before"));
    append(&mut sender, &event(2, "before"));
    append(&mut sender, &event(3, "after"));
    let heard = counts(desk.sounds());
    let once = ["before", "after"].map(|project| (project.to_owned(), 1));
    assert_eq!(heard, BTreeMap::from(once));
}

#[test]
fn a_connection_that_is_cut_loses_nothing_repeats_nothing_and_keeps_the_order() {
    const BOXES: usize = 20;
    const EVENTS: usize = 30;
    let Some(server) = TestServer::start() else {
        return;
    };
    server.add(&names("box", BOXES), Role::Box);
    server.add(&names("desk", 1), Role::Desk);
    let proxy = Proxy::to(server.port);
    let desk = Listening::start(server.fleet("desk0", proxy.port), 1);
    desk.wait_until_ready();
    let mut senders: Vec<_> = names("box", BOXES)
        .iter()
        .map(|name| Server::new(server.fleet(name, proxy.port)))
        .collect();
    let mut sent = 0;
    for number in 0..EVENTS {
        for (place, sender) in senders.iter_mut().enumerate() {
            append(
                sender,
                &event(
                    number as u64,
                    &format!("{place}/{number}").replace('/', "-"),
                ),
            );
            sent += 1;
            if sent % (BOXES * EVENTS / 50) == 0 {
                proxy.cut();
            }
        }
    }
    let sounds = desk.sounds();
    assert!(counts(sounds.clone()).values().all(|count| *count == 1));
    let mut by_box: HashMap<String, Vec<String>> = HashMap::new();
    sounds
        .into_iter()
        .for_each(|(from, project)| by_box.entry(from).or_default().push(project));
    for place in 0..BOXES {
        let expected: Vec<_> = (0..EVENTS)
            .map(|number| format!("{place}-{number}"))
            .collect();
        assert_eq!(by_box[&format!("box{place}")], expected);
    }
}

#[test]
fn an_answer_that_is_swallowed_costs_no_second_sound() {
    let Some(server) = TestServer::start() else {
        return;
    };
    server.add(&names("box", 1), Role::Box);
    server.add(&names("desk", 1), Role::Desk);
    let proxy = Proxy::to(server.port);
    let desk = Listening::start(server.fleet("desk0", server.port), 1);
    desk.wait_until_ready();
    let mut sender = Server::new(server.fleet("box0", proxy.port));
    append(&mut sender, &event(1, "first"));
    proxy.swallow(true);
    sender.append(&event(2, "second")).unwrap_err();
    proxy.swallow(false);
    append(&mut sender, &event(2, "second"));
    let heard = counts(desk.sounds());
    let once = ["first", "second"].map(|project| (project.to_owned(), 1));
    assert_eq!(heard, BTreeMap::from(once));
}
