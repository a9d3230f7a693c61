//! The project: whether its files are trusted.

use super::finding::Finding;
use herald_audio::internals::config::edit;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::trust::project::Project;

pub(super) fn finding(env: &Env, project: Option<&Project>) -> Option<Finding> {
    let project = project?;
    let why = project.distrust()?;
    let what = format!("{why}: its config, policy, sounds and packs are ignored");
    let config = edit::user_file(env).map_or_else(
        || "your config".to_owned(),
        |file| file.display().to_string(),
    );
    let root = project.root().display();
    let hint = format!("if you trust it, add \"{root}\" to trusted_projects in {config}");
    Some(Finding::warning("project", what).with_hint(hint))
}
