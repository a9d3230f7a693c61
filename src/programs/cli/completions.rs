//! `herald completions`

use clap_complete::{Shell, generate};

use super::answer::answer_script;

/// Print a shell completion script
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

/// Prints the script for `command`.
pub(super) fn run(args: &Args, command: &mut clap::Command) -> u8 {
    let mut script = Vec::new();
    generate(args.shell, command, "herald", &mut script);
    answer_script(&script)
}
