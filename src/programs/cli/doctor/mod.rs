//! `herald doctor`

mod config;
mod finding;
mod hooks;
mod monitor;
mod output;
mod player;
mod policy;
mod program;
mod project;
mod remote;
mod sound;
mod space;
mod state;

use serde_json::json;

use super::answer::{answer, answer_json};
use finding::{Finding, State, sum};
use herald_audio::manager::AudioManager;
use herald_audio::system::env::Env;

/// Tell what is wrong, and how to fix it
///
/// Looks at the programs, the config, the state directory, the player, and where sound goes; then
/// plays a test sound and says what came of it. The exit code is 1 if something is wrong.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  herald doctor
  herald doctor --no-sound
  herald doctor --json | jq '.[] | select(.state == \"wrong\")'")]
pub(super) struct Args {
    /// Play no test sound
    #[arg(long)]
    no_sound: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> u8 {
    let findings = examine(args);
    let code = u8::from(findings.iter().any(|finding| finding.state == State::Wrong));
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
    findings.extend(hooks::hooks(&env, root));
    findings.extend(project::finding(&env, config.project()));
    findings.extend(config::findings(&manager));
    findings.extend(policy::findings(&env, &config));
    findings.extend(state::findings(&env, &manager));
    findings.push(volume(&manager));
    let (route, of_output) = output::findings(&manager);
    findings.extend(of_output);
    findings.extend(remote::findings(&env, route));
    let player = player::finding(&manager);
    let answers = player.state != State::Wrong;
    findings.push(player);
    if !args.no_sound {
        findings.extend(sound::findings(&env, &manager, answers));
    }
    findings
}

fn volume(manager: &AudioManager) -> Finding {
    match manager.silence() {
        Some(silence) => Finding::doubtful("volume", silence).with_hint(silence.hint()),
        None => {
            let config = manager.config().volume();
            let master = manager.controls().volume();
            Finding::good(
                "volume",
                format!("{config} as configured, at master volume {master}"),
            )
        }
    }
}
