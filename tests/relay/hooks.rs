//! From hooks through relays to the players of desks. Each hook is a call of the library, each relay a process of its
//! own; a player is a socket that counts what it is asked for.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use herald_audio::AudioManager;
use herald_audio::internals::payload::Payload;
use herald_audio::internals::player::Authority;
use herald_audio::internals::player::client::PlayerClient;
use herald_audio::internals::player::protocol::{Message, Request};
use herald_audio::internals::system::env::Env;
use herald_relay::resident::Status;
use serde_json::Value;
use test_support::{Running, wait_until};

use crate::machine::{Machine, Made};
use crate::server::{Server, is_installed};

const PATIENCE: Duration = Duration::from_secs(30);

/// A machine with a relay and a player.
pub(crate) struct Station {
    machine: Machine,
    authority: Authority,
    asked: Arc<Mutex<Vec<Request>>>,
    relay: Option<Running>,
}

impl Station {
    fn new(machine: Machine) -> Self {
        let env = env_of(&machine, None);
        let state_dir = machine.path("state");
        let _ = fs::DirBuilder::new().mode(0o700).create(&state_dir);
        let authority = Authority::of_user(&env).unwrap();
        let inbox = PlayerClient::new(&state_dir, &authority).inbox().unwrap();
        let player = UnixDatagram::bind(inbox).unwrap();
        let asked = Arc::<Mutex<Vec<Request>>>::default();
        let noted = asked.clone();
        thread::spawn(move || {
            let mut message = [0; 16 * 1024];
            while let Ok(len) = player.recv(&mut message) {
                if let Ok(Message::Play(request)) = Message::decode(&message[..len]) {
                    noted.lock().unwrap().push(*request);
                }
            }
        });
        Self {
            machine,
            authority,
            asked,
            relay: None,
        }
    }

    /// One that has joined as `made`, with its relay.
    pub(crate) fn of(made: &Made) -> Self {
        let machine = Machine::new();
        machine.join(made);
        Self::new(machine).with_relay()
    }

    pub(crate) fn with_relay(mut self) -> Self {
        let mut command = self.machine.command(&[]);
        command.stdin(std::process::Stdio::null());
        self.relay = Some(Running::start(command));
        wait_until("the relay answers", || self.status());
        self
    }

    pub(crate) fn status(&self) -> Option<Status> {
        let client = PlayerClient::relay(self.machine.path("state"), &self.authority);
        client.status_as(PATIENCE).ok().flatten()
    }

    /// Waits until the relay of a desk follows.
    pub(crate) fn listens(self) -> Self {
        wait_until("the relay is connected", || {
            self.status()?.is_connected.then_some(())
        });
        self
    }

    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    fn manager(&self, project: &str) -> AudioManager {
        let dir = self.machine.path(project);
        let _ = fs::create_dir(&dir);
        AudioManager::with_env(env_of(&self.machine, Some(dir)), None)
    }

    /// What a hook does at the end of a turn in `project`.
    pub(crate) fn stop(&self, project: &str) {
        let report = self
            .manager(project)
            .handle_event("Stop", &Payload::default());
        assert!(report.played, "{report:?}");
    }
}

fn env_of(machine: &Machine, project: Option<PathBuf>) -> Env {
    let command = machine.command(&[]);
    let vars = command.get_envs();
    let vars =
        vars.filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_owned())));
    let project = project.map(|dir| ("CLAUDE_PROJECT_DIR".to_owned(), dir.into_os_string()));
    Env::of(vars.chain(project).collect::<Vec<_>>())
}

/// A desk, which makes a fleet on `server`, and what `names` join with.
pub(crate) fn fleet(server: &Server, names: &[&str]) -> (Station, Vec<Made>) {
    let desk = Machine::new();
    let made = desk.init(server, names);
    (Station::new(desk), made)
}

fn named<'m>(made: &'m [Made], name: &str) -> &'m Made {
    made.iter().find(|made| made.name == name).unwrap()
}

