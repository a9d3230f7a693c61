//! The config: mistakes, and sounds that are missing or cannot be played.

use super::finding::Finding;
use crate::cli::decode::decode;
use herald_audio::AudioManager;

pub(super) fn findings(manager: &AudioManager) -> Vec<Finding> {
    let config = manager.config();
    let issues = config
        .issues()
        .iter()
        .cloned()
        .chain(config.missing_sounds())
        .chain(config.unplayable_sounds(&decode));
    let findings: Vec<_> = issues
        .map(|issue| Finding::issue("config", &issue))
        .collect();
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
