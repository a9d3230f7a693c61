//! Which version of Claude Code is there.

use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::env::Env;

/// How long it may take to say so; it is a large program.
const PATIENCE: Duration = Duration::from_secs(10);

/// The version that `claude --version` tells, if there is one on PATH that tells it.
pub(super) fn of_claude(env: &Env) -> Option<[u64; 3]> {
    let path = env.get("PATH")?;
    // A pipe may stay open for as long as what the program has started.
    let mut said = tempfile::tempfile().ok()?;
    let mut child = Command::new("claude")
        .arg("--version")
        .env("PATH", path)
        .stdin(Stdio::null())
        .stdout(said.try_clone().ok()?)
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(_)) => break,
            Ok(None) if started.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
    let mut text = String::new();
    said.rewind().ok()?;
    said.take(64).read_to_string(&mut text).ok()?;
    parse(&text)
}

fn parse(text: &str) -> Option<[u64; 3]> {
    let version = text.split_whitespace().next()?;
    let mut numbers = version.splitn(3, '.').map(|part| {
        let end = part
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(part.len());
        part[..end].parse().ok()
    });
    Some([numbers.next()??, numbers.next()??, numbers.next()??])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read() {
        for (text, version) in [
            ("2.1.303 (Claude Code)\n", Some([2, 1, 303])),
            ("2.2.0-beta.1", Some([2, 2, 0])),
            ("1.0", None),
            ("", None),
            ("claude: not logged in", None),
        ] {
            assert_eq!(parse(text), version, "{text:?}");
        }
    }
}
