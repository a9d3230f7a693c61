//! Configuration: one immutable value, swapped atomically.
//!
//! `model` says what a config is, `load` where it comes from, `live` how it is shared by
//! threads that read and threads that reload.

mod live;
mod load;
mod model;

pub use live::LiveConfig;
pub use load::{load, project_root};
pub use model::{Config, ConfigIssue, DEFAULT_VOLUME};
