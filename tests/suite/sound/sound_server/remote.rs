//! Remote sound: the agent's machine has none, and a tunnel leads to the sound server of its user's laptop.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use herald_audio::internals::system::sound_server::{Address, let_in};

use super::tunnel::{Place, Tunnel, free_port};
use super::{SoundServer, assert_same, sound_file, two_sounds};
use crate::support::process::{player, players};
use crate::support::real_time::in_real_time;
use crate::support::sandbox::{REPLY, Sandbox, noise, payload, run, wait_until};

const LIMIT: Duration = test_support::PATIENCE;

/// The agent's machine, with `stop` for Stop: another home, another runtime directory, and no sound.
fn machine(stop: &[i16]) -> Sandbox {
    let machine = Sandbox::new().with_stop(stop);
    machine
        .with("HERALD_OUTPUT", "cpal")
        .with("ALSA_CONFIG_PATH", "/dev/null")
}

/// The address of the laptop's sound server for its own user.
fn socket(laptop: &Sandbox) -> Place {
    Place::Unix(socket_path(laptop))
}

fn socket_path(laptop: &Sandbox) -> PathBuf {
    laptop.path("pulse").join("native")
}

/// Makes the laptop's sound server listen on a port, for clients with its cookie.
fn listen(pulse: &SoundServer<'_>) -> Place {
    let port = free_port();
    let module = ["load-module", "module-native-protocol-tcp"];
    let at = ["listen=127.0.0.1".to_owned(), format!("port={port}")];
    pulse.control(&[&module[..], &[&at[0], &at[1]]].concat());
    Place::Tcp(port)
}

fn cookie(laptop: &Sandbox) -> PathBuf {
    laptop.path("home").join(".config/pulse/cookie")
}

/// A hook for Stop, which always replies. Returns the log's line about it.
fn hook(machine: &Sandbox) -> serde_json::Value {
    let before = machine.record().len();
    let hook = run(machine.herald(&["hook", "Stop"]), &payload("Stop"));
    assert_eq!(String::from_utf8_lossy(&hook.stdout), REPLY);
    let _ = run(machine.herald(&["throttle", "reset", "Stop"]), b"");
    machine.wait_for_record(before + 1)[before].clone()
}

#[test]
fn a_hook_over_ssh_is_heard_at_the_laptop_sample_by_sample() {
    in_real_time(|| {
        for ms in [50, 1_000] {
            let noise = noise(ms);
            let laptop = Sandbox::new();
            let pulse = SoundServer::start(&laptop, &["cap"]);
            let port = Tunnel::open(Place::Tcp(free_port()), listen(&pulse));
            let machine = machine(&noise).with("PULSE_SERVER", port.address());
            // As in the page: the laptop's cookie is copied once.
            let key = machine.path("home").join(".config/pulse/cookie");
            fs::create_dir_all(key.parent().unwrap()).unwrap();
            fs::copy(cookie(&laptop), key).unwrap();
            let line = hook(&machine);
            assert_eq!(line["status"], "played", "{line}");
            let through = line["through"].as_str().unwrap();
            assert!(through.ends_with(&port.address()), "{through}");
            assert_same(&pulse.heard("cap", noise.len()), &noise);
        }
    });
}

#[test]
fn a_forwarded_socket_needs_no_key() {
    in_real_time(|| {
        for ms in [50, 1_000] {
            let noise = noise(ms);
            let laptop = Sandbox::new();
            let pulse = SoundServer::start_for_its_user(&laptop, &["cap"]);
            let machine = machine(&noise);
            let place = Place::Unix(machine.path("run").join("laptop.sock"));
            let tunnel = Tunnel::open(place, socket(&laptop));
            let machine = machine.with("PULSE_SERVER", tunnel.address());
            // As above.
            let line = wait_until("the user is let in", || {
                let line = hook(&machine);
                let reason = line["reason"].as_str().unwrap_or_default();
                (!reason.contains("denies access")).then_some(line)
            });
            assert_eq!(line["status"], "played", "{line}");
            // Not through ALSA, which would work, too.
            let through = line["through"].as_str().unwrap();
            assert!(through.ends_with(&tunnel.address()), "{through}");
            assert_same(&pulse.heard("cap", noise.len()), &noise);
        }
    });
}

/// The server may ask for its client's identity after the client's first bytes.
#[test]
fn a_server_knows_its_own_user_each_time() {
    in_real_time(|| {
        let laptop = Sandbox::new();
        let _pulse = SoundServer::start_for_its_user(&laptop, &["cap"]);
        let far = laptop.path("run").join("laptop.sock");
        let _tunnel = Tunnel::open(Place::Unix(far.clone()), socket(&laptop));
        // How often it is asked for that.
        let asked = |path: PathBuf, times: usize| {
            let address = Address::Unix(path);
            let mut asked = 0;
            for _ in 0..times {
                // A busy relay may be slower than the client's limit.
                wait_until("the user is let in", || {
                    let let_in = let_in(&address, LIMIT, |server| {
                        asked += 1;
                        let lets_in = server.greet(&address, &[0; 256], LIMIT)?;
                        Ok(lets_in.then_some(()))
                    });
                    let_in.ok()
                });
            }
            asked
        };
        assert_eq!(asked(socket_path(&laptop), 3000), 3000);
        assert!(asked(far, 300) >= 300);
    });
}

