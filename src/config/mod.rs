//! Configuration: one immutable value, swapped atomically.
//!
//! `model` says what a config is, `load` where it comes from, `layer` how one file's values are laid
//! over another's, `live` how it is shared by threads that read and threads that reload.

#[cfg(feature = "cli")]
pub mod edit;
mod layer;
mod live;
mod load;
mod model;
#[cfg(test)]
mod tests;

pub use live::LiveConfig;
pub use load::{load, project_root};
pub use model::{Config, ConfigIssue, DEFAULT_VOLUME};
