//! `cargo xtask install`: the programs into Cargo's bin directory.
//!
//! Hooks run hundreds of times per hour, so on Linux `herald` is linked statically: without a dynamic loader
//! it starts in two thirds of the time. The player needs the system's audio libraries and is linked
//! dynamically. So each is a separate installation.

use std::path::Path;
use std::process::Command;
use std::thread;

use crate::failure::Failure;
use crate::order::SCRIPT;
use crate::process::{cargo, first_line, repository};
use crate::{say, setup};

/// Without position-independent code nothing is relocated at its start.
pub(crate) const STATIC: &str = "-C target-feature=+crt-static -C relocation-model=static";

/// What the linker is told: the functions of a hook side by side.
pub(crate) fn ordered() -> String {
    format!("-T{}", repository().join(SCRIPT).display())
}

/// A program that not everybody needs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Extra {
    /// Asks for it.
    pub(crate) option: &'static str,
    /// The folder of its package.
    folder: &'static str,
}

pub(crate) const EXTRAS: [Extra; 2] = [
    Extra {
        option: "--fleet",
        folder: "src/relay",
    },
    Extra {
        option: "--studio",
        folder: "src/studio",
    },
];

pub(crate) fn run(extras: &[&Extra]) -> Result<(), Failure> {
    say::step("what the build needs");
    setup::for_build()?;
    say::step("herald and herald-player, side by side (minutes, the first time)");
    // The last step of herald's build keeps one processor busy, most of the player's keep all.
    thread::scope(|side_by_side| {
        let herald = side_by_side.spawn(herald);
        let player = must(&player());
        herald.join().expect("no panic").and(player)
    })?;
    for extra in extras {
        say::step(&format!("what {} asks for", extra.option));
        must(&Installation::at(extra.folder, ""))?;
    }
    say::step("installed; next: herald install, which hooks it into Claude Code, then herald test");
    Ok(())
}

fn herald() -> Result<(), Failure> {
    if let Some(platform) = static_platform() {
        let ordered = format!("{STATIC} -C link-arg=-Wl,{}", ordered());
        // Not every linker reads a linker script.
        for flags in [ordered.as_str(), STATIC] {
            if install(&slim().on(&platform, flags)) {
                return Ok(());
            }
        }
        say::line("    it cannot be linked statically here: dynamically, then");
    }
    must(&slim())
}

fn player() -> Installation {
    let features = "--no-default-features --features more-formats --profile player";
    Installation::of("herald-player", features)
}

fn slim() -> Installation {
    Installation::of("herald", "--no-default-features --features cli")
}

/// The platform to pass to cargo, so that flags apply to the program and not to build scripts.
///
/// A musl target is preferred if it is installed, because such a program starts even faster.
fn static_platform() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let print = |what| first_line(Command::new("rustc").args(["--print", what]));
    let musl = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let targets = Path::new(&print("sysroot")?).join("lib/rustlib");
    if targets.join(&musl).join("lib").is_dir() {
        return Some(musl);
    }
    print("host-tuple")
}

/// One call of `cargo install`.
struct Installation {
    args: Vec<String>,
    flags: Option<String>,
}

impl Installation {
    /// Replaces an earlier version's installation, in which both programs belonged to another package.
    fn of(program: &str, features: &str) -> Self {
        Self::at("src/programs", &format!("--bin {program} {features}"))
    }

    /// The package in `folder`, with `options`.
    fn at(folder: &str, options: &str) -> Self {
        let args = format!("install --quiet --locked --force --path {folder} {options}");
        Self {
            args: args.split_whitespace().map(String::from).collect(),
            flags: None,
        }
    }

    /// For `platform`, with these flags.
    fn on(mut self, platform: &str, flags: &str) -> Self {
        self.args
            .extend(["--target".to_owned(), platform.to_owned()]);
        let set = std::env::var("RUSTFLAGS").unwrap_or_default();
        self.flags = Some(format!("{set} {flags}").trim().to_owned());
        self
    }
}

fn install(installation: &Installation) -> bool {
    let mut command = cargo();
    command.args(&installation.args);
    let mut line = format!("cargo {}", installation.args.join(" "));
    if let Some(flags) = &installation.flags {
        command.env("RUSTFLAGS", flags);
        line = format!("RUSTFLAGS='{flags}' {line}");
    }
    say::line(&format!("    {line}"));
    command.status().is_ok_and(|status| status.success())
}

fn must(installation: &Installation) -> Result<(), Failure> {
    if install(installation) {
        return Ok(());
    }
    Err(Failure::new(
        "the installation failed (cargo says why above)",
    ))
}
