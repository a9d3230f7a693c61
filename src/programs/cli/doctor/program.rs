//! The programs: which `herald` hooks run, and whether its player is there.

use super::finding::Finding;
use crate::cli::version::{VERSION, version};
use herald_audio::player;
use herald_audio::system::env::Env;
use herald_audio::system::external;
use herald_audio::system::file::is_same_file;

pub(super) fn findings(env: &Env) -> Vec<Finding> {
    vec![herald(env), herald_player()]
}

fn herald(env: &Env) -> Finding {
    let this = std::env::current_exe().unwrap_or_default();
    let Some(found) = external::on_path("herald", env) else {
        let what = "herald is not on the PATH: hooks that name it without its place do not find it";
        let dir = this.parent().unwrap_or(&this).display().to_string();
        return Finding::doubtful("program", what)
            .with_hint(format!("export PATH=\"{dir}:$PATH\""));
    };
    if is_same_file(&found, &this) {
        let what = format!("herald {VERSION} at {}", this.display());
        return Finding::good("program", what);
    }
    let here = this.display();
    let hint = format!("remove it, or put {here} before it on the PATH");
    match version(&found, "herald") {
        Ok(version) if version == VERSION => {
            let what = format!(
                "hooks find {}, of the same version, not {here}",
                found.display()
            );
            Finding::doubtful("program", what).with_hint(hint)
        }
        Ok(version) => {
            let what = format!(
                "hooks find {} {version}, not {here} {VERSION}",
                found.display()
            );
            Finding::wrong("program", what).with_hint(hint)
        }
        Err(why) => {
            let what = format!(
                "hooks find {}, which does not tell its version: {why}",
                found.display()
            );
            Finding::wrong("program", what).with_hint(hint)
        }
    }
}

fn herald_player() -> Finding {
    const HINT: &str = "install herald-player beside herald";
    let found = player::program();
    if !found.exists() {
        let what = "there is no herald-player beside herald or on the PATH: nothing can sound";
        return Finding::wrong("program", what).with_hint(HINT);
    };
    let place = found.display();
    match version(&found, "herald-player") {
        Ok(version) if version == VERSION => {
            Finding::good("program", format!("herald-player {version} at {place}"))
        }
        Ok(version) => {
            let what = format!("{place} is of version {version}, herald of {VERSION}");
            Finding::wrong("program", what).with_hint(HINT)
        }
        Err(why) => Finding::wrong("program", format!("cannot run {place}: {why}")).with_hint(HINT),
    }
}
