//! Hooks with obstacles, from the end of their payload to their exit.

use std::fs;
use std::io::Write;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use benches::median;
use serde_json::json;

use crate::home::{Home, run};

/// Runs `count` hooks with each obstacle, and prints their times.
pub(crate) fn measure(herald: &Path, count: usize) {
    println!();
    println!(
        "| from the complete payload to the hook's end, {count} hooks each | median | slowest |"
    );
    println!("|---|---|---|");
    let tell = |trouble: &str, times: Vec<f64>| {
        let slowest = times.iter().copied().fold(0.0, f64::max);
        println!(
            "| {trouble} | {:.2} ms | {:.2} ms |",
            median(times) * 1e3,
            slowest * 1e3
        );
    };
    let home = home();
    home.start_player(herald);
    let hook = |n: usize| time(home.command(herald), n, false);
    tell("nothing is wrong", (0..count).map(hook).collect());

    let hook = |n: usize| time(home.command(herald), count + n, true);
    tell(
        "standard input is never closed",
        (0..count).map(hook).collect(),
    );

    home.signal_player("STOP");
    let hook = |n: usize| time(home.command(herald), 2 * count + n, false);
    tell(
        "the player stands still, its inbox full",
        (0..count).map(hook).collect(),
    );
    home.signal_player("CONT");

    let times = hooks_in_a_second(&home, herald, count);
    tell("hooks in one second, on two cores", times);
    home.end_player();

    let home = self::home();
    let socket = home.path("hung");
    let _nobody_accepts = UnixListener::bind(&socket).unwrap();
    let hook = |n: usize| {
        let mut command = home.command(herald);
        command.env("HERALD_OUTPUT", "auto");
        command.env("PULSE_SERVER", format!("unix:{}", socket.display()));
        time(command, n, false)
    };
    tell("the sound server hangs", (0..count).map(hook).collect());
    home.end_player();

    let home = self::home();
    let disk = home.path("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs"])
        .arg(&disk)
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("(only root can make a full disk)");
        return;
    }
    let _ = fs::write(disk.join("full"), vec![b'x'; 1 << 20]);
    let hook = |n: usize| {
        let mut command = home.command(herald);
        command.env("HERALD_STATE_DIR", &disk);
        time(command, n, false)
    };
    tell(
        "the state directory is on a full disk",
        (0..count).map(hook).collect(),
    );
    let _ = Command::new("umount").arg("-l").arg(&disk).status();
}

fn home() -> Home {
    let settings = json!({"volume": 0.5, "throttle_seconds": {"Stop": 0}});
    Home::new(&crate::short_wav(), &settings)
}

/// Seconds from the end of the payload to the exit of the hook. Its input may stay open.
fn time(mut command: Command, n: usize, stays_open: bool) -> f64 {
    let mut hook = command
        .args(["hook", "Stop"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = hook.stdin.take().unwrap();
    write!(stdin, r#"{{"prompt_id":"{n}"}}"#).unwrap();
    let complete = Instant::now();
    let kept = stays_open.then_some(stdin);
    hook.wait().unwrap();
    drop(kept);
    complete.elapsed().as_secs_f64()
}

/// Starts `count` hooks at equal intervals within a second.
fn hooks_in_a_second(home: &Home, herald: &Path, count: usize) -> Vec<f64> {
    let started = Instant::now();
    std::thread::scope(|scope| {
        let hooks: Vec<_> = (0..count)
            .map(|n| {
                let due = Duration::from_secs(1) * n as u32 / count as u32;
                std::thread::sleep(due.saturating_sub(started.elapsed()));
                scope.spawn(move || time(home.command(herald), 3 * count + n, false))
            })
            .collect();
        hooks.into_iter().map(|hook| hook.join().unwrap()).collect()
    })
}

impl Home {
    /// Plays a sound, so that the player runs.
    fn start_player(&self, herald: &Path) {
        let mut command = self.command(herald);
        command.args(["hook", "Stop"]);
        run(command, r#"{"prompt_id":"first"}"#);
        self.wait_for_sounds(1);
    }
}
