//! Which system packages are needed, and how each distribution calls and installs them.

/// Something outside Rust's toolchain that a task needs on Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Linker,
    CxxCompiler,
    Valgrind,
    PkgConfig,
    AlsaHeaders,
    SoundServer,
    Recorder,
    AlsaToServer,
    Readelf,
    Strace,
    SessionBus,
    RedisServer,
    UsersPrograms,
    Shells,
    Python,
    Node,
    Npm,
    Browser,
    Debootstrap,
    Qemu,
}

/// A package manager, told by its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    Apt,
    Dnf,
    Pacman,
    Apk,
    Zypper,
}

/// What to do about needs that are not met.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// All is there.
    Nothing,
    /// Run these commands, in order.
    Install(Vec<Vec<String>>),
    /// The user is to do this.
    Tell(String),
}

impl Need {
    /// For the user: what it is, and why it is needed.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Linker => "a C compiler to link with, and for tests of the C library",
            Self::CxxCompiler => "a C++ compiler for the fuzzer and the C library's header",
            Self::Valgrind => "valgrind for tests to watch the C library with",
            Self::PkgConfig => "pkg-config to find ALSA with",
            Self::AlsaHeaders => "ALSA's headers to build the player with",
            Self::SoundServer => "pulseaudio for tests to play into",
            Self::Recorder => "parec for tests to record with",
            Self::AlsaToServer => "ALSA's pulse plugin for tests to play through ALSA",
            Self::Readelf => "readelf and nm for tests to see what is linked and exported",
            Self::Strace => "strace for tests to see what the hook asks the system for",
            Self::SessionBus => "dbus-daemon for tests to ask a desktop through",
            Self::RedisServer => "redis-server or valkey-server for tests to send events through",
            Self::UsersPrograms => "programs in recipes of the pages, for tests to run them with",
            Self::Shells => "zsh and fish for tests to complete commands in",
            Self::Python => {
                "Python 3.10 or later, with venv, to install tools and test the Python package with"
            }
            Self::Debootstrap => "debootstrap to install what is released where nothing else is",
            Self::Qemu => "qemu and an ARM C library to run programs for ARM with",
            Self::Node => "node for tests to run the plugin of agents with",
            Self::Npm => "npm to install what checks the workflows and the website",
            Self::Browser => "chromium to try the website",
        }
    }

    fn packages(self, manager: Manager) -> &'static [&'static str] {
        use Manager::{Apk, Apt, Dnf, Pacman, Zypper};
        match (self, manager) {
            (Self::Linker, Apt) => &["gcc", "libc6-dev"],
            (Self::Linker, Dnf | Zypper) => &["gcc", "glibc-devel"],
            (Self::Linker, Pacman) => &["gcc"],
            (Self::Linker, Apk) => &["gcc", "musl-dev"],
            (Self::CxxCompiler, Apt | Apk) => &["g++"],
            (Self::CxxCompiler, Dnf | Zypper) => &["gcc-c++"],
            (Self::CxxCompiler, Pacman) => &["gcc"],
            (Self::Valgrind, _) => &["valgrind"],
            (Self::PkgConfig, Apt | Zypper) => &["pkg-config"],
            (Self::PkgConfig, Dnf) => &["pkgconf-pkg-config"],
            (Self::PkgConfig, Pacman | Apk) => &["pkgconf"],
            (Self::AlsaHeaders, Apt) => &["libasound2-dev"],
            (Self::AlsaHeaders, Dnf) => &["alsa-lib-devel"],
            (Self::AlsaHeaders, Pacman) => &["alsa-lib"],
            (Self::AlsaHeaders, Apk) => &["alsa-lib-dev"],
            (Self::AlsaHeaders, Zypper) => &["alsa-devel"],
            (Self::SoundServer, _) => &["pulseaudio"],
            (Self::Recorder, Pacman) => &["libpulse"],
            (Self::Recorder, _) => &["pulseaudio-utils"],
            (Self::AlsaToServer, Apt) => &["libasound2-plugins"],
            (Self::AlsaToServer, Dnf) => &["alsa-plugins-pulseaudio"],
            (Self::AlsaToServer, Pacman) => &["alsa-plugins"],
            (Self::AlsaToServer, Apk | Zypper) => &["alsa-plugins-pulse"],
            (Self::Browser, _) => &["chromium"],
            (Self::Readelf, _) => &["binutils"],
            (Self::Strace, _) => &["strace"],
            (Self::SessionBus, Pacman | Apk) => &["dbus"],
            (Self::SessionBus, Zypper) => &["dbus-1-daemon"],
            (Self::SessionBus, _) => &["dbus-daemon"],
            (Self::RedisServer, Apt) => &["redis-server"],
            (Self::RedisServer, _) => &["valkey"],
            (Self::UsersPrograms, Apt) => &[
                "curl",
                "dunst",
                "espeak-ng",
                "foot",
                "jq",
                "libnotify-bin",
                "libxfconf-0-3",
                "mako-notifier",
                "openbox",
                "speech-dispatcher",
                "speech-dispatcher-espeak-ng",
                "sway",
                "tmux",
                "xdotool",
                "xfconf",
                "xterm",
                "xvfb",
            ],
            (Self::UsersPrograms, _) => &[],
            (Self::Shells, _) => &["fish", "zsh"],
            (Self::Python, Apt) => &["python3", "python3-venv"],
            (Self::Python, Pacman) => &["python"],
            (Self::Python, _) => &["python3"],
            (Self::Debootstrap, _) => &["debootstrap"],
            (Self::Qemu, Apt) => &["qemu-user-static", "libc6-arm64-cross"],
            (Self::Qemu, _) => &["qemu-user-static"],
            (Self::Node, Zypper) => &["nodejs-default"],
            (Self::Node, _) => &["nodejs"],
            (Self::Npm, Zypper) => &["npm-default"],
            (Self::Npm, Apt | Pacman | Apk) => &["nodejs", "npm"],
            (Self::Npm, Dnf) => &["nodejs-npm"],
        }
    }
}

