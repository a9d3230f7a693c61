//! `herald doctor`

mod config;
mod environment;
mod finding;
mod fleet;
mod hooks;
mod monitor;
mod output;
mod player;
mod policy;
mod program;
mod project;
mod quiet;
mod remote;
mod sound;
mod space;
mod state;

use serde_json::json;

use super::answer::{answer, answer_json};
use super::exit::{FAILED, OK};
use finding::{Finding, State, sum};
use herald_audio::AudioManager;
use herald_audio::internals::system::env::Env;

/// Find problems and show how to fix them
///
/// Checks the programs, hooks, config, policy, state directory, output and player, then plays a test
/// sound.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald doctor
  herald doctor --no-sound
  herald doctor --json | jq '.[] | select(.state == \"error\")'

Exit codes:
  0  no errors; there may be warnings
  1  errors, or failed
  2  wrong usage")]
pub(super) struct Args {
    /// Skip the test sound
    #[arg(long)]
    no_sound: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> u8 {
    let findings = examine(args);
    let has_errors = findings.iter().any(|finding| finding.state == State::Error);
    let code = if has_errors { FAILED } else { OK };
    if args.json {
        return answer_json(&json!(findings), code);
    }
    let lines: String = findings.iter().map(Finding::lines).collect();
    answer(&(lines + &sum(&findings)), code)
}

fn examine(args: &Args) -> Vec<Finding> {
    let env = Env::process();
    let manager = AudioManager::new();
    let config = manager.config();
    let root = manager.project_root();
    let mut findings = program::findings(&env);
    findings.extend(environment::findings(&env));
    findings.extend(hooks::hooks(&env, root));
    findings.extend(project::finding(&env, config.project()));
    findings.extend(config::findings(&manager));
    findings.extend(policy::findings(&env, &config));
    findings.extend(state::findings(&env, &manager));
    findings.push(volume(&manager));
    findings.extend(quiet::findings(&config));
    let (route, of_output) = output::findings(&manager);
    findings.extend(of_output);
    let of_fleet = remote::fleet(&env, &config, &route);
    findings.extend(remote::findings(&env, route));
    findings.extend(remote::terminal(&env, &config));
    findings.extend(of_fleet);
    findings.extend(fleet::findings(&config));
    let player = player::finding(&manager);
    let answers = player.state != State::Error;
    findings.push(player);
    if !args.no_sound {
        findings.extend(sound::findings(&env, &manager, answers));
    }
    findings
}

fn volume(manager: &AudioManager) -> Finding {
    match manager.silence() {
        Some(silence) => Finding::warning("volume", silence).with_hint(silence.hint()),
        None => {
            let config = manager.config().volume();
            let master = manager.controls().volume();
            Finding::ok(
                "volume",
                format!("{config} (configured), master volume {master}"),
            )
        }
    }
}
