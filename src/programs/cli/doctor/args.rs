//! The command line of `herald doctor`, as clap reads it.

use clap::Args;

/// Tell what is wrong, and how to mend it
///
/// Looks at the programs, the config, the state directory, the player, and where sound goes; then
/// plays a test sound and says what came of it. The exit code is 1 if something is wrong.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  herald doctor
  herald doctor --no-sound
  herald doctor --json | jq '.[] | select(.state == \"wrong\")'")]
pub(in crate::cli) struct DoctorArgs {
    /// Play no test sound
    #[arg(long)]
    pub(super) no_sound: bool,
    /// Write JSON
    #[arg(long)]
    pub(super) json: bool,
}