#[test]
fn every_desk_is_asked_once_for_the_hooks_of_fifty_boxes() {
    const BOXES: usize = 50;
    const ROUNDS: usize = 4;
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let boxes: Vec<_> = (0..BOXES).map(|number| format!("build-{number}")).collect();
    let desks = ["--desk", "office", "--desk", "sofa"];
    let names: Vec<_> = boxes.iter().map(String::as_str).chain(desks).collect();
    let (home, made) = fleet(&server, &names);
    let others = ["office", "sofa"].map(|name| Station::of(named(&made, name)).listens());
    let mut desks = Vec::from(others);
    desks.push(home.with_relay().listens());
    let boxes: Vec<_> = boxes
        .iter()
        .map(|name| Station::of(named(&made, name)))
        .collect();
    for round in 0..ROUNDS {
        let project = format!("round-{round}");
        thread::scope(|scope| {
            for station in &boxes {
                scope.spawn(|| station.stop(&project));
            }
        });
    }
    for desk in &desks {
        wait_until("the desk has decided about every event", || {
            let status = desk.status()?;
            (status.played + status.suppressed == (BOXES * ROUNDS) as u64).then_some(())
        });
        wait_until("the player was asked", || {
            (desk.asked().len() >= ROUNDS).then_some(())
        });
        let asked = desk.asked();
        assert_eq!(asked.len(), ROUNDS);
        assert!(asked.iter().all(|request| request.event == "Stop"));
        assert!(
            asked
                .iter()
                .all(|request| request.from.as_deref().unwrap().starts_with("build-"))
        );
        // Nothing of a stranger's word is a path, a command or a volume.
        assert!(
            asked
                .iter()
                .all(|request| request.project.is_none() && request.run.is_none())
        );
    }
    assert!(
        boxes.iter().all(|station| station.asked().is_empty()),
        "a box played"
    );
}

#[test]
fn a_box_plays_its_own_sounds_while_no_desk_is_present() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (home, made) = fleet(&server, &["build-1"]);
    let station = Station::of(named(&made, "build-1"));
    station.stop("nobody");
    wait_until("the box plays", || {
        (station.asked().len() == 1).then_some(())
    });
    let home = home.with_relay().listens();
    wait_until("the desk is present", || {
        let status = home.machine.done(&["status", "--json"], "");
        let status: Value = serde_json::from_str(&status).unwrap();
        status["server"]["presentDesk"].as_str().map(drop)
    });
    station.stop("somebody");
    wait_until("the desk plays", || {
        let asked = home.asked();
        asked
            .iter()
            .any(|request| request.from.as_deref() == Some("build-1"))
            .then_some(())
    });
    wait_until("everything is sent", || {
        (station.status()?.queued == 0).then_some(())
    });
    assert_eq!(station.asked().len(), 1);
}

#[test]
fn a_box_without_its_server_plays_when_the_time_is_over() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (_home, made) = fleet(&server, &["build-1"]);
    let machine = Machine::new();
    machine.join(named(&made, "build-1"));
    drop(server);
    let mut config = machine.config();
    config["fleet"]["ttl_ms"] = 1_000.into();
    fs::write(
        machine.path("home/.config/herald/config.json"),
        config.to_string(),
    )
    .unwrap();
    let station = Station::new(machine).with_relay();
    station.stop("late");
    wait_until("the box plays", || {
        (station.asked().len() == 1).then_some(())
    });
    let status = station.status().unwrap();
    assert_eq!(
        (status.dropped.late, status.queued, status.appended),
        (1, 0, 0)
    );
    assert!(status.last_error.unwrap().contains("cannot be reached"));
}

#[test]
fn a_mute_of_the_fleet_is_obeyed_by_the_desk_and_marks_nothing() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (home, made) = fleet(&server, &["build-1", "build-2"]);
    let home = home.with_relay().listens();
    let boxes = ["build-1", "build-2"].map(|name| Station::of(named(&made, name)));
    home.machine.done(&["mute"], "");
    let silence = || home.manager("own").silence();
    let told = wait_until("the desk is muted", silence);
    assert!(told.to_string().starts_with("muted by the fleet"), "{told}");
    // A local unmute does not end it.
    home.manager("own").unmute().unwrap();
    assert!(silence().is_some());
    boxes[0].stop("project");
    wait_until("the event is there", || {
        (boxes[0].status()?.appended == 1).then_some(())
    });
    home.machine.done(&["unmute"], "");
    wait_until("the desk is unmuted", || silence().is_none().then_some(()));
    boxes[1].stop("project");
    wait_until("the first event after it is heard", || {
        (!home.asked().is_empty()).then_some(())
    });
    let asked = home.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].from.as_deref(), Some("build-2"));
}

#[test]
fn a_desks_own_events_are_played_at_once_and_told_to_the_others() {
    if !is_installed() {
        return;
    }
    let server = Server::start();
    let (home, made) = fleet(&server, &["--desk", "office"]);
    let home = home.with_relay().listens();
    let office = Station::of(named(&made, "office")).listens();
    home.stop("project");
    for desk in [&home, &office] {
        wait_until("the desk plays", || (desk.asked().len() == 1).then_some(()));
    }
    assert_eq!(home.asked()[0].from, None, "the request of its hook");
    assert!(office.asked()[0].from.is_some());
}
