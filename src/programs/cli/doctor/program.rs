//! The programs: which `herald` is on the PATH, and whether its player is installed.

use super::finding::Finding;
use crate::cli::version::{VERSION, version};
use herald_audio::internals::player;
use herald_audio::internals::system::env::Env;
use herald_audio::internals::system::external;
use herald_audio::internals::system::file::is_same_file;

pub(super) fn findings(env: &Env) -> Vec<Finding> {
    vec![herald(env), herald_player()]
}

fn herald(env: &Env) -> Finding {
    let this = std::env::current_exe().unwrap_or_default();
    let Some(found) = external::on_path("herald", env) else {
        let what = "herald is not on the PATH, so hooks that run it by name fail";
        let dir = this.parent().unwrap_or(&this).display().to_string();
        return Finding::warning("program", what).with_hint(format!("export PATH=\"{dir}:$PATH\""));
    };
    if is_same_file(&found, &this) {
        let what = format!("herald {VERSION} at {}", this.display());
        return Finding::ok("program", what);
    }
    let here = this.display();
    let hint = format!("remove it, or put {here} before it on the PATH");
    match version(&found, "herald") {
        Ok(version) if version == VERSION => {
            let what = format!(
                "the PATH has {}, of the same version, not {here}",
                found.display()
            );
            Finding::warning("program", what).with_hint(hint)
        }
        Ok(version) => {
            let what = format!(
                "the PATH has {} {version}, not {here} {VERSION}",
                found.display()
            );
            Finding::error("program", what).with_hint(hint)
        }
        Err(why) => {
            let what = format!(
                "the PATH has {}, not {here}, and its version is unknown: {why}",
                found.display()
            );
            Finding::error("program", what).with_hint(hint)
        }
    }
}

fn herald_player() -> Finding {
    const HINT: &str = "install herald and herald-player of one version";
    let found = player::program();
    if !found.exists() {
        let what = "herald-player is neither beside herald nor on the PATH, so no sound can play";
        return Finding::error("program", what).with_hint(player::TO_HAVE_IT);
    };
    let place = found.display();
    match version(&found, "herald-player") {
        Ok(version) if version == VERSION => {
            Finding::ok("program", format!("herald-player {version} at {place}"))
        }
        Ok(version) => {
            let what = format!("{place} has version {version}, but herald has {VERSION}");
            Finding::error("program", what).with_hint(HINT)
        }
        Err(why) => Finding::error("program", format!("cannot run {place}: {why}")).with_hint(HINT),
    }
}
