//! `herald doctor`

mod finding;
mod hooks;

use std::path::PathBuf;

use serde_json::json;

use super::answer::{answer, answer_json};
use super::args::DoctorArgs;
use super::paint;
use super::player::PATIENCE;
use crate::config::{self, Severity};
use crate::env::Env;
use crate::manager::AudioManager;
use crate::player::client::PlayerClient;
use crate::sound::Output;
use crate::state_dir;
use crate::state_file::Storage;
use finding::{Finding, State};

pub(super) fn run(args: &DoctorArgs) -> u8 {
    let env = Env::process();
    let manager = AudioManager::new();
    let mut findings = config(&manager);
    findings.extend(hooks::hooks(&env, project_root(&env).as_deref()));
    findings.extend(throttle(&manager));
    findings.push(controls(&manager));
    findings.push(output(&env));
    findings.push(player(&env));
    let code = u8::from(findings.iter().any(|finding| finding.state == State::Wrong));
    if args.json {
        return answer_json(&json!(findings), code);
    }
    let line = |finding: &Finding| {
        let mark = match finding.state {
            State::Good => paint::good("ok   "),
            State::Doubtful => paint::doubtful("note "),
            State::Wrong => paint::wrong("WRONG"),
        };
        format!("{mark}  {:8}  {}\n", finding.part, finding.what)
    };
    answer(&findings.iter().map(line).collect::<String>(), code)
}

fn project_root(env: &Env) -> Option<PathBuf> {
    config::project_root(env, std::env::current_dir().ok().as_deref())
}

fn config(manager: &AudioManager) -> Vec<Finding> {
    let config = manager.config();
    let issues = config
        .issues()
        .iter()
        .cloned()
        .chain(config.missing_sounds());
    let findings: Vec<_> = issues
        .map(|issue| match issue.severity {
            Severity::Error => Finding::wrong("config", issue),
            Severity::Warning | Severity::Note => Finding::doubtful("config", issue),
        })
        .collect();
    if !findings.is_empty() {
        return findings;
    }
    let files: Vec<_> = config
        .sources()
        .map(|file| file.display().to_string())
        .collect();
    let what = match &files[..] {
        [] => "no config file; what is built in holds".to_owned(),
        files => files.join(", "),
    };
    vec![Finding::good("config", what)]
}

fn throttle(manager: &AudioManager) -> Vec<Finding> {
    let health = manager.throttle().storage().health();
    let notes = manager.notes();
    let notes = notes.iter().map(|note| Finding::doubtful("state", note));
    let storage = match health.storage {
        Storage::Mapped => Finding::good(
            "throttle",
            "mapped file, shared by every process of this user",
        ),
        Storage::Locked => Finding::doubtful("throttle", "locked file: exact, and slower"),
        Storage::InProcess => {
            let what = "each process for itself: a sound may be heard several times (set HERALD_STATE_DIR to a directory of your own on a local disk)";
            Finding::wrong("throttle", what)
        }
    };
    notes.chain([storage]).collect()
}

fn controls(manager: &AudioManager) -> Finding {
    match manager.silence() {
        Some(silence) => {
            let what = format!("{silence} ({})", silence.mend());
            Finding::doubtful("volume", what)
        }
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

fn output(env: &Env) -> Finding {
    match Output::from_env(env) {
        Ok(output) => Finding::good("output", output.to_string()),
        Err(error) => Finding::wrong("output", error),
    }
}

fn player(env: &Env) -> Finding {
    let client = state_dir::find(env).map(|(dir, _)| PlayerClient::new(dir));
    match client.and_then(|client| client.status(PATIENCE)) {
        Ok(Some(status)) if status.version == env!("CARGO_PKG_VERSION") => Finding::good(
            "player",
            format!("version {} runs as process {}", status.version, status.pid),
        ),
        Ok(Some(status)) => {
            let what = format!(
                "version {} runs, this is {} (herald player stop)",
                status.version,
                env!("CARGO_PKG_VERSION")
            );
            Finding::doubtful("player", what)
        }
        Ok(None) => Finding::good("player", "none runs; the next sound starts one"),
        Err(error) => Finding::wrong("player", error),
    }
}
