//! From a fresh clone to a sound; to a WAV file if there is no sound device.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::hook::{self, StateDir};
use crate::process::{cannot_run_cargo, cargo, repository};
use crate::record::{self, Outcome};
use crate::{say, setup};

const SILENT: &str = "the player recorded nothing within 15 seconds";

pub(crate) fn run() -> Result<(), Failure> {
    say::step("what the build needs");
    setup::for_build()?;
    say::step("build: cargo build --profile first-sound --bins (about a minute, the first time)");
    let herald = build()?;
    let payload = read_payload()?;

    say::step("first sound: herald hook Stop < tests/fixtures/payloads/Stop.json");
    match play(&herald, &payload, None)? {
        Ok(output) => say::line(&format!("    {}", played(&output))),
        Err(reason) => {
            say::line(&format!("    no sound: {reason}"));
            say::step("first sound into a file: the same with HERALD_OUTPUT=wav:PATH");
            let wav = wav_path(&herald)?;
            let bytes = render(&herald, &payload, &wav)?;
            say::line(&format!(
                "    the sound device did not play, so the sound was rendered to {} ({bytes} bytes)",
                wav.display()
            ));
        }
    }

    say::step("next");
    say::line("    cargo xtask install         puts herald and herald-player into cargo's bin");
    say::line(
        "    herald install              registers it with Claude Code; other agents: README.md",
    );
    Ok(())
}

/// Builds the programs, quickly instead of quick ones, and returns the path of `herald`, as reported by cargo.
pub(crate) fn build() -> Result<PathBuf, Failure> {
    let output = cargo()
        .args(["build", "--profile", "first-sound", "--bins"])
        .args(["--package", "herald-cli"])
        .arg("--message-format=json-render-diagnostics")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .map_err(cannot_run_cargo)?;
    if !output.status.success() {
        return Err(Failure::new(
            "the build failed: cargo says why above (fix that, then run this again)",
        ));
    }
    record::executable(&String::from_utf8_lossy(&output.stdout), "herald").ok_or_else(|| {
        Failure::new("the build left no herald: cargo named no such program (run cargo clean, then this again)")
    })
}

fn read_payload() -> Result<Vec<u8>, Failure> {
    let path = repository().join("tests/fixtures/payloads/Stop.json");
    fs::read(&path).map_err(|error| {
        Failure::new(format!(
            "cannot read {}: {error} (restore it from the repository)",
            path.display()
        ))
    })
}

/// Runs the hook in a new state directory. `Ok(Ok(output))`: played there; `Ok(Err(reason))`: the hook
/// succeeded, but the player did not play.
fn play(
    herald: &Path,
    payload: &[u8],
    wav: Option<&Path>,
) -> Result<Result<String, String>, Failure> {
    let state = StateDir::new()?;
    let output = wav.map(|wav| {
        let mut output = std::ffi::OsString::from("wav:");
        output.push(wav);
        output
    });
    let reply = hook::fire(herald, payload, &state, output.as_deref())?;
    say::line(&format!(
        "    replied {} after {:.1} ms (starting the player included)",
        reply.json,
        reply.took.as_secs_f64() * 1000.0
    ));
    Ok(match state.wait_for_outcome() {
        Some(Outcome::Played { output }) => Ok(output),
        Some(Outcome::Failed { reason }) => Err(reason),
        None => Err(SILENT.to_owned()),
    })
}

/// The path of the WAV file in the target directory, two levels above the program.
fn wav_path(herald: &Path) -> Result<PathBuf, Failure> {
    let target = herald.ancestors().nth(2).unwrap_or(herald);
    let wav = target.join("first-sound.wav");
    match fs::remove_file(&wav) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::new(format!(
            "cannot replace {}: {error} (remove it yourself)",
            wav.display()
        ))),
        _ => Ok(wav),
    }
}

/// Renders into `wav` and returns its size.
fn render(herald: &Path, payload: &[u8], wav: &Path) -> Result<u64, Failure> {
    const HEADER: u64 = 44;
    if let Err(reason) = play(herald, payload, Some(wav))? {
        return Err(Failure::new(format!(
            "no sound, not even into a file: {reason} (see src/docs/trouble.md)"
        )));
    }
    // The log may be a moment ahead of the file.
    let deadline = Instant::now() + Duration::from_secs(2);
    loop {
        let bytes = fs::metadata(wav).map_or(0, |file| file.len());
        if bytes > HEADER {
            return Ok(bytes);
        }
        if Instant::now() >= deadline {
            return Err(Failure::new(format!(
                "no sound, not even into a file: the player says it played, but {} holds no sound (see src/docs/trouble.md)",
                wav.display()
            )));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// The meaning of "played" for this output.
fn played(output: &str) -> String {
    if let Some(path) = output.strip_prefix("wav:") {
        format!("rendered to {path}, as HERALD_OUTPUT asks")
    } else if output == "null" {
        "played to nobody, as HERALD_OUTPUT=null asks (unset it to hear the sound)".to_owned()
    } else {
        format!(
            "played through the sound device (output: {output}). Nothing heard? Look at the volume and at the device your system has chosen; more in src/docs/trouble.md"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn played_says_where() {
        assert!(played("auto").contains("sound device"));
        assert!(played("cpal:hw").contains("(output: cpal:hw)"));
        assert_eq!(
            played("wav:/x/y.wav"),
            "rendered to /x/y.wav, as HERALD_OUTPUT asks"
        );
        assert!(played("null").contains("nobody"));
    }
}
