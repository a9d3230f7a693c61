//! `herald completions`

use clap_complete::{Shell, generate};

use super::answer::answer_script;

/// Write what lets a shell complete this program's commands and options
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Where to put it:
  bash        herald completions bash > ~/.local/share/bash-completion/completions/herald
  zsh         herald completions zsh > ~/.zfunc/_herald
              with fpath+=~/.zfunc before compinit in ~/.zshrc
  fish        herald completions fish > ~/.config/fish/completions/herald.fish
  powershell  herald completions powershell >> $PROFILE
  elvish      herald completions elvish > ~/.config/elvish/lib/herald.elv
              with use herald in ~/.config/elvish/rc.elv

In this shell alone:
  source <(herald completions bash)
  herald completions fish | source
  herald completions powershell | Out-String | Invoke-Expression")]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

/// Writes the script for the program whose arguments are those of `command`.
pub(super) fn run(args: &Args, command: &mut clap::Command) -> u8 {
    let mut script = Vec::new();
    generate(args.shell, command, "herald", &mut script);
    answer_script(&script)
}