impl Manager {
    pub(crate) const ALL: [Self; 5] = [Self::Apt, Self::Dnf, Self::Pacman, Self::Apk, Self::Zypper];

    pub(crate) fn program(self) -> &'static str {
        self.install()[0]
    }

    fn install(self) -> &'static [&'static str] {
        match self {
            // --no-remove: Debian's pipewire-audio conflicts with pulseaudio, and nobody's
            // sound server is to vanish for the sake of tests.
            Self::Apt => &[
                "apt-get",
                "install",
                "-y",
                "--no-install-recommends",
                "--no-remove",
            ],
            Self::Dnf => &["dnf", "install"],
            Self::Pacman => &["pacman", "-S", "--needed"],
            Self::Apk => &["apk", "add"],
            Self::Zypper => &["zypper", "install"],
        }
    }
}

/// Only apt-get is run for the user; of any other manager the command is told.
pub(crate) fn plan(
    needs: &[Need],
    manager: Option<Manager>,
    is_root: bool,
    has_sudo: bool,
) -> Plan {
    if needs.is_empty() {
        return Plan::Nothing;
    }
    let Some(manager) = manager else {
        return Plan::Tell("install them with your system's package manager".to_owned());
    };
    let packages = needs.iter().flat_map(|need| need.packages(manager));
    let install = manager.install().iter().chain(packages).copied();
    match (manager, is_root, has_sudo) {
        (Manager::Apt, true, _) => Plan::Install(vec![
            strings(["apt-get", "update"].into_iter()),
            strings(install),
        ]),
        // sudo drops the environment, and a question nobody sees would wait for ever.
        (Manager::Apt, false, true) => Plan::Install(vec![
            strings(["sudo", "apt-get", "update"].into_iter()),
            strings(
                ["sudo", "env", "DEBIAN_FRONTEND=noninteractive"]
                    .into_iter()
                    .chain(install),
            ),
        ]),
        _ => {
            let rights = match (is_root, has_sudo) {
                (true, _) => "run: ",
                (false, true) => "run: sudo ",
                (false, false) => "as root, run: ",
            };
            Plan::Tell(format!("{rights}{}", strings(install).join(" ")))
        }
    }
}

fn strings<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    words.map(String::from).collect()
}

#[cfg(test)]
mod tests;