#[test]
fn a_port_without_the_key_says_so() {
    in_real_time(|| {
        let noise = noise(50);
        let laptop = Sandbox::new();
        let pulse = SoundServer::start(&laptop, &["cap"]);
        let port = Tunnel::open(Place::Tcp(free_port()), listen(&pulse));
        let machine = machine(&noise).with("PULSE_SERVER", port.address());
        let line = hook(&machine);
        let reason = line["reason"].as_str().unwrap();
        let refused = format!("at {} denies access", port.address());
        assert!(reason.contains(&refused), "{reason}");
        // The next session sets it.
        let machine = machine.with("PULSE_COOKIE", cookie(&laptop));
        assert_eq!(hook(&machine)["status"], "played");
        assert_same(&pulse.heard("cap", noise.len()), &noise);
    });
}

#[test]
fn a_tunnel_that_is_down_costs_its_sounds_and_nothing_else() {
    in_real_time(|| {
        let noise = noise(50);
        let laptop = Sandbox::new();
        let pulse = SoundServer::start(&laptop, &["cap"]);
        let mut tunnel = Tunnel::open(Place::Tcp(free_port()), socket(&laptop));
        let machine = machine(&noise).with("PULSE_SERVER", tunnel.address());
        assert_eq!(hook(&machine)["status"], "played");
        let pid = player(&machine);
        tunnel.close();
        let line = hook(&machine);
        assert_eq!(line["status"], "failed", "{line}");
        let nobody = format!(
            "no sound server at {}: Connection refused",
            tunnel.address()
        );
        let reason = line["reason"].as_str().unwrap();
        assert!(reason.contains(&nobody), "{reason}");
        tunnel.reopen();
        assert_eq!(hook(&machine)["status"], "played");
        assert_eq!(player(&machine), pid, "it is the same player");
        assert_same(
            &pulse.heard("cap", 2 * noise.len()),
            &[&noise[..], &noise].concat(),
        );
    });
}

#[test]
fn a_tunnel_to_nobody_says_so() {
    in_real_time(|| {
        let tunnel = Tunnel::open(Place::Tcp(free_port()), Place::Tcp(free_port()));
        let machine = machine(&noise(50)).with("PULSE_SERVER", tunnel.address());
        let line = hook(&machine);
        let reason = line["reason"].as_str().unwrap();
        let closed = format!(
            "no sound server at {}: the connection was closed",
            tunnel.address()
        );
        assert!(reason.contains(&closed), "{reason}");
    });
}

#[test]
fn each_session_is_heard_at_its_own_laptop_by_a_player_of_its_own() {
    in_real_time(|| {
        let (stop, other) = two_sounds(50);
        let (first, second) = (Sandbox::new(), Sandbox::new());
        let at_first = SoundServer::start(&first, &["cap"]);
        let at_second = SoundServer::start(&second, &["cap"]);
        let to_first = Tunnel::open(Place::Tcp(free_port()), socket(&first));
        let to_second = Tunnel::open(Place::Tcp(free_port()), socket(&second));
        let machine = machine(&stop).with("PULSE_SERVER", to_first.address());
        let other_file = sound_file(&machine, &other);
        assert_eq!(machine.play("Stop"), Ok(()));
        let machine = machine.with("PULSE_SERVER", to_second.address());
        assert_eq!(machine.play(other_file.to_str().unwrap()), Ok(()));
        // If the first address of a list is missing, the second is used.
        let list = format!("tcp:127.0.0.1:{} {}", free_port(), to_first.address());
        let machine = machine.with("PULSE_SERVER", list);
        assert_eq!(machine.play(other_file.to_str().unwrap()), Ok(()));
        // A local session has no server here, and does not use another user's.
        let machine = machine.with("PULSE_SERVER", "");
        let error = machine.play("Stop").unwrap_err();
        assert!(error.contains("no sound server at unix:"), "{error}");
        assert_eq!(players(&machine).len(), 4);
        assert_same(&at_second.heard("cap", other.len()), &other);
        assert_same(
            &at_first.heard("cap", stop.len() + other.len()),
            &[stop, other].concat(),
        );
    });
}

#[test]
fn an_external_player_is_given_the_sessions_server() {
    in_real_time(|| {
        let noise = noise(50);
        let laptop = Sandbox::new();
        let pulse = SoundServer::start(&laptop, &["cap"]);
        let tunnel = Tunnel::open(Place::Tcp(free_port()), socket(&laptop));
        let machine = machine(&noise).with("HERALD_OUTPUT", "command");
        let machine = machine
            .with("AUDIO_PLAYER_CMD", "paplay")
            .with("PULSE_SERVER", tunnel.address());
        assert_eq!(machine.play("Stop"), Ok(()));
        assert_same(&pulse.heard("cap", noise.len()), &noise);
    });
}

#[test]
fn a_sound_over_a_slow_line_is_whole_and_does_not_stutter() {
    in_real_time(|| {
        let noise = noise(1_000);
        // On a busy machine it may stutter without enough processor time. Without a buffer as long as the
        // line it always does.
        let stutters = |_| {
            let laptop = Sandbox::new();
            let pulse = SoundServer::start(&laptop, &["cap"]);
            let delay = Duration::from_millis(60);
            let tunnel = Tunnel::open_far(Place::Tcp(free_port()), socket(&laptop), delay);
            let machine = machine(&noise).with("PULSE_SERVER", tunnel.address());
            assert_eq!(machine.play("Stop"), Ok(()));
            assert_same(&pulse.heard("cap", noise.len()), &noise);
            pulse.gaps("cap") > 0
        };
        assert!(!(0..20).all(stutters), "silence in the sound, each time");
    });
}
