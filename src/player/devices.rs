//! Lists the devices that sound can go to, for the command line, which links no audio library.

use std::io::{self, Write};

use super::authority::Authority;
use crate::backend::devices;
use crate::error::{Error, ErrorKind, Result};
use crate::system::env::Env;

/// Prints a JSON array of the devices that the player of `env` can use.
///
/// # Errors
///
/// Those of [`Authority::new`], and [`ErrorKind::Player`] if it cannot be printed.
pub fn run(env: &Env) -> Result<()> {
    let authority = Authority::of_user(env)?;
    let list = serde_json::to_string(&devices(&authority.server));
    let written = list
        .map_err(io::Error::other)
        .and_then(|list| writeln!(io::stdout(), "{list}"));
    written
        .map_err(|error| Error::new(ErrorKind::Player, "cannot print the devices").because(error))
}
