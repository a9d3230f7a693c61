//! `herald --version`, and the versions of other programs.

use std::path::Path;

use super::answer::answer;
use super::exit::OK;
use super::run::{PATIENCE, output_of};
use herald_audio::internals::player;

pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit of the build, if the build sets it.
const COMMIT: Option<&str> = option_env!("HERALD_COMMIT");

const LINKED: &str = match cfg!(target_feature = "crt-static") {
    true => "statically",
    false => "dynamically",
};

const LIBC: &str = match () {
    () if cfg!(target_env = "gnu") => "-gnu",
    () if cfg!(target_env = "musl") => "-musl",
    () if cfg!(target_env = "msvc") => "-msvc",
    () => "",
};

pub(super) fn run(verbose: bool) -> u8 {
    let mut lines = format!("herald {VERSION}\n");
    if verbose {
        let (arch, system) = (std::env::consts::ARCH, std::env::consts::OS);
        let commit = COMMIT.unwrap_or("unknown");
        lines += &format!(
            "commit: {commit}\ntarget: {arch}-{system}{LIBC}\nlinked: {LINKED}\nplayer: {}\n",
            player()
        );
    }
    answer(&lines, OK)
}

fn player() -> String {
    let program = player::program();
    if !program.exists() {
        return "not found beside herald or on the PATH".to_owned();
    }
    let place = program.display();
    match version(&program, "herald-player") {
        Ok(version) => format!("{version} ({place})"),
        Err(why) => format!("cannot run {place}: {why}"),
    }
}

/// The version that the program `name` prints.
pub(super) fn version(program: &Path, name: &str) -> Result<String, String> {
    let text = output_of(program, &["--version"], PATIENCE)?;
    let version = text.strip_prefix(name).map(str::trim);
    let version = version.filter(|version| !version.is_empty() && !version.contains('\n'));
    version.map(str::to_owned).ok_or_else(|| {
        let first = text.lines().next().unwrap_or_default();
        format!("unexpected output: {first:?}")
    })
}
