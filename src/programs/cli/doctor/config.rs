//! The config: mistakes in it, and sounds that are not there or cannot be played.

use super::finding::Finding;
use crate::cli::decode::decode;
use herald_audio::manager::AudioManager;

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
        [] => "no config file; what is built in holds".to_owned(),
        files => files.join(", "),
    };
    vec![Finding::good("config", what)]
}
