//! `herald completions`: scripts that ask this program what the words of a command line may become.

use std::ffi::{OsStr, OsString};

use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
};
use clap_complete::env::{CompleteEnv, Shells};
use clap_complete::{Generator, Shell};

use super::answer::answer_script;
use super::exit::{OK, misused};
use herald_audio::AudioManager;
use herald_audio::Chime;
use herald_audio::internals::config::NONE;
use herald_audio::internals::event::EVENTS;
use herald_audio::internals::system::printable::printable;

/// Names the shell whose script asks.
const VARIABLE: &str = "HERALD_COMPLETE";
/// The program that scripts complete and ask, from the `PATH`.
const PROGRAM: &str = "herald";

/// Print a shell completion script
///
/// It completes commands and options, and the names of your events, sounds, packs, settings and throttle
/// keys.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Where to save it:
  bash        herald completions bash > ~/.local/share/bash-completion/completions/herald
  zsh         herald completions zsh > ~/.zfunc/_herald
              with fpath+=~/.zfunc before compinit in ~/.zshrc
  fish        herald completions fish > ~/.config/fish/completions/herald.fish
  powershell  herald completions powershell >> $PROFILE
  elvish      herald completions elvish > ~/.config/elvish/lib/herald.elv
              with use herald in ~/.config/elvish/rc.elv

For the current shell only:
  source <(herald completions bash)
  herald completions fish | source
  herald completions powershell | Out-String | Invoke-Expression")]
pub(super) struct Args {
    /// Shell to complete in
    shell: Shell,
}

pub(super) fn run(args: &Args) -> u8 {
    answer_script(script(args.shell).as_bytes())
}

/// Every script and its usual file name.
pub(super) fn scripts() -> impl Iterator<Item = (String, String)> {
    let shells = [
        Shell::Bash,
        Shell::Elvish,
        Shell::Fish,
        Shell::PowerShell,
        Shell::Zsh,
    ];
    shells
        .map(|shell| (shell.file_name(PROGRAM), script(shell)))
        .into_iter()
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    if let Some(shell) = Shells::builtins().completer(&shell.to_string()) {
        // A write to memory cannot fail.
        let _ = shell.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script);
    }
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Zsh {
        // zsh runs the whole file when it completes for the first time.
        script += "if [[ ${funcstack[1]} == _herald ]]; then\n    \
                   _clap_dynamic_completer_herald \"$@\"\nfi\n";
    }
    script
}

/// Answers if a script asks. Returns the exit code.
pub(super) fn answer(args: &[OsString], command: fn() -> clap::Command) -> Option<u8> {
    let program = OsString::from(PROGRAM);
    let dir = std::env::current_dir().ok();
    let answered = CompleteEnv::with_factory(command)
        .var(VARIABLE)
        .bin(PROGRAM)
        .completer(PROGRAM)
        .try_complete([&program].into_iter().chain(args), dir.as_deref());
    match answered {
        Ok(is_answered) => is_answered.then_some(OK),
        Err(error) => Some(misused(&format_args!(
            "cannot complete for {VARIABLE}: {error}"
        ))),
    }
}

/// Events and their finer keys, also those that the config names.
pub(super) fn events() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(event_names(&AudioManager::new())))
}

/// What `herald play` accepts.
pub(super) fn sounds() -> ArgValueCompleter {
    ArgValueCompleter::new(|begun: &OsStr| {
        let chimes = Chime::ALL.map(|chime| chime.name().to_owned());
        let names = event_names(&AudioManager::new()).into_iter().chain(chimes);
        let mut found = candidates(names);
        found.retain(|name| is_beginning(begun, name.get_value()));
        found.extend(PathCompleter::any().complete(begun));
        found
    })
}

fn is_beginning(begun: &OsStr, name: &OsStr) -> bool {
    name.as_encoded_bytes()
        .starts_with(begun.as_encoded_bytes())
}

/// Installed packs.
pub(super) fn packs() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(pack_names()))
}

/// Installed packs, and the name for none.
pub(super) fn packs_or_none() -> ArgValueCandidates {
    ArgValueCandidates::new(|| candidates(pack_names().chain([NONE.to_owned()])))
}

/// Keys of the config.
pub(super) fn settings() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let settings = AudioManager::new().config().settings();
        candidates(settings.into_iter().map(|setting| setting.key))
    })
}

/// Throttle keys that have fired, and events.
pub(super) fn keys() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let manager = AudioManager::new();
        let fired = manager.firings().into_iter().map(|known| known.name);
        candidates(fired.chain(event_names(&manager)))
    })
}

fn event_names(manager: &AudioManager) -> Vec<String> {
    let config = manager.config();
    let known = EVENTS.iter().flat_map(|event| {
        let finer = event.about.iter();
        let finer = finer.map(|about| format!("{}/{about}", event.name));
        [event.name.to_owned()].into_iter().chain(finer)
    });
    known
        .chain(config.configured_keys().map(str::to_owned))
        .collect()
}

fn pack_names() -> impl Iterator<Item = String> {
    let packs = AudioManager::new().config().pack_dirs().list();
    packs.into_iter().map(|found| found.name)
}

/// The names, each once. Those that a terminal could take for a command to itself are left out.
fn candidates(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.retain(|name| printable(name) == *name);
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}
