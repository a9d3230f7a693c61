//! Rules of the config, and whose files count.

mod as_typed;
mod quiet;
#[cfg(target_os = "linux")]
mod trust;
