//! The config: mistakes, and sounds that are missing or cannot be played.

use super::finding::Finding;
use crate::cli::decode::decode;
use herald_audio::AudioManager;
use herald_audio::internals::system::external::on_path;

pub(super) fn findings(manager: &AudioManager) -> Vec<Finding> {
    let config = manager.config();
    let issues = config
        .issues()
        .iter()
        .cloned()
        .chain(config.missing_sounds())
        .chain(config.unplayable_sounds(&decode));
    let issues = issues.map(|issue| Finding::issue("config", &issue));
    let env = manager.env();
    let is_missing = |program: &str| {
        let path = env.expand(program);
        match path.is_absolute() {
            true => !path.exists(),
            false => on_path(program, env).is_none(),
        }
    };
    let missing = config.programs().filter(|(_, program)| is_missing(program));
    let missing = missing.map(|(key, program)| {
        let what = format!("{key}: {program} is not installed, so it does not run");
        Finding::warning("config", what).with_hint(format!("install {program}, or change {key}"))
    });
    let findings: Vec<_> = issues.chain(missing).collect();
    if !findings.is_empty() {
        return findings;
    }
    let files: Vec<_> = config
        .sources()
        .map(|file| file.display().to_string())
        .collect();
    let what = match &files[..] {
        [] => "no config file; built-in defaults apply".to_owned(),
        files => files.join(", "),
    };
    vec![Finding::ok("config", what)]
}
